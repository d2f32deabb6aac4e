"""Interference is followed in the order measured: process by process, case by case, by start."""

from __future__ import annotations

from bench.report.findings.interference import interference_of
from bench.store.schema import Sample
from tests.bench.report.sample_pieces import pieces_of


def test_samples_stand_in_the_order_measured() -> None:
    samples = [
        Sample("a", "torch", process=process, start_s=start, time_s=1e-3, flags=("steal",) if process == 1 else ())
        for start in range(50)
        for process in (1, 0)
    ]
    found = interference_of(pieces_of(samples))
    assert found is not None
    assert (found.samples, found.disturbed, found.causes) == (100, 50, (("steal", 50),))
    assert [(stretch.samples, stretch.disturbed) for stretch in found.stretches] == [(25, 0), (25, 0), (25, 1), (25, 1)]
    assert found.worst.causes == {"steal": 1.0}


def test_a_sample_with_two_causes_is_disturbed_once() -> None:
    found = interference_of(pieces_of([Sample("a", "torch", flags=("steal", "preempted")), Sample("a", "x")]))
    assert found is not None
    assert (found.samples, found.disturbed) == (2, 1)
    assert dict(found.causes) == {"steal": 1, "preempted": 1}


def test_without_samples_there_is_none() -> None:
    assert interference_of(()) is None
