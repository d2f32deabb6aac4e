"""The grid of a one-at-a-time sweep: combinations of some values of its axes."""

from __future__ import annotations

from dataclasses import replace

from bench.sweep.axes import Axis
from bench.sweep.cases import expand
from bench.sweep.config import Config

CPU = ("cpu",)


def test_a_grid_adds_combinations_of_values_that_the_axes_have() -> None:
    axes = (Axis("kernel", (3, 1, 5)), Axis("stride", (1, 2)), Axis("channels", (8, 16)))
    config = Config(name="test", base="mb1ic8ih12oc8kh3ph1", axes=axes)
    grid = (Axis("kernel", (3, 1)), Axis("channels", (8, 16)))
    expansion = expand(replace(config, grid=grid), CPU)
    added = [p.points for p in expansion.cases[len(expand(config, CPU).cases) :]]
    assert added == [((("kernel", "1"), ("stride", "1"), ("channels", "16")),)]
    fewer = replace(config, grid=grid).with_axis(Axis("kernel", (3, 5)))
    assert len(expand(fewer, CPU).cases) == len(expand(replace(fewer, grid=()), CPU).cases)
