"""What could be saved in each layer against torch, the most first."""

from __future__ import annotations

import pytest

from bench.report.findings.layer_costs import costs_of
from tests.bench.report.findings.test_networks import ROWS, network_of


def test_the_layer_with_the_most_to_save_comes_first() -> None:
    first, second = costs_of(network_of(*ROWS), {"b": ("b", "again", "third")})
    # b occurs three times: torch 3.0 s, the best 1.5 s; a once: 2.0 and 1.0 s.
    assert (first.names, first.count, first.saved_s) == (("b", "again", "third"), 3, pytest.approx(1.5))
    assert first.best is not None
    assert first.best.implementation == "winograd-f2"
    assert first.share == pytest.approx(3 / 5)
    assert (second.names, second.saved_s, second.share) == (("a",), pytest.approx(1.0), pytest.approx(2 / 5))


def test_without_torch_nothing_is_said_to_be_saved() -> None:
    costs = costs_of(network_of(*(row for row in ROWS if row.implementation != "torch")), {})
    assert {(cost.saved_s, cost.share, cost.torch, cost.factor) for cost in costs} == {(None, None, None, None)}
    assert all(cost.time is not None for cost in costs)


def test_where_torch_is_best_nothing_is_saved() -> None:
    costs = costs_of(network_of(*(row for row in ROWS if row.implementation == "torch")), {})
    assert [cost.saved_s for cost in costs] == [0.0, 0.0]
