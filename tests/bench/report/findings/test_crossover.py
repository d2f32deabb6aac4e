"""The crossover map is of product sweeps: clear winners, ties and open cells are told apart."""

from __future__ import annotations

from bench.report.findings.crossover import CrossoverMap, maps
from bench.report.sections.study import Study
from bench.rows.ranking import Verdict
from tests.bench.report.grid_run import OPEN, grid_run
from tests.bench.report.synthetic_run import make_run, ok, points, whole_sweep


def _map() -> CrossoverMap:
    study = Study.of(grid_run())
    (found,) = maps(study.axes, study.rankings, study.groups[0])
    return found


def test_cells_stand_by_their_values_in_order() -> None:
    found = _map()
    assert (found.x.name, found.y.name, found.xs, found.ys) == ("kernel", "channels", ("1", "3", "5"), ("16", "64"))
    assert {at: found.winner(at) for at in found.cells} == {
        ("1", "16"): "direct", ("1", "64"): "direct", ("3", "16"): None, ("3", "64"): "winograd-f4", OPEN: None,
    }  # fmt: skip
    assert (found.wins, found.count(Verdict.TIE), found.count(Verdict.UNDECIDED)) == (
        {"direct": 2, "winograd-f4": 1}, 1, 1,
    )  # fmt: skip


def test_changes_are_counted_along_lines_with_two_winners() -> None:
    found = _map()
    assert found.changes_along(found.x) == (1, 1)
    assert found.changes_along(found.y) == (0, 1)


def test_a_sweep_of_one_axis_at_a_time_has_no_map() -> None:
    study = Study.of(whole_sweep())
    assert maps(study.axes, study.rankings, study.groups[0]) == ()


def test_a_grid_within_a_cross_has_a_map_without_the_ends_of_the_cross() -> None:
    axes = {"kernel": ["3", "1", "5", "7", "11"], "channels": ["64", "16", "128"]}
    cross = [("3", "64"), ("1", "64"), ("5", "64"), ("7", "64"), ("11", "64"), ("3", "16"), ("3", "128")]
    rows = [
        ok(f"mb1ic{c}ih16oc{c}kh{k}", "torch", 1e-3, 1e-5, points=points({"kernel": k, "channels": c}))
        for k, c in (*cross, ("1", "16"), ("5", "16"), ("1", "128"), ("5", "128"))
    ]
    study = Study.of(make_run(rows, axes=axes))
    (found,) = maps(study.axes, study.rankings, study.groups[0])
    assert (found.xs, found.ys, len(found.cells)) == (("1", "3", "5"), ("16", "64", "128"), 9)


def test_of_three_axes_the_first_two_have_a_map_at_each_value_of_the_third() -> None:
    axes = {"kernel": ["3", "1"], "channels": ["64", "16"], "size": ["8", "16"]}
    rows = [
        ok(f"mb1ic{c}ih{s}oc{c}kh{k}", "torch", 1e-3, 1e-5, points=points({"kernel": k, "channels": c, "size": s}))
        for k in ("3", "1") for c in ("64", "16") for s in ("8", "16")
    ]  # fmt: skip
    study = Study.of(make_run(rows, axes=axes))
    found = maps(study.axes, study.rankings, study.groups[0])
    assert [(one.x.name, one.y.name, one.fixed) for one in found] == [
        ("kernel", "channels", (("size", "8"),)), ("kernel", "channels", (("size", "16"),)),
        ("kernel", "size", (("channels", "64"),)), ("channels", "size", (("kernel", "3"),)),
    ]  # fmt: skip
