"""Copies of outputs: right ones pass in every layout, one that is not computed yet does not."""

from __future__ import annotations

import random

import pytest
import torch

from bench.gate import copies
from bench.gate.copies import Copies
from bench.gate.inputs import draw
from bench.gate.memory_order import unravelled
from bench.gate.poke import Poke
from impls import Case, ConvProblem, Implementation
from impls.oracle import reference


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("most_bytes", [2**20, 100])
def test_copies_are_judged_by_the_input_of_their_call(
    layout: str, precision: str, most_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole, and where a part of a larger output is copied."""
    monkeypatch.setattr(copies, "_MOST_BYTES", most_bytes)
    case = Case(ConvProblem.parse("mb2ic4ih9iw7oc6kh3kw3ph1pw1", bias=True), precision, layout)
    inputs = draw(case, 3)
    poke = Poke(case, inputs, 3)

    def run(x: torch.Tensor) -> torch.Tensor:
        y = reference(case.problem, x, inputs.weight, inputs.bias).to(x.dtype)
        return y.contiguous(memory_format=torch.channels_last) if layout == "nhwc" else y

    call, at = poke.calling(run, inputs.x)
    kept = Copies(case, random.Random(1), 2)
    assert kept.verdict(poke, Implementation()) is None
    for _ in range(20):
        kept.offer(call(), at[0])
    assert kept.verdict(poke, Implementation()) is None
    late = Copies(case, random.Random(1), 2)
    for _ in range(2):
        y = call()
        late.offer(torch.empty_like(y).fill_(7.0), at[0])
    verdict = late.verdict(poke, Implementation())
    assert verdict is not None
    assert "when the clock stopped" in (verdict.reason or "")


def test_every_sample_has_the_same_chance() -> None:
    case = Case(ConvProblem.parse("mb1ic1ih1oc1kh1"))
    taken = []
    for seed in range(200):
        kept = Copies(case, random.Random(seed), 2)
        for step in range(20):
            kept.offer(torch.ones(1, 1, 1, 1), step)
        taken += [t.step for t in kept._taken if t is not None]
    assert len(taken) == 400
    # 20 of each on average.
    assert all(5 <= taken.count(step) <= 45 for step in range(20))


def test_what_is_no_output_is_wrong() -> None:
    case = Case(ConvProblem.parse("mb1ic2ih4oc2kh1"))
    inputs = draw(case, 1)
    kept = Copies(case, random.Random(1), 2)
    kept.offer(None, 0)
    verdict = kept.verdict(Poke(case, inputs, 1), Implementation())
    assert verdict is not None
    assert "returned NoneType, not a tensor" in (verdict.reason or "")


def test_numbers_become_indices() -> None:
    numbers, shape = torch.tensor([0, 1, 29, 119]), (2, 3, 4, 5)
    expected = [tuple(map(int, i)) for i in zip(*torch.unravel_index(numbers, shape), strict=True)]
    assert [tuple(map(int, i)) for i in zip(*unravelled(numbers, shape), strict=True)] == expected
