"""Replaced code of the harness is found, named and put back; busy child processes belong to those timed first."""

from __future__ import annotations

import time
from typing import Any

import pytest
import torch

from bench.gate import copies, judge
from bench.timing import clock
from bench.worker import integrity
from bench.worker.integrity import Integrity, started_by


@pytest.mark.parametrize(
    ("holder", "name", "value"),
    [
        (judge, "judge", lambda *given: None),
        (copies, "_JUDGED", 0),
        (clock, "_now_ns", lambda: 0),
        (clock.CpuClock, "sample", lambda *given: None),
        (time, "perf_counter", lambda: 0.0),
        (torch, "equal", lambda *given: True),
        # Not its own: that of its base.
        (torch.Tensor, "equal", lambda *given: True),
    ],
    ids=["judge", "judged", "clock", "method", "time", "torch", "inherited"],
)
def test_a_replaced_name_is_put_back(holder: Any, name: str, value: object) -> None:
    code, before, has = Integrity(), getattr(holder, name), name in vars(holder)
    try:
        setattr(holder, name, value)
        assert code.put_back() == (f"{holder.__name__}.{name}",)
        assert getattr(holder, name) is before
        assert (name in vars(holder)) is has
        assert code.put_back() == ()
    finally:
        if getattr(holder, name) is value:
            setattr(holder, name, before)


def test_replaced_code_of_a_function_is_put_back() -> None:
    code, before = Integrity(), judge.judge.__code__
    judge.judge.__code__ = (lambda y, known, implementation, case: None).__code__
    assert code.put_back() == ("bench.gate.judge.judge",)
    assert judge.judge.__code__ is before


def test_nothing_changes_by_itself() -> None:
    code = Integrity()
    torch.zeros(3).equal(torch.ones(3))
    assert code.put_back() == ()


def test_a_child_process_belongs_to_those_that_were_timed_when_it_was_first_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(integrity, "_started_by", {})
    assert started_by({}, {7: 0.001}, 0.01, {"a", "b"}) == set()
    assert started_by({}, {7: 0.5}, 0.01, {"a", "b"}) == {"a", "b"}
    # In a later case, beside another.
    assert started_by({7: 0.5}, {7: 0.9, 8: 0.001}, 0.01, {"c"}) == {"a", "b"}
    assert started_by({7: 0.9}, {7: 0.9, 8: 0.4}, 0.01, {"c"}) == {"c"}
