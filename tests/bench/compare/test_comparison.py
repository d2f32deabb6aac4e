"""Whole comparisons of made-up runs: what changed is found where it is, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.compare.comparison import ComparisonTerms, GateOutcome, SideComparison, compare_folders
from bench.compare.quantities import ERROR, JOULES, MEMORY, TIME, level_of
from bench.compare.quantity_changes import QuantityChanges
from bench.compare.shared import RunThreshold
from bench.compare.verdicts import ChangeVerdict
from bench.store.status import Status
from tests.bench.compare.made_runs import CASES, Factor, slower, write_run

TERMS = ComparisonTerms()


def _compare(
    tmp_path: Path,
    factor: Factor,
    terms: ComparisonTerms = TERMS,
    runs: int = 1,
    **more: object,
) -> SideComparison:
    sides: list[list[Path]] = [[], []]
    for number in range(runs):
        sides[0].append(write_run(tmp_path, 2 * number, **more))  # type: ignore[arg-type]
        sides[1].append(write_run(tmp_path, 2 * number + 1, factor=factor, **more))  # type: ignore[arg-type]
    return compare_folders(sides[0], sides[1], terms)


def _time(found: SideComparison) -> QuantityChanges:
    (time,) = found.of(TIME)
    return time


def _called(changes: QuantityChanges, verdict: ChangeVerdict) -> Sequence[tuple[str, str]]:
    return [(row.descriptor, row.implementation) for row in changes.of(verdict)]


@pytest.mark.parametrize("runs", [1, 3, 5])
def test_equal_runs_are_the_same(tmp_path: Path, runs: int) -> None:
    found = _compare(tmp_path, lambda *_: 1.0, runs=runs)
    time = _time(found)
    assert not found.has_alarm
    assert time.shared_verdict is ChangeVerdict.SAME
    assert time.unit == ("process" if runs == 1 else "run")
    assert time.method == ("westfall-young" if runs == 5 else "holm")
    if runs > 1:
        assert {row.verdict for row in time.rows} == {ChangeVerdict.SAME}
        assert found.outcome is GateOutcome.FINE


@pytest.mark.parametrize("runs", [1, 3, 5])
@pytest.mark.parametrize(("by", "verdict"), [(1.3, ChangeVerdict.SLOWER), (1 / 1.3, ChangeVerdict.FASTER)])
def test_one_row_is_called_and_no_other(tmp_path: Path, runs: int, by: float, verdict: ChangeVerdict) -> None:
    found = _compare(tmp_path, slower("direct", by, CASES[2]), runs=runs)
    time = _time(found)
    assert _called(time, verdict) == [(CASES[2], "direct")]
    (row,) = time.of(verdict)
    assert row.low is not None
    assert row.high is not None
    assert row.low < by < row.high
    assert found.outcome is (GateOutcome.WORSE if by > 1 else found.outcome)
    assert (found.outcome is GateOutcome.WORSE) == (by > 1)
    assert not [one for one in time.implementations if one.verdict in (ChangeVerdict.SLOWER, ChangeVerdict.FASTER)]


def test_a_slow_implementation_is_called_as_one(tmp_path: Path) -> None:
    time = _time(_compare(tmp_path, slower("fft", 1.1)))
    assert [one.implementation for one in time.implementations if one.verdict is ChangeVerdict.SLOWER] == ["fft"]


def test_a_slow_machine_is_no_regression(tmp_path: Path) -> None:
    time = _time(_compare(tmp_path, lambda *_: 1.5))
    assert time.shared_verdict is ChangeVerdict.SAME
    assert time.shared.machine == pytest.approx(0.405, abs=0.01)
    assert not {ChangeVerdict.SLOWER, ChangeVerdict.FASTER} & time.called
    assert all(row.raw_ratio == pytest.approx(1.5, rel=0.02) for row in time.rows)


def test_a_regression_of_everything_cannot_hide(tmp_path: Path) -> None:
    """Controls stay, all others are slower: each of them is, too."""
    found = _compare(tmp_path, lambda _, name: 1.0 if name in ("torch", "onednn") else 1.2)
    time = _time(found)
    assert time.shared_verdict is ChangeVerdict.SLOWER
    assert time.shared.as_dict()["ratio"] == pytest.approx(1.2, rel=0.01)
    assert not [row for row in time.of(ChangeVerdict.FASTER) if row.implementation in ("torch", "onednn")]
    assert found.outcome is GateOutcome.WORSE


def test_without_controls_runs_or_the_qualification_test_what_is_shared(tmp_path: Path) -> None:
    everything: Factor = lambda *_: 1.2  # noqa: E731
    across = ComparisonTerms(across=("torch",))

    def shared(runs: int, threshold: RunThreshold | None) -> QuantityChanges:
        old, new = [], []
        for n in range(runs):
            old.append(write_run(tmp_path, 2 * n))
            environment = {"host": "testbed", "cpu": "Example CPU", "threads": 2, "torch": "9", "memory_bytes": 10**10}
            new.append(write_run(tmp_path, 2 * n + 1, factor=everything, environment=environment))
        terms = ComparisonTerms(across=across.across, threshold=lambda *_: threshold)
        return _time(compare_folders(old, new, terms))

    untested = shared(1, None)
    assert (untested.shared.basis, untested.shared.p) == ("nothing", None)
    assert untested.shared_verdict is ChangeVerdict.UNDECIDED
    narrow, wide = (shared(1, RunThreshold(relative, 24)) for relative in (0.02, 0.5))
    assert (narrow.shared.basis, narrow.shared_verdict) == ("qualification", ChangeVerdict.SLOWER)
    assert wide.shared_verdict is ChangeVerdict.UNDECIDED
    several = shared(3, None)
    assert (several.shared.basis, several.shared_verdict) == ("runs", ChangeVerdict.SLOWER)


def test_few_rows_are_tested_whole_against_the_scatter_of_runs(tmp_path: Path) -> None:
    """Nothing can be taken out of one case: a slow hour would look like a change of all its rows."""
    one = (CASES[0],)
    slow = _compare(tmp_path, lambda *_: 1.2, cases=one)
    assert not slow.has_alarm
    assert _time(slow).shared_verdict is None
    sure = ComparisonTerms(threshold=lambda *_: RunThreshold(0.01, 24))
    assert len(_time(_compare(tmp_path, lambda *_: 1.2, sure, cases=one)).of(ChangeVerdict.SLOWER)) == 7


def test_wrong_is_worse_whatever_its_time(tmp_path: Path) -> None:
    row = (CASES[0], "fft")
    old, new = write_run(tmp_path, 1), write_run(tmp_path, 2, statuses={row: Status.WRONG})
    found = compare_folders([old], [new], ComparisonTerms())
    assert [fate.implementation for fate in found.matched.broken] == ["fft"]
    assert found.outcome is GateOutcome.WORSE
    back = compare_folders([new], [old], ComparisonTerms())
    assert [fate.implementation for fate in back.matched.mended] == ["fft"]
    assert back.outcome is not GateOutcome.WORSE


def test_a_new_side_of_failures_alone_is_a_regression_of_all(tmp_path: Path) -> None:
    found = compare_folders([write_run(tmp_path, 1)], [write_run(tmp_path, 2, every=Status.CRASHED)], ComparisonTerms())
    assert len(found.matched.broken) == 42
    assert (found.quantities, found.outcome) == ((), GateOutcome.WORSE)


def test_measured_joules_are_tested_beside_times(tmp_path: Path) -> None:
    old = write_run(tmp_path, 1, energy_j=lambda *_: 0.01)
    new = write_run(tmp_path, 2, energy_j=lambda text, name: 0.013 if (text, name) == (CASES[1], "direct") else 0.01)
    found = compare_folders([old], [new], ComparisonTerms())
    (joules,) = found.of(JOULES)
    assert _called(joules, ChangeVerdict.SLOWER) == [(CASES[1], "direct")]
    assert found.outcome is GateOutcome.WORSE
    assert not {ChangeVerdict.SLOWER, ChangeVerdict.FASTER} & _time(found).called


def test_figures_that_a_run_has_once_are_shown_and_tested_only_by_many_runs(tmp_path: Path) -> None:
    def runs(count: int) -> QuantityChanges:
        old, new = ([write_run(tmp_path, 2 * n + side, columns={"peak_bytes": size + n})
                     for n in range(count)] for side, size in ((0, 10**6), (1, 2 * 10**6)))  # fmt: skip
        (memory,) = compare_folders(old, new, ComparisonTerms(gate=(TIME, MEMORY))).of(MEMORY)
        return memory

    assert {row.verdict for row in runs(1).rows} == {ChangeVerdict.UNDECIDED}
    assert {row.verdict for row in runs(5).rows} == {ChangeVerdict.SLOWER}


def test_what_is_not_gated_is_not_tested(tmp_path: Path) -> None:
    found = _compare(tmp_path, slower("direct", 2.0), ComparisonTerms(gate=(MEMORY,)))
    assert {row.verdict for row in _time(found).rows} == {ChangeVerdict.NOT_TESTED}
    assert all(row.p is None and row.low is None for row in _time(found).rows)
    # Memory is equal to the byte on both sides.
    assert found.outcome is GateOutcome.FINE


@pytest.mark.parametrize("tested", [(TIME,), (TIME, JOULES), (TIME, JOULES, MEMORY), (MEMORY,), (MEMORY, ERROR)])
def test_all_levels_together_are_that_of_any_false_alarm(tested: tuple[object, ...]) -> None:
    levels = [level_of(quantity, tested) for quantity in (TIME, JOULES, MEMORY, ERROR)]  # type: ignore[arg-type]
    assert sum(levels) == pytest.approx(0.05)
    assert all((level > 0) == (q in tested) for level, q in zip(levels, (TIME, JOULES, MEMORY, ERROR), strict=True))


def test_an_undecided_row_says_how_much_more_would_decide(tmp_path: Path) -> None:
    time = _time(_compare(tmp_path, slower("direct", 1.03), scatter=0.02))
    undecided = time.of(ChangeVerdict.UNDECIDED)
    assert undecided
    # 120 s a run are 20 s a case; a run more on each side is the least.
    assert all(row.more_s is not None and row.more_s >= 40 for row in undecided)
    assert all(row.more_s is None for row in time.of(ChangeVerdict.SAME))


def test_uncertain_rows_are_not_called_by_one_run_a_side_and_are_by_three(tmp_path: Path) -> None:
    """Over ± 5 % between the processes of a run: beside a busy core such rows differ by factors, unchanged."""
    one, three = (_time(_compare(tmp_path, slower("direct", 1.5, CASES[2]), scatter=0.07, runs=n)) for n in (1, 3))
    assert one.untested > 20
    assert not one.of(ChangeVerdict.SLOWER)
    assert three.untested == 0
    assert _called(three, ChangeVerdict.SLOWER) == [(CASES[2], "direct")]
