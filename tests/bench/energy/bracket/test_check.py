"""The check that brackets hold for machines that are left out, on forged and on the published results."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.energy.bracket import check, derive
from bench.energy.bracket.check import Coverage, coverages, is_current, leave_one_out, leave_vendors_out
from bench.energy.bracket.classes import FEWEST_MACHINES
from bench.energy.bracket.published import (
    PublishedMachine,
    PublishedResult,
    machines_by_class,
    read_lists,
    read_results,
)
from tests.bench.energy.bracket.forged import processors, result, table

PUBLISHED = Path(__file__).parents[4] / "../shared/data/specpower"
POWERS = st.tuples(st.floats(0.1, 100.0), st.floats(1.0, 2.0)).map(lambda pair: (pair[0], pair[0] * pair[1]))


def test_machines_at_both_ends_are_out_of_the_range_of_the_others() -> None:
    found = leave_one_out("ten", [(float(value), float(value)) for value in range(10)])
    assert (found.machines, found.within, found.share, found.is_enough) == (10, 8, 0.8, True)


def test_all_results_of_a_machine_must_lie_in_the_range() -> None:
    loads = [(float(value), float(value)) for value in range(10)]
    assert leave_one_out("wide", [*loads[:-1], (4.0, 20.0)]).within == 8
    assert leave_one_out("wide", [*loads, (4.0, 20.0)]).within == 9


@given(st.lists(POWERS, min_size=FEWEST_MACHINES, max_size=60))
def test_ranges_by_rank_hold_for_any_machines(loads: list[tuple[float, float]]) -> None:
    assert leave_one_out("any", loads).is_enough


def machine(vendor: str, load_w: float) -> PublishedMachine:
    given = PublishedResult(vendor, "S", "EPYC 9654", "2024-06", 64, 2, 2, 64 * load_w, 64.0, is_shared=False)
    return PublishedMachine((given,))


def test_machines_of_a_vendor_that_is_left_out_are_compared_with_those_of_all_others() -> None:
    machines = [machine(vendor, load_w) for vendor, load_w in (("A", 3.0), ("a", 4.0), ("B", 3.5), ("B", 9.0))]
    # A's lie in 3.5 to 9 W in one case of two, and B's in 3 to 4 W, too.
    assert leave_vendors_out("two", machines) == Coverage("two", 4, 2)
    assert leave_vendors_out("one", machines[:2]) is None


def test_small_classes_are_not_judged() -> None:
    assert Coverage("few", 9, 0).is_enough
    assert not Coverage("many", 10, 7).is_enough


def test_the_check_compares_the_table_with_the_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [result(f"S{n}", "AMD EPYC 9654", 64.0 * (n + 4), idle_w=64.0 + n) for n in range(12)]
    arguments = [str(table(tmp_path, lines)), str(processors(tmp_path, "amd-epyc-gen4", ["EPYC 9654"]))]
    made = tmp_path / "servers.csv"
    derive.main([*arguments, "--to", str(made)])
    monkeypatch.setattr(derive, "TABLE", made)
    monkeypatch.setattr(check, "is_current", lambda machines: is_current(machines, made))
    assert check.main(arguments) == 0
    assert "zen4: 10 of 12 machines lie in the range of the others, 83.3%" in capsys.readouterr().out
    made.write_text(made.read_text(encoding="utf-8").replace("AMD Zen 4", "AMD Zen 5"), encoding="utf-8")
    assert check.main(arguments) == 1
    assert "is not the table of these results" in capsys.readouterr().out


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published results are not here")
def test_brackets_hold_for_the_published_machines() -> None:
    (file,) = PUBLISHED.glob("SPECpower*.csv")
    results, _ = read_results(file)
    machines = machines_by_class(results, read_lists(sorted(PUBLISHED.glob("[ai]*.csv"))))
    found = coverages(machines)
    assert sum(one.machines >= FEWEST_MACHINES for one in found) > 12
    assert [one for one in found if not one.is_enough] == []
    assert is_current(machines)
