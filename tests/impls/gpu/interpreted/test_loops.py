"""The kernel of the seven loops, in every type and layout."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.run.validate import default_problems
from impls.gpu import loops_kernel
from tests.impls.gpu.triton_verdicts import verdict

# The interpreter takes the same time for a block of any size, and a millisecond for each term: long sums run once, and
# the longest, of 576 terms and more, are left out.
PROBLEMS = [p for p in default_problems() if p.batch > 0 and p.terms < 500]
SHORT = [p for p in PROBLEMS if p.terms < 100]


@pytest.mark.full
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("precision", ["fp32", "fp64", "bf16", "fp16"])
def test_every_problem_is_right(precision: str, layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops_kernel, "BLOCK", 8192)
    for problem in PROBLEMS if (precision, layout) == ("fp32", "nhwc") else SHORT:
        judged = verdict("loops", problem, precision, layout)
        assert judged.ok, f"{problem.descriptor}: {judged.reason}"


@pytest.mark.parametrize("bias", [False, True])
def test_several_blocks_are_right(bias: bool) -> None:
    """There are several blocks, and the last one is not full."""
    problem = replace(next(p for p in PROBLEMS if p.outputs > 3 * loops_kernel.BLOCK and p.terms < 30), bias=bias)
    assert problem.outputs % loops_kernel.BLOCK
    assert verdict("loops", problem, "fp32", "nhwc").ok
