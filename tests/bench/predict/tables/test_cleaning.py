"""Rows that no fit may use are dropped by a stated rule, and counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.predict.tables.cleaning import IMPOSSIBLE, cleaned, plateau
from impls.cost_model.cost_table import Subject
from tests.bench.predict.simulated_times import GPU, MAC_S, lines, table


@pytest.mark.parametrize(
    ("time_s", "reason"),
    [
        (float("nan"), "missing or not a number"),
        (float("inf"), "missing or not a number"),
        (0.0, "is zero"),
        (-1e-3, "is negative"),
    ],
)
def test_times_that_are_none_are_dropped_by_name(time_s: float, reason: str) -> None:
    whole = table(lines())
    times = whole.time_s.copy()
    times[[3, 7]] = time_s
    kept, dropped = cleaned(replace(whole, time_s=times))
    assert len(kept) == len(whole) - 2
    (gone,) = dropped
    assert reason in str(gone)
    assert str(gone).startswith("2 rows dropped")
    assert gone.labels == (whole.labels[3], whole.labels[7])


def test_a_time_that_no_device_allows_is_dropped() -> None:
    """The row computes four times as many products a second as all others at the ceiling."""
    whole = table(lines(), Subject())
    row = int(np.argmax(whole.macs))
    times = whole.time_s.copy()
    times[row] = whole.macs[row] * MAC_S / 4
    kept, dropped = cleaned(replace(whole, time_s=times))
    assert whole.labels[row] in dropped[0].labels
    assert "MAC/s" in dropped[0].reason
    assert len(kept) == len(whole) - len(dropped[0].labels)


def test_a_named_device_has_ceilings_of_its_own() -> None:
    """Its runs flag impossible times by measured ceilings."""
    whole = table(lines(), GPU)
    kept, dropped = cleaned(replace(whole, time_s=np.where(np.arange(len(whole)) == 5, 1e-9, whole.time_s)))
    assert (len(kept), dropped) == (len(whole), [])


def test_ordinary_times_all_stay() -> None:
    kept, dropped = cleaned(table(lines(), Subject(), noise=0.05))
    assert (len(kept), dropped) == (len(lines()), [])


@pytest.mark.parametrize(
    ("rates", "highest"),
    [
        ([1.0, 1.0, 1.0, 1.0, 1.0, 5.0], 1.0),
        ([0.9, 0.95, 1.0, 1.0, 1.0, 1.01], 1.01),
        ([1.0, 2.0, 4.0, 8.0, 16.0, 32.0], None),
    ],
)
def test_a_plateau_has_several_rows(rates: list[float], highest: float | None) -> None:
    assert plateau(np.array(rates)) == highest
    assert IMPOSSIBLE > 1
