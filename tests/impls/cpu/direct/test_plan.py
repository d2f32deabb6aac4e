"""Direct convolution by every path, with vectors of this host and of others, for any number of threads."""

from __future__ import annotations

import numba
import pytest
import torch

from bench.gate.inputs import draw
from bench.gate.judge import judge
from impls import Case, ConvProblem
from impls.cpu.compiler.host import VectorUnit
from impls.cpu.direct import plan as direct_plan
from impls.cpu.direct.blocking import blocking_of, memory_of
from impls.cpu.direct.plan import pack_weights, run_of
from impls.direct import Direct
from impls.tensors import in_layout

AVX512 = VectorUnit(64, 32, has_fma=True)
AVX2 = VectorUnit(32, 16, has_fma=True)
PLAIN = VectorUnit(16, 16, has_fma=False)
MACHINES = [("avx512", AVX512, "fp32"), ("avx512", AVX512, "fp64"), ("avx2", AVX2, "fp32"), ("plain", PLAIN, "fp32")]

# Path on a machine with AVX-512, layout, problem: remainders of channels and columns, borders, steps.
PROBLEMS = [
    ("pixels", "nhwc", "mb2ic5ih9iw17oc19kh3ph1kw3pw1"),
    ("pixels", "nhwc", "mb1ic7ih11iw6oc40kh3kw2sh2sw3ph2pw1dh1dw2"),
    ("pixels", "nhwc", "mb2ic6ih5iw7oc33kh1ph0kw1pw0"),
    ("pixels", "nhwc", "mb1ic1024ih3iw9oc17kh1ph0kw1pw0"),
    ("pixels", "nhwc", "g2mb1ic6ih8iw9oc34kh3ph1kw3pw1"),
    ("pixels", "nchw", "mb2ic9ih7iw7oc37kh3ph1kw3pw1"),
    ("pixels", "nchw", "mb1ic3ih15iw17oc32kh5sh2ph2kw5sw2pw2"),
    ("columns", "nchw", "mb2ic5ih6iw30oc3kh3ph1kw3pw1"),
    ("columns", "nchw", "mb1ic8ih5iw63oc20kh1ph0kw1pw0"),
    ("columns", "nchw", "mb1ic4ih7iw61oc3kh3sh2ph1kw3sw2pw1"),
    ("columns", "nchw", "mb1ic4ih7iw93oc3kh3sh3ph2kw3sw3pw2"),
    ("pixels", "nhwc", "g3mb2ic15ih7iw30oc18kh3ph1kw3pw1"),
    ("pixels", "nhwc", "g3mb1ic48ih9iw15oc48kh5sh2ph2kw5sw2pw2"),
    ("pixels", "nhwc", "g2mb1ic40ih4iw11oc40kh3ph3dh1kw3pw4dw1"),
    ("pixels", "nhwc", "g2mb1ic36ih5iw6oc34kh1ph1kw1pw1"),
    ("pixels", "nhwc", "g2mb1ic34ih6iw20oc34kh3ph1kw9pw4"),
    ("planes", "nchw", "g6mb2ic6ih15iw37oc6kh3ph1dh1kw3pw1"),
    ("planes", "nchw", "g3mb1ic3ih16iw50oc6kh5sh2ph2kw5sw2pw2"),
    ("planes", "nchw", "g3mb1ic3ih20iw50oc3kh3sh3ph1dh1dw1kw3sw3pw1"),
    ("planes", "nhwc", "mb2ic1ih12iw20oc1kh7ph3kw7pw3"),
    ("channels", "nhwc", "g21mb2ic21ih9iw14oc21kh5ph2kw5pw2"),
    ("channels", "nhwc", "g8mb1ic32ih7iw12oc32kh3ph2dh1kw3pw2dw1"),
    ("channels", "nhwc", "g5mb1ic40ih6iw21oc40kh5ph2kw3pw1"),
    ("sliding-planes", "nchw", "g6mb2ic6ih15iw37oc6kh3ph1kw3pw1"),
    ("sliding-planes", "nchw", "g5mb2ic5ih9iw150oc5kh3ph1kw3pw1"),
    ("sliding-planes", "nchw", "g3mb2ic3ih14iw14oc6kh3ph1kw3pw1"),
    ("sliding-planes", "nchw", "g7mb2ic7ih7iw7oc7kh3ph1kw3pw1"),
    ("sliding-planes", "nchw", "g7mb2ic7ih14iw14oc7kh3sh2ph1kw3sw2pw1"),
    ("sliding-planes", "nchw", "g3mb1ic3ih29iw79oc3kh3sh2ph0kw3sw2pw1"),
    ("sliding-planes", "nchw", "g3mb1ic3ih10iw61oc3kh2sh3ph1kw4sw2pw3"),
    ("sliding-planes", "nchw", "mb2ic1ih8iw33oc2kh1ph0kw3pw0"),
    ("sliding-channels", "nhwc", "g21mb2ic21ih9iw14oc21kh3ph1kw3pw1"),
    ("sliding-channels", "nhwc", "g64mb1ic64ih9iw9oc64kh3sh2ph1kw3sw2pw1"),
    ("sliding-channels", "nhwc", "g19mb1ic19ih2iw150oc19kh3ph1kw3pw1"),
    ("sliding-channels", "nhwc", "g16mb1ic16ih13iw7oc16kh2sh3ph1kw4sw2pw3"),
    ("sliding-channels", "nhwc", "g9mb1ic18ih7iw12oc18kh3ph1kw3pw1"),
    ("sliding-channels", "nhwc", "g8mb2ic32ih12iw9oc32kh3sh2ph1kw3sw2pw1"),
    ("sliding-channels", "nhwc", "g5mb1ic40ih6iw21oc40kh3ph1kw3pw1"),
]


@pytest.mark.parametrize(("unit", "precision"), [m[1:] for m in MACHINES], ids=[f"{m[0]}-{m[2]}" for m in MACHINES])
@pytest.mark.parametrize(("path", "layout", "descriptor"), PROBLEMS)
def test_every_path_at_every_width(path: str, layout: str, descriptor: str, unit: VectorUnit, precision: str) -> None:
    for bias in (False, True):
        case = Case(ConvProblem.parse(descriptor, bias=bias), precision, layout)
        if unit is AVX512 and precision == "fp32":
            assert blocking_of(case, 4, unit).path == path
        inputs = draw(case, 11)
        run = run_of(case, inputs.weight, inputs.bias, unit)
        verdict = judge(run(in_layout(inputs.x, layout)), inputs.truth, Direct(), case)
        assert verdict.ok, verdict.reason


@pytest.mark.parametrize(("path", "layout", "descriptor"), PROBLEMS)
def test_threads_do_not_change_a_bit(path: str, layout: str, descriptor: str) -> None:
    case = Case(ConvProblem.parse(descriptor), "fp32", layout)
    inputs = draw(case, 12)
    run = run_of(case, inputs.weight, inputs.bias)
    before = numba.get_num_threads()
    try:
        results = []
        for threads in range(1, before + 1):
            numba.set_num_threads(threads)
            results.append(run(inputs.x))
    finally:
        numba.set_num_threads(before)
    assert all(torch.equal(results[0], other) for other in results)


@pytest.mark.parametrize(("path", "layout", "descriptor"), PROBLEMS)
def test_memory_is_counted_as_it_is_packed(path: str, layout: str, descriptor: str) -> None:
    case = Case(ConvProblem.parse(descriptor), "fp32", layout)
    blocking = blocking_of(case, 4)
    memory = memory_of(case, threads=3)
    assert memory.plan_bytes == 4 * pack_weights(blocking, torch.zeros(case.problem.weight_shape)).numel()
    assert memory.workspace_bytes == 4 * (blocking.image_elements + 3 * blocking.patch_elements)
    assert memory.copied_bytes == 8 * blocking.image_elements


@pytest.mark.parametrize("problem", ["g19mb1ic19ih7iw9oc19kh3ph1kw3pw1", "g9mb2ic36ih6iw12oc36kh3ph1kw3pw1"])
def test_what_is_asked_for_ahead_changes_nothing(problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(ConvProblem.parse(problem, bias=True), layout="nhwc")
    inputs = draw(case, 4)
    plain = run_of(case, inputs.weight, inputs.bias)(inputs.x)
    asked = []
    monkeypatch.setattr(direct_plan, "_CACHED_BYTES", 0)
    kernel = direct_plan.sliding_channels_kernel
    monkeypatch.setattr(
        direct_plan, "sliding_channels_kernel", lambda tile: (asked.append(tile.ahead), kernel(tile))[1]
    )
    assert torch.equal(plain, run_of(case, inputs.weight, inputs.bias)(inputs.x))
    assert asked
    assert all(asked)
