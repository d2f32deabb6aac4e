"""Lines and families of the rows of a table."""

from __future__ import annotations

from bench.predict.random_shapes import shapes
from bench.predict.tables import units
from impls.cost_model.cost_table import UNNAMED
from tests.bench.predict.simulated_times import CPU, GPU, lines, problem, table


def test_a_line_ends_where_a_size_turns() -> None:
    sizes = [problem(size=n) for n in (10, 20, 30)] + [problem(size=n) for n in (10, 20)]
    assert units.lines(table(sizes)).tolist() == [0, 0, 0, 1, 1]


def test_a_line_ends_where_another_size_moves() -> None:
    mixed = [problem(size=n) for n in (10, 20, 30)] + [problem(size=30, channels=c) for c in (80, 96)]
    assert units.lines(table(mixed)).tolist() == [0, 0, 0, 1, 1]


def test_lines_that_are_swept_are_found() -> None:
    swept = table(lines())
    assert units.has_lines(swept)
    assert len(set(units.with_units(swept).units.tolist())) == 12


def test_random_shapes_stand_in_no_lines() -> None:
    drawn = table([shape.problem for shape in shapes(100, 1)], CPU)
    assert not units.has_lines(drawn)
    assert len(set(drawn.units.tolist())) > 50
    assert GPU.device != UNNAMED
