"""The comparison of a duet: times by pairs on each device, the rest as of two runs, and what differs is meant to."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.compare.comparison import GateOutcome
from bench.compare.duet.compared import compare_duet
from bench.compare.quantities import LEVEL, TIME
from bench.compare.verdicts import ChangeVerdict
from bench.errors import UsageError
from tests.bench.terminal.test_duet import made


def test_times_are_compared_by_pairs(tmp_path: Path) -> None:
    a = made(tmp_path, "a", {"x": 1.0, "y": 1.0}, torch="2.13.0")
    b = made(tmp_path, "b", {"x": 1.05, "y": 1.0}, torch="2.12.0")
    found = compare_duet(a, b)
    (time,) = found.of(TIME)
    assert (time.unit, time.method, time.level) == ("pair", "holm", LEVEL)
    assert {row.implementation: row.verdict for row in time.rows} == {
        "x": ChangeVerdict.SLOWER,
        "y": ChangeVerdict.SAME,
    }
    assert time.rows[0].ratio == pytest.approx(1.05, rel=0.002)
    assert (found.outcome, [one.name for one in found.unlike]) == (GateOutcome.WORSE, ["torch"])
    assert found.as_dict()["quantities"][0]["unit"] == "pair"


def test_the_margin_decides_what_is_the_same(tmp_path: Path) -> None:
    a, b = (made(tmp_path, letter, {"x": 1.0}) for letter in "ab")
    wide, narrow = (compare_duet(a, b, margin).of(TIME)[0].rows[0].verdict for margin in (0.02, 1e-6))
    assert (wide, narrow) == (ChangeVerdict.SAME, ChangeVerdict.UNDECIDED)


def test_runs_without_a_row_in_common_are_refused(tmp_path: Path) -> None:
    a, b = made(tmp_path, "a", {"x": 1.0}), made(tmp_path, "b", {"y": 1.0})
    with pytest.raises(UsageError, match="have no visit that timed a row on both sides"):
        compare_duet(a, b)
