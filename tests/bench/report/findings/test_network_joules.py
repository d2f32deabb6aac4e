"""Joules of one inference: sums over all layers, measured and modelled apart, null where a layer lacks them."""

from __future__ import annotations

from typing import Any

import pytest

from bench.cost.amounts import Amount
from bench.report.findings.network_joules import Inference, NetworkJoules, joules_of
from bench.report.sections.study import Study
from bench.store.energy_schema import Energy
from bench.store.schema import Row
from tests.bench.report.synthetic_run import executed, layers, make_run, measured, modelled, ok, without

A, B = layers(("net", "a", 1)), layers(("net", "b", 3))
TORCH = [ok("a", "torch", 2.0, 0.1, layers=A, points=()), ok("b", "torch", 1.0, 0.1, layers=B, points=())]
DIRECT = [ok("a", "direct", 1.0, 0.1, layers=A, points=()), ok("b", "direct", 4.0, 0.1, layers=B, points=())]
GAP = [ok("b", "winograd-f2", 0.5, 0.1, layers=B, points=())]
ROWS = [*TORCH, *DIRECT, *GAP]


def found(lines: list[Energy], rows: list[Row] = ROWS) -> tuple[NetworkJoules, ...]:
    study = Study.of(make_run(rows, energy=lines))
    (network,) = study.networks
    return joules_of(network, study.energy_of)


def by_name(joules: NetworkJoules) -> dict[str, Inference]:
    return {inference.implementation: inference for inference in joules.inferences}


def near(*values: float) -> Any:
    return Amount(*(pytest.approx(value) for value in values))  # type: ignore[arg-type]


def test_modelled_joules_are_summed_by_occurrence_with_the_range_of_the_times() -> None:
    (joules,) = found([modelled(row, 10.0) for row in ROWS])
    assert joules.source is None
    inferences = by_name(joules)
    # torch: 1 × 2 s + 3 × 1 s at 10 W.
    assert inferences["torch"].energy == near(50.0, 46.0, 54.0)
    assert inferences["direct"].energy == near(130.0, 126.0, 134.0)
    # The best mix: direct on a, winograd-f2 on b.
    assert next(iter(inferences)) == "best per layer"
    assert inferences["best per layer"].energy == near(25.0, 21.0, 29.0)
    assert all(inference.net is None for inference in joules.inferences)


def test_ranges_of_joules_from_what_was_executed_are_by_the_error_of_their_model() -> None:
    (joules,) = found([executed(row, 2.0, 0.25) for row in ROWS])
    assert (joules.source, joules.is_executed) == (None, True)
    assert by_name(joules)["torch"].energy == near(8.0, 7.0, 9.0)
    assert not found([modelled(row, 10.0) for row in ROWS])[0].is_executed


def test_an_implementation_that_does_not_cover_the_network_has_no_joules() -> None:
    (joules,) = found([modelled(row, 10.0) for row in ROWS])
    gap = by_name(joules)["winograd-f2"]
    assert (gap.time, gap.energy, gap.known, gap.convolutions) == (None, None, 3, 4)


def test_measured_joules_have_net_and_gross_sums_with_their_uncertainty() -> None:
    (joules,) = found([measured(row, 2.0, 0.25) for row in TORCH], TORCH)
    assert joules.source is not None
    torch = by_name(joules)["torch"]
    assert torch.net == near(8.0, 7.0, 9.0)
    assert torch.energy == near(16.0, 15.0, 17.0)


def test_joules_of_some_layers_are_no_joules_of_the_network() -> None:
    (joules,) = found([measured(TORCH[0], 2.0, 0.25), without(TORCH[1])], TORCH)
    torch = by_name(joules)["torch"]
    assert (torch.energy, torch.net, torch.known) == (None, None, 1)


def test_one_missing_uncertainty_leaves_the_sum_without_range() -> None:
    (joules,) = found([measured(TORCH[0], 2.0, 0.25), measured(TORCH[1], 2.0)], TORCH)
    assert by_name(joules)["torch"].energy == near(16.0)


def test_measured_and_modelled_joules_are_never_in_one_sum() -> None:
    both = found([measured(TORCH[0], 2.0, 0.25), modelled(TORCH[1], 10.0)], TORCH)
    assert [joules.source is None for joules in both] == [False, True]
    assert [by_name(joules)["torch"].energy for joules in both] == [None, None]


def test_memory_and_platform_are_not_the_joules_of_an_inference() -> None:
    lines = [measured(row, 2.0, 0.25, scope=scope) for row in TORCH for scope in ("dram-0", "psys", "package-0")]
    (joules,) = found(lines, TORCH)
    assert joules.source is not None
    assert joules.source.scope == "package-0"
    assert found([measured(row, 2.0, 0.25, scope="dram-0") for row in TORCH], TORCH) == ()


def test_without_any_joule_there_is_nothing() -> None:
    assert found([without(row) for row in ROWS]) == ()
