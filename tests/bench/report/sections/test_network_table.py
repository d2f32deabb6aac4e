"""The table of a network: places in the network against layers alone, joules by kind, and the choice for the swap."""

from __future__ import annotations

from typing import Any

import pytest

from bench.report.sections.network_table import choice_of, in_place_over_alone, joules, swapped_over_alone, tables
from bench.report.sections.study import Study
from bench.store.schema import Row
from tests.bench.report.findings.test_networks import A, B
from tests.bench.report.synthetic_run import bracketed, make_run, measured, modelled, ok, without

IN_PLACE = {"threads": 2, "convolutions_s": [12.0, 11.0, 13.0]}


def study_of(*rows: Row, energy: Any = ()) -> Study:
    return Study.of(make_run(rows, energy=energy))


def rows(layout: str = "nchw", factor: float = 1.0) -> list[Row]:
    more = {"layout": layout, "precision": "fp32", "device": "cpu", "points": ()}
    return [
        ok("a", "torch", 2.0 * factor, 0.1, layers=A, **more),
        ok("b", "torch", 1.0 * factor, 0.1, layers=B, **more),
        ok("a", "direct", 1.0 * factor, 0.1, layers=A, **more),
        ok("b", "direct", 4.0 * factor, 0.1, layers=B, **more),
    ]


def test_times_in_place_are_held_against_those_alone() -> None:
    (table,) = tables(study_of(*rows()), {})
    # Alone: 2 + 3 · 1 = 5 s, between 4.6 and 5.4.
    value, low, high = in_place_over_alone(table, IN_PLACE, 4) or (0, 0, 0)
    assert value == pytest.approx(12 / 5)
    assert (low, high) == (pytest.approx(11 / 5.4), pytest.approx(13 / 4.6))


@pytest.mark.parametrize(
    ("layout", "threads", "calls"), [("nhwc", 2, 4), ("nchw", 1, 4), ("nchw", 2, 5)]
)  # fmt: skip
def test_other_conditions_are_not_compared(layout: str, threads: int, calls: int) -> None:
    (table,) = tables(study_of(*rows(layout)), {})
    assert in_place_over_alone(table, {**IN_PLACE, "threads": threads}, calls) is None


def test_the_swapped_network_is_held_against_its_layers_alone() -> None:
    found = tables(study_of(*rows(), *rows("nhwc", 0.5)), {})
    swap = {"choice": {"layout": "nhwc"}, "threads": 2, "sides_s": {"swapped": [6.0, 5.0, 7.0]}}
    # The best of each layer alone: 0.5 + 3 · 0.5 = 2 s, between 1.6 and 2.4.
    value, low, high = swapped_over_alone(found, swap) or (0, 0, 0)
    assert (value, low, high) == (pytest.approx(3.0), pytest.approx(5 / 2.4), pytest.approx(7 / 1.6))
    assert swapped_over_alone(found, {**swap, "threads": 1}) is None


def test_the_choice_has_every_name_in_the_layout_with_the_least_total() -> None:
    found = tables(study_of(*rows(), *rows("nhwc", 0.5)), {"b": ("b", "again")})
    choice = choice_of(found, "the run")
    assert choice is not None
    assert (choice.layout, choice.layers) == ("nhwc", {"a": "direct", "b": "torch", "again": "torch"})
    assert choice.origin == "measured by convcost network, the run"
    assert choice_of((), "the run") is None


def test_joules_of_all_calls_have_their_kind() -> None:
    row = ok("a", "torch", 2.0, 0.1, points=())
    kinds = {
        "3.00 ± 0.30 J": measured(row, 0.5, 0.1),
        "120 J modelled": modelled(row, 20.0),
        "18–250 J": bracketed(row),
        "–": without(row),
    }
    for text, energy in kinds.items():
        study = study_of(row, energy=[energy])
        assert joules(study.energy_of(study.results[0]), 3) == text
