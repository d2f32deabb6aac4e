"""Numbers as readers want them: three or four significant digits, SI units, a dash for what is missing."""

from __future__ import annotations

import math

from bench.report.results import Time

MISSING = "–"

_TIME_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_FLOP_UNITS = ((1e12, "TFLOP"), (1e9, "GFLOP"), (1e6, "MFLOP"), (1e3, "kFLOP"), (1.0, "FLOP"))
_TIME_DIGITS = 4
_DIGITS = 3


def significant(value: float, digits: int = _DIGITS) -> str:
    """A number in plain notation with so many significant digits, as in 1.23 or 12300."""
    if not math.isfinite(value):
        return "∞" if value > 0 else MISSING
    if value == 0:
        return "0"
    # Rounded first: 9.996 has one digit less behind the point than its logarithm says.
    rounded = float(f"{value:.{digits - 1}e}")
    return f"{rounded:.{max(0, digits - 1 - math.floor(math.log10(abs(rounded))))}f}"


def seconds(value: float | None, digits: int = _TIME_DIGITS) -> str:
    """A time with its unit, as in 12.34 ms."""
    if value is None or not math.isfinite(value):
        return MISSING
    scale, unit = _unit(value, _TIME_UNITS, digits)
    return f"{significant(value / scale, digits)} {unit}"


def time(value: Time | None) -> str:
    return seconds(value.value_s if value else None)


def interval(value: Time | None) -> str:
    """The 95 % interval in the unit of the time itself, as in 12.30–12.41 ms."""
    if value is None or value.low_s is None or value.high_s is None:
        return MISSING
    scale, unit = _unit(value.value_s, _TIME_UNITS, _TIME_DIGITS)
    low, high = (significant(end / scale, _TIME_DIGITS) for end in (value.low_s, value.high_s))
    return f"{low}–{high} {unit}"


def gflops(value: float | None) -> str:
    """A rate in GFLOP/s, without the unit: the column names it."""
    return MISSING if value is None else significant(value)


def flops(value: int) -> str:
    """A number of FLOPs with its unit; a dash for none."""
    if value <= 0:
        return MISSING
    scale, unit = _unit(float(value), _FLOP_UNITS, _DIGITS)
    return f"{significant(value / scale)} {unit}"


def ratio(value: float | None) -> str:
    """A factor, as in 1.23×."""
    return MISSING if value is None else f"{significant(value)}×"


def error(value: float | None) -> str:
    """A relative error in powers of ten."""
    if value is None:
        return MISSING
    return f"{value:.2e}" if math.isfinite(value) and value else significant(value)


def share(value: float | None) -> str:
    """How much of a limit is used, as a plain number."""
    return MISSING if value is None else significant(value, 2)


def count(number: int, noun: str, plural: str | None = None) -> str:
    """A number and its noun: 1 case, 2 cases."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def _unit(value: float, units: tuple[tuple[float, str], ...], digits: int) -> tuple[float, str]:
    """The largest unit of which there is at least one after rounding, else the smallest."""
    rounded = float(f"{value:.{digits - 1}e}")
    return next((unit for unit in units if abs(rounded) >= unit[0]), units[-1])
