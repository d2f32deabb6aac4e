"""Rows are matched by identity; what was right and is wrong is found whatever its time."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.compare import sides
from bench.compare.pairs import MatchedRows, match
from bench.errors import UsageError
from bench.store.status import Status
from tests.bench.compare.made_runs import CASES, NAMES, case_key, write_run

ROW = (CASES[1], "direct")
KEY = (case_key(CASES[1]), "direct")


def _match(tmp_path: Path, old: Status, new: Status) -> MatchedRows:
    runs = [sides.read(write_run(tmp_path, seed, statuses={ROW: status})) for seed, status in ((1, old), (2, new))]
    return match(runs[:1], runs[1:])


@pytest.mark.parametrize("fault", [status for status in Status if status.is_fault])
def test_a_row_that_was_right_and_is_not_is_broken(tmp_path: Path, fault: Status) -> None:
    found = _match(tmp_path, Status.OK, fault)
    (fate,) = found.broken
    assert ((fate.case_key, fate.implementation), fate.old, fate.new, fate.reason) == (KEY, "ok", fault, "a reason")
    assert not found.mended


def test_a_row_that_was_wrong_and_is_right_is_mended(tmp_path: Path) -> None:
    found = _match(tmp_path, Status.WRONG, Status.OK)
    assert [(fate.implementation, fate.old) for fate in found.mended] == [("direct", "wrong")]
    assert not found.broken


def test_a_row_that_is_wrong_on_both_sides_is_neither(tmp_path: Path) -> None:
    found = _match(tmp_path, Status.WRONG, Status.CRASHED)
    assert (found.broken, found.mended) == ((), ())


def test_an_unsupported_row_is_no_row_of_its_side(tmp_path: Path) -> None:
    found = _match(tmp_path, Status.OK, Status.UNSUPPORTED)
    assert found.only_old == (KEY,)
    assert not found.broken
    assert len(found.keys) == len(CASES) * len(NAMES) - 1


def test_a_fault_in_one_of_several_old_runs_is_no_regression(tmp_path: Path) -> None:
    old = [
        sides.read(write_run(tmp_path, n, statuses={ROW: status}))
        for n, status in enumerate((Status.OK, Status.CRASHED), 1)
    ]
    new = [sides.read(write_run(tmp_path, 3, statuses={ROW: Status.CRASHED}))]
    assert not match(old, new).broken


def test_rows_of_another_number_of_threads_match_only_across(tmp_path: Path) -> None:
    old, new = (sides.read(write_run(tmp_path, n, threads=n)) for n in (1, 2))
    with pytest.raises(UsageError, match="no case in common: the old side has 42 rows"):
        match([old], [new])
    assert len(match([old], [new], across_threads=True).keys) == 42


def test_several_numbers_of_threads_in_a_run_are_not_guessed(tmp_path: Path) -> None:
    old, new = (sides.read(write_run(tmp_path, n, threads=n)) for n in (1, 2))
    both = sides.ComparedRun("both", {}, {name: [*old.rows[name], *new.rows[name]] for name in old.rows}, old.figures)
    with pytest.raises(UsageError, match="several numbers of threads"):
        match([both], [new], across_threads=True)


def test_an_old_side_without_a_right_row_has_nothing_to_compare_with(tmp_path: Path) -> None:
    old, new = (sides.read(write_run(tmp_path, n, every=s)) for n, s in ((1, Status.CRASHED), (2, Status.OK)))
    with pytest.raises(UsageError, match=r"no row of .* is right \(a reason\); give as the old side a run with right"):
        match([old], [new])
