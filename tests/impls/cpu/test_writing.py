"""Plans that write to memory of the caller's do what their runs do."""

from __future__ import annotations

import numba
import pytest
import torch

import impls
from bench.gate.inputs import draw
from impls import Case, ConvProblem
from impls.cpu.writing import make_writer
from impls.tensors import empty_output, in_layout
from tests.impls.epilogues import BOTH

# Kernels that copy a padded image, patches, tiles; the last has no workspace in channels last.
PROBLEMS = ("mb2ic5ih9iw11oc7kh3kw3ph1pw1", "mb1ic16ih14oc32kh3ph1", "mb1ic32ih7oc48kh1")


@pytest.mark.parametrize("descriptor", PROBLEMS)
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("name", ["direct", "implicit-gemm", "winograd-f4"])
def test_a_writer_does_what_the_run_does(name: str, layout: str, descriptor: str) -> None:
    case, implementation = Case(ConvProblem.parse(descriptor, bias=True), layout=layout), impls.get(name)
    if implementation.why_not(case) is not None or not implementation.fuses(case):
        pytest.skip("its kernels do not compute this")
    inputs = draw(case, 4)
    x = in_layout(inputs.x, layout)
    residual = in_layout(torch.randn(case.problem.output_shape), layout)
    for epilogue, added in ((impls.Epilogue(), None), (BOTH, residual)):
        plan = impls.prepare(implementation, case, inputs.weight, inputs.bias, epilogue)
        assert plan.writer is not None
        threads = numba.get_num_threads()
        size, y = plan.writer.workspace_bytes(threads), empty_output(case).fill_(float("nan"))
        # Guards on both sides: nothing beyond the workspace is written.
        memory = torch.full((64 + size + 64,), 7, dtype=torch.uint8)
        plan.writer.write(x, added, y, memory.data_ptr() + 64, threads)
        assert torch.equal(y, plan(x, added))
        assert bool((memory[:64] == 7).all())
        assert bool((memory[64 + size :] == 7).all())


def test_what_follows_in_passes_of_its_own_has_no_writer() -> None:
    case = Case(ConvProblem.parse(PROBLEMS[0], bias=True))
    inputs = draw(case, 4)
    assert impls.prepare(impls.get("im2col"), case, inputs.weight, inputs.bias, BOTH).writer is None
    assert impls.prepare(impls.get("im2col"), case, inputs.weight, inputs.bias).writer is None


@pytest.mark.parametrize(
    ("descriptor", "threads"),
    # 18 kFLOP, 113 kFLOP, none.
    [("mb1ic8ih4oc8kh3ph1", 1), ("mb1ic8ih7oc16kh3ph1", 64), ("mb0ic16ih14oc16kh3ph1", 1)],
)
def test_a_small_case_gets_one_thread(descriptor: str, threads: int) -> None:
    asked: list[int] = []
    case = Case(ConvProblem.parse(descriptor))
    writer = make_writer(case, lambda *given: asked.append(given[-1]), lambda threads: 10 * threads)
    x = torch.zeros(1)
    writer.write(x, None, x, 0, 64)
    writer.write(x, None, x, 0, 1)
    assert asked == [threads, 1]
    assert writer.workspace_bytes(64) == 10 * threads
