"""Totals of networks count multiplicities, show gaps and include the best per layer."""

from __future__ import annotations

from typing import Any

import pytest

from bench.report.findings.networks import Network, networks_of
from bench.report.findings.results import Time, read
from bench.store.schema import Row
from tests.bench.report.synthetic_run import fault, layers, make_run, ok


def network_of(*rows: Row) -> Network:
    (network,) = networks_of(read(make_run(rows).measurements))
    return network


A, B = layers(("net", "a", 1)), layers(("net", "b", 3))
ROWS = [
    ok("a", "torch", 2.0, 0.1, layers=A, points=()),
    ok("b", "torch", 1.0, 0.1, layers=B, points=()),
    ok("a", "direct", 1.0, 0.1, layers=A, points=()),
    ok("b", "direct", 4.0, 0.1, layers=B, points=()),
    ok("b", "winograd-f2", 0.5, 0.1, layers=B, points=()),
    fault("a", "winograd-f2", "unsupported", "7x7", layers=A, points=()),
]


def _near(value: float) -> Any:
    return pytest.approx(value)


def test_whole_totals_multiply_layers_by_their_occurrences() -> None:
    totals = {total.implementation: total for total in network_of(*ROWS).totals}
    assert totals["torch"].whole == Time(5.0, _near(4.6), _near(5.4))
    assert totals["direct"].whole == Time(13.0, _near(12.6), _near(13.4))


def test_with_a_gap_there_is_a_sum_and_a_filled_total_but_no_whole_one() -> None:
    (total,) = (t for t in network_of(*ROWS).totals if t.implementation == "winograd-f2")
    assert (total.covered, total.layers) == (3, 4)
    assert total.whole is None
    assert total.own is not None
    assert total.own.value_s == pytest.approx(1.5)
    assert total.filled is not None
    assert total.filled.value_s == pytest.approx(3.5)


def test_without_torch_a_gap_is_not_filled() -> None:
    network = network_of(*(row for row in ROWS if row.implementation != "torch"))
    (total,) = (t for t in network.totals if t.implementation == "winograd-f2")
    assert total.filled is None


def test_a_wrong_layer_is_a_gap() -> None:
    rows = [*ROWS[:3], fault("b", "direct", "wrong", "off by 9", layers=B, points=())]
    (total,) = (t for t in network_of(*rows).totals if t.implementation == "direct")
    assert (total.covered, total.whole) == (1, None)


def test_best_per_layer_takes_the_fastest_of_each() -> None:
    network = network_of(*ROWS)
    assert network.best.whole is not None
    assert network.best.whole.value_s == pytest.approx(1.0 + 3 * 0.5)
    assert network.best_counts == {"winograd-f2": 3, "direct": 1}
    assert network.convolutions == 4


def test_a_chooser_does_not_compete_with_its_choices() -> None:
    chosen = [
        ok("a", "auto", 0.9, 0.1, layers=A, points=(), delegate="direct"),
        ok("b", "auto", 0.6, 0.1, layers=B, points=(), delegate="winograd-f2"),
    ]
    network = network_of(*ROWS, *chosen)
    assert [total.implementation for total in network.whole] == ["torch", "direct"]
    (auto,) = (total for total in network.totals if total.chooses)
    assert auto.whole is not None
    assert auto.whole.value_s == pytest.approx(0.9 + 3 * 0.6)
    assert network.best_counts == {"winograd-f2": 3, "direct": 1}


def test_best_per_layer_has_no_whole_total_if_a_layer_has_no_time() -> None:
    network = network_of(ROWS[1], fault("a", "torch", "crashed", "signal 9", layers=A, points=()))
    assert (network.best.covered, network.best.layers, network.best.whole) == (3, 4, None)


def test_one_missing_interval_leaves_the_total_without_interval() -> None:
    network = network_of(ok("a", "torch", 2.0, layers=A), ok("b", "torch", 1.0, 0.1, layers=B))
    assert network.totals[0].whole == Time(5.0)


def test_a_case_of_two_layers_counts_twice() -> None:
    both = layers(("net", "a", 1), ("net", "b", 2), ("other", "c", 5))
    networks = networks_of(read(make_run([ok("a", "torch", 1.0, layers=both)]).measurements))
    assert [(n.name, n.convolutions, n.totals[0].whole) for n in networks] == [
        ("net", 3, Time(3.0)),
        ("other", 5, Time(5.0)),
    ]


def test_devices_have_separate_networks() -> None:
    rows = [ok("a", "torch", 2.0, layers=A), ok("a", "torch", 0.1, layers=A, device="cuda")]
    networks = networks_of(read(make_run(rows).measurements))
    assert [(n.group.device, n.best.own) for n in networks] == [("cpu", Time(2.0)), ("cuda", Time(0.1))]


def test_whole_totals_come_first_and_fastest_first() -> None:
    assert [total.implementation for total in network_of(*ROWS).totals] == ["torch", "direct", "winograd-f2"]
