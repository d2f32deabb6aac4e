"""The product's own table, and classes taken together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.energy.bracket.classes import FEWEST_MACHINES, SOURCE, classes, pool
from bench.energy.bracket.generations import ALL, OLDER, WIDE
from bench.format import count


def test_every_class_is_in_the_table_and_possible() -> None:
    assert list(classes()) == [one.name for one in ALL]
    assert classes()[WIDE].machines > 300
    assert "SPECpower_ssj2008" in SOURCE
    for one in classes().values():
        assert 0 < one.idle_w.low < one.load_w.low < one.load_w.high < 50
        assert one.idle_w.holds(one.idle_median_w)
        assert one.load_w.holds(one.load_median_w)
        assert one.results >= one.machines >= 1
        assert one.threads_a_core in (1, 2)
        assert one.published[0] <= one.published[1]
        assert one.chips[0] <= one.chips[1]


def test_a_class_of_enough_machines_stands_alone() -> None:
    zen4 = classes()["zen4"]
    found = pool(["zen4"])
    assert (found.label, found.machines, found.threads_a_core) == (zen4.label, zen4.machines, 2)
    assert (found.idle_w, found.load_w) == (zen4.idle_w, zen4.load_w)


@pytest.mark.parametrize(
    ("name", "wide"), [("zen", (WIDE,)), ("arm", (WIDE,)), ("laptop", (WIDE,)), ("ivybridge", (OLDER, WIDE))]
)
def test_a_class_of_few_machines_is_widened_by_all_of_its_years(name: str, wide: tuple[str, ...]) -> None:
    few, every = classes()[name], [classes()[one] for one in wide]
    assert few.machines < FEWEST_MACHINES
    found = pool([name])
    labels = " or ".join(one.label for one in every)
    assert found.label == f"{few.label} (only {count(few.machines, 'machine')}), with {labels}"
    assert found.machines == sum(one.machines for one in every)
    for one in (few, *every):
        assert found.load_w.holds(one.load_w.low, one.load_w.high)
        assert found.idle_w.holds(one.idle_w.low, one.idle_w.high)


def test_several_classes_are_held_together() -> None:
    names = ["sapphirerapids", "emeraldrapids", "graniterapids"]
    found, members = pool(names), [classes()[name] for name in names]
    assert found.label == "Intel Sapphire Rapids servers or later"
    assert found.machines == sum(one.machines for one in members)
    assert all(found.load_w.holds(one.load_w.low, one.load_w.high) for one in members)
    two = pool(["desktop", "older"])
    assert two.label == f"{classes()['desktop'].label} or {classes()['older'].label}"


def test_few_machines_are_counted_over_all_classes_together() -> None:
    table = {name: replace(classes()["zen4"], name=name, machines=6) for name in ("one", "two")}
    assert pool(["one", "two"], table).machines == 12
