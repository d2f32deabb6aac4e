"""Plans that write to their input are found, each called alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from bench.gate.input_writers import writers
from impls import Plan


def _reads(x: torch.Tensor) -> torch.Tensor:
    return x + 1


def _writes(x: torch.Tensor) -> torch.Tensor:
    return x.mul_(2)


def _writes_and_raises(x: torch.Tensor) -> torch.Tensor:
    x.zero_()
    raise RuntimeError("on purpose")


def _raises(x: torch.Tensor) -> torch.Tensor:
    raise RuntimeError("on purpose")


@pytest.mark.parametrize(
    ("runs", "guilty"),
    [
        ([_reads, _writes, _reads], [1]),
        ([_writes_and_raises, _reads, _raises], [0]),
        ([_writes, _writes], [0, 1]),
        # None does it alone, but the input had changed: none can be trusted.
        ([_reads, _raises], [0, 1]),
    ],
)
def test_writers_are_found_and_inputs_restored(
    runs: list[Callable[[torch.Tensor], torch.Tensor]], guilty: list[int]
) -> None:
    original = torch.arange(1.0, 5.0)
    shown: list[int] = []
    x = torch.zeros(4)
    plans = {number: (Plan(run), x, original) for number, run in enumerate(runs)}
    assert writers(plans, shown.append) == guilty
    assert x.equal(original)
    assert shown == list(range(len(runs)))
