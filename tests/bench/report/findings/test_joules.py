"""Rows of the energy table become measured joules, modelled joules, or a reason."""

from __future__ import annotations

import pytest

from bench.report.findings.joules import NOT_RECORDED, EnergyKind, JoulesPerCall, RowEnergy, read
from bench.store.energy_schema import Energy
from tests.bench.report.synthetic_run import make_run, measured, modelled, ok, without

ROW = ok("a", "torch", 1e-3)


def energy_of(*lines: Energy) -> RowEnergy:
    (found,) = read(make_run([ROW], energy=lines).energy).values()
    return found


@pytest.mark.parametrize(
    ("lines", "kind", "reason"),
    [
        ([measured(ROW, 1e-3, 1e-5)], EnergyKind.MEASURED, NOT_RECORDED),
        ([modelled(ROW, 20.0, "no sensor")], EnergyKind.MODELLED, "no sensor"),
        ([without(ROW, "not sampled")], EnergyKind.NONE, "not sampled"),
        ([measured(ROW, None, gross_j=None)], EnergyKind.NONE, NOT_RECORDED),
        ([measured(ROW, 1e-3, method="model")], EnergyKind.NONE, NOT_RECORDED),
    ],
)
def test_every_row_has_a_kind_and_a_reason(lines: list[Energy], kind: EnergyKind, reason: str) -> None:
    found = energy_of(*lines)
    assert (found.kind, found.reason) == (kind, reason)


def test_a_measured_row_has_no_modelled_joules() -> None:
    assert energy_of(measured(ROW, 1e-3, 1e-5), modelled(ROW, 20.0)).modelled is None


def test_without_net_joules_u95_j_belongs_to_the_gross_joules() -> None:
    (figure,) = energy_of(measured(ROW, None, 1e-4, gross_j=5e-3, gross_u95_j=None)).measured
    assert (figure.net, figure.gross) == (None, JoulesPerCall(5e-3, 1e-4))


def test_half_an_interval_gives_both_ends() -> None:
    assert JoulesPerCall(5.0, 1.0).interval_j == (4.0, 6.0)
    assert JoulesPerCall(5.0).interval_j is None
