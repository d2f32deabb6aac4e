"""Rows of the energy table become measured, modelled or bracketed joules, or a reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.energy.bracket.ranges import Range
from bench.report.findings.joules import NOT_RECORDED, EnergyKind, JoulesPerCall, RowEnergy, read
from bench.store.energy_schema import Energy
from tests.bench.energy.bracket.forged import BRACKET
from tests.bench.report.synthetic_run import bracketed, executed, make_run, measured, modelled, ok, without

ROW = ok("a", "torch", 1e-3)


def energy_of(*lines: Energy) -> RowEnergy:
    (found,) = read(make_run([ROW], energy=lines).energy).values()
    return found


@pytest.mark.parametrize(
    ("lines", "kind", "reason"),
    [
        ([measured(ROW, 1e-3, 1e-5)], EnergyKind.MEASURED, NOT_RECORDED),
        ([modelled(ROW, 20.0, "no sensor")], EnergyKind.MODELLED, "no sensor"),
        ([bracketed(ROW, "no sensor")], EnergyKind.BRACKETED, "no sensor"),
        ([without(ROW, "not sampled")], EnergyKind.NONE, "not sampled"),
        ([measured(ROW, None, gross_j=None)], EnergyKind.NONE, NOT_RECORDED),
        ([measured(ROW, 1e-3, method="model")], EnergyKind.NONE, NOT_RECORDED),
        ([replace(bracketed(ROW, "odd"), high_j=bracketed(ROW).low_j)], EnergyKind.NONE, "odd"),
        ([replace(bracketed(ROW, "odd"), method="model")], EnergyKind.NONE, "odd"),
    ],
)
def test_every_row_has_a_kind_and_a_reason(lines: list[Energy], kind: EnergyKind, reason: str) -> None:
    found = energy_of(*lines)
    assert (found.kind, found.reason) == (kind, reason)


def test_a_measured_row_has_no_modelled_joules() -> None:
    assert energy_of(measured(ROW, 1e-3, 1e-5), modelled(ROW, 20.0)).modelled is None


def test_joules_from_what_was_executed_are_modelled_with_half_their_range() -> None:
    figure = energy_of(executed(ROW, 2e-3, 3e-4)).modelled
    assert figure is not None
    assert (figure.value_j, figure.half_j, figure.is_executed) == (2e-3, 3e-4, True)
    assumed = energy_of(modelled(ROW, 20.0)).modelled
    assert assumed is not None
    assert (assumed.half_j, assumed.is_executed) == (None, False)


def test_a_row_has_one_kind_of_joules() -> None:
    assert energy_of(measured(ROW, 1e-3, 1e-5), bracketed(ROW)).bracketed is None
    assert energy_of(modelled(ROW, 20.0), bracketed(ROW)).bracketed is None


def test_a_bracket_has_ranges_its_class_and_the_number_of_its_machines() -> None:
    found = energy_of(bracketed(ROW)).bracketed
    assert found is not None
    assert (found.energy_j.low, found.energy_j.high) == pytest.approx((3.1e-3, 40.416e-3), rel=1e-3)
    assert found.idle_j == Range(1e-3, 4e-3)
    assert found.per_direct_flop_j is not None
    assert found.per_direct_flop_j.high == pytest.approx(found.energy_j.high / 1e9)
    assert found.power_w == BRACKET.power_w(2)
    assert found.label == "Forged servers, 20 machines"


def test_without_net_joules_u95_j_belongs_to_the_gross_joules() -> None:
    (figure,) = energy_of(measured(ROW, None, 1e-4, gross_j=5e-3, gross_u95_j=None)).measured
    assert (figure.net, figure.gross) == (None, JoulesPerCall(5e-3, 1e-4))


def test_half_an_interval_gives_both_ends() -> None:
    assert JoulesPerCall(5.0, 1.0).interval_j == (4.0, 6.0)
    assert JoulesPerCall(5.0).interval_j is None
