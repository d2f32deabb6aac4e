"""The map of winners has a cell for each measured pair of values, and no cell mixes cases or groups."""

from __future__ import annotations

from typing import Any

from bench.report.findings.cases import axes_of
from bench.report.findings.results import read
from bench.report.findings.winner_map import WinnerMap, winner_map
from bench.store.schema import Row
from tests.bench.report.synthetic_run import make_run, ok, points

AXES = {"kernel": ["3", "1", "11"], "channels": ["64", "8"], "stride": ["1", "2"]}


def at(kernel: str, channels: str, name: str, time_s: float, stride: str = "1", **more: Any) -> Row:
    place = {"kernel": kernel, "channels": channels, "stride": stride}
    return ok(f"{kernel} {channels} {stride}", name, time_s, time_s / 100, points=points(place), **more)


def found(rows: list[Row]) -> WinnerMap:
    run = make_run(rows, axes=AXES)
    results = read(run.measurements)
    axes = axes_of(run.meta, results)
    return winner_map(axes[0], axes[1], results[0].group, results, axes)


def test_cells_are_by_value_and_axes_in_order() -> None:
    made = found([at("11", "8", "torch", 1e-3), at("3", "64", "torch", 2e-3), at("3", "64", "direct", 1e-3)])
    assert (made.columns, made.rows) == (("3", "11"), ("8", "64"))
    assert {place: ranking.leaders for place, ranking in made.cells.items()} == {
        ("11", "8"): ("torch",), ("3", "64"): ("direct",),
    }  # fmt: skip


def test_other_axes_are_at_their_baseline_and_other_groups_are_left_out() -> None:
    rows = [at("3", "64", "torch", 1e-3), at("1", "64", "torch", 1e-3, stride="2"),
            at("1", "8", "torch", 1e-3, device="cuda")]  # fmt: skip
    assert list(found(rows).cells) == [("3", "64")]


def test_of_two_cases_at_one_place_the_first_is_kept() -> None:
    first, second = at("3", "64", "torch", 2e-3), at("3", "64", "direct", 1e-3)
    other = ok("another", "fft", 1e-6, 1e-8, points=points({"kernel": "3", "channels": "64", "stride": "1"}))
    (ranking,) = found([first, second, other]).cells.values()
    assert [result.implementation for result in ranking.order] == ["direct", "torch"]
