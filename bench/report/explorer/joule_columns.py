"""The columns of energy: one for each kind of joules, so that no series can hold two kinds."""

from __future__ import annotations

from collections.abc import Callable

from bench.report.explorer.lines import PageLine
from bench.report.explorer.offers import COSTS, Offer
from bench.report.findings.joules import BracketedJoules, EnergyKind, JoulesPerCall

_MEASURED, _MODELLED, _BRACKETED = (
    kind.value for kind in (EnergyKind.MEASURED, EnergyKind.MODELLED, EnergyKind.BRACKETED)
)


def energy_source(line: PageLine) -> str:
    """Measured, modelled or bracketed, the meter or model, and the part of the machine; empty without energy."""
    energy = line.energy
    if not line.is_ok or energy.kind is EnergyKind.NONE:
        return ""
    if energy.measured:
        part = "net" if energy.measured[0].net else "gross"
        return f"measured, {part}: {energy.measured[0].source.label}"
    if energy.modelled:
        return (
            f"modelled: {energy.modelled.scope}, {'executed work' if energy.modelled.is_executed else 'power × time'}"
        )
    return f"bracketed: {energy.bracketed.label}" if energy.bracketed else ""


def _measured(line: PageLine) -> JoulesPerCall | None:
    """The joules of the first scope, the meter's own first: net of idle power where that is known."""
    if not line.is_ok or not line.energy.measured:
        return None
    return line.energy.measured[0].net or line.energy.measured[0].gross


def _modelled(line: PageLine) -> JoulesPerCall | None:
    known = line.energy.modelled if line.is_ok else None
    return None if known is None else JoulesPerCall(known.value_j, known.half_j)


def _bracketed(line: PageLine) -> BracketedJoules | None:
    return line.energy.bracketed if line.is_ok else None


def _value(of: Callable[[PageLine], JoulesPerCall | None]) -> Callable[[PageLine], object]:
    return lambda line: None if (known := of(line)) is None else known.value_j


def _end(of: Callable[[PageLine], JoulesPerCall | None], place: int) -> Callable[[PageLine], object]:
    def end(line: PageLine) -> object:
        known = of(line)
        return None if known is None or known.interval_j is None else known.interval_j[place]

    return end


def _no_value(line: PageLine) -> object:  # noqa: ARG001
    """A bracket has two ends and nothing between them."""
    return None


def _bracket_end(is_high: bool) -> Callable[[PageLine], object]:
    def end(line: PageLine) -> object:
        known = _bracketed(line)
        return None if known is None else known.energy_j.high if is_high else known.energy_j.low

    return end


JOULES = (
    Offer("energy_measured_j", "measured energy of a call", COSTS, _value(_measured), "J", energy=_MEASURED,
          ends=("energy_measured_low_j", "energy_measured_high_j"),
          meaning="joules of a call by a meter, idle power subtracted where it is known; energy_source says which"),
    Offer("energy_measured_low_j", "measured energy, lower end", COSTS, _end(_measured, 0), "J", energy=_MEASURED,
          is_end=True, meaning="lower end of its 95 % interval, without the scale of the meter"),
    Offer("energy_measured_high_j", "measured energy, upper end", COSTS, _end(_measured, 1), "J", energy=_MEASURED,
          is_end=True, meaning="upper end of it"),
    Offer("energy_modelled_j", "modelled energy of a call", COSTS, _value(_modelled), "J", energy=_MODELLED,
          ends=("energy_modelled_low_j", "energy_modelled_high_j"),
          meaning="joules of a call by a model, not measured: time × an assumed power, or executed work"),
    Offer("energy_modelled_low_j", "modelled energy, lower end", COSTS, _end(_modelled, 0), "J", energy=_MODELLED,
          is_end=True, meaning="lower end of the range of the model; null for an assumed power"),
    Offer("energy_modelled_high_j", "modelled energy, upper end", COSTS, _end(_modelled, 1), "J", energy=_MODELLED,
          is_end=True, meaning="upper end of it"),
    Offer("energy_bracketed_j", "bracketed energy of a call", COSTS, _no_value, "J", energy=_BRACKETED, is_range=True,
          ends=("energy_bracketed_low_j", "energy_bracketed_high_j"),
          meaning="a range, not a value: the time by a low and a high power of machines of the same class"),
    Offer("energy_bracketed_low_j", "bracketed energy, low end", COSTS, _bracket_end(False), "J", energy=_BRACKETED,
          is_end=True, meaning="low end of the bracket"),
    Offer("energy_bracketed_high_j", "bracketed energy, high end", COSTS, _bracket_end(True), "J", energy=_BRACKETED,
          is_end=True, meaning="high end of the bracket"),
)  # fmt: skip
