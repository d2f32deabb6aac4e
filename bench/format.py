"""Formats numbers for readers: three or four significant digits, SI units, a dash for a missing value."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Protocol

from impls import wording

MISSING = "–"
# A number and its noun: 1 case, 2 cases.
count = wording.count

_TIME_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_FLOP_UNITS = ((1e12, "TFLOP"), (1e9, "GFLOP"), (1e6, "MFLOP"), (1e3, "kFLOP"), (1.0, "FLOP"))
_JOULE_UNITS = (
    (1e6, "MJ"), (1e3, "kJ"), (1.0, "J"), (1e-3, "mJ"), (1e-6, "µJ"), (1e-9, "nJ"), (1e-12, "pJ"),
)  # fmt: skip
_GRAM_UNITS = ((1e6, "t"), (1e3, "kg"), (1.0, "g"), (1e-3, "mg"), (1e-6, "µg"))
_TIME_DIGITS = 4
_DIGITS = 3
# A bracket knows no more; seventeen tell any two numbers apart.
_ROUGH_DIGITS, _MOST_DIGITS = 2, 17


class TimeWithInterval(Protocol):
    """A time in seconds with its 95 % interval; both ends are None without an interval."""

    @property
    def value_s(self) -> float: ...

    @property
    def low_s(self) -> float | None: ...

    @property
    def high_s(self) -> float | None: ...


def significant(value: float, digits: int = _DIGITS) -> str:
    """A number in plain notation with `digits` significant digits, as in 1.23 or 12300."""
    if not math.isfinite(value):
        return "∞" if value > 0 else MISSING
    if value == 0:
        return "0"
    # Round first: 9.996 becomes 10.0, which has one digit less after the point than 9.996.
    rounded = float(f"{value:.{digits - 1}e}")
    return f"{rounded:.{max(0, digits - 1 - math.floor(math.log10(abs(rounded))))}f}"


def seconds(value: float | None, digits: int = _TIME_DIGITS) -> str:
    """A time with its unit, as in 12.34 ms."""
    if value is None or not math.isfinite(value):
        return MISSING
    scale, unit = _unit(value, _TIME_UNITS, digits)
    return f"{significant(value / scale, digits)} {unit}"


def time(value: TimeWithInterval | None) -> str:
    """The time itself, without its interval."""
    return seconds(value.value_s if value else None)


def interval(value: TimeWithInterval | None) -> str:
    """The 95 % interval in the unit of the time itself, as in 12.30–12.41 ms."""
    if value is None or value.low_s is None or value.high_s is None:
        return MISSING
    scale, unit = _unit(value.value_s, _TIME_UNITS, _TIME_DIGITS)
    low, high = (significant(end / scale, _TIME_DIGITS) for end in (value.low_s, value.high_s))
    return f"{low}–{high} {unit}"


def gflops(value: float | None) -> str:
    """A rate in GFLOP/s without its unit, which the column names."""
    return MISSING if value is None else significant(value)


def flops(value: int) -> str:
    """A number of FLOPs with its unit; a dash for zero."""
    if value <= 0:
        return MISSING
    scale, unit = _unit(float(value), _FLOP_UNITS, _DIGITS)
    return f"{significant(value / scale)} {unit}"


def joules(value_j: float | None, u95_j: float | None = None) -> str:
    """An energy, with half its 95 % interval where known, as in 12.34 ± 0.41 mJ."""
    return _measure(value_j, u95_j, _JOULE_UNITS)


def grams(value_g: float | None, u95_g: float | None = None) -> str:
    """A mass, with half its 95 % interval where known, as in 1.23 ± 0.10 g."""
    return _measure(value_g, u95_g, _GRAM_UNITS)


def money(value: float | None, u95: float | None = None) -> str:
    """An amount of money without its currency, which is in the head of a table."""
    return _measure(value, u95, ((1.0, ""),))


def joules_range(value_j: float, low_j: float, high_j: float) -> str:
    """The ends of an interval in the unit of the energy itself, as in 12.1–12.6 mJ."""
    return _ends(value_j, low_j, high_j, _JOULE_UNITS)


def grams_range(value_g: float, low_g: float, high_g: float) -> str:
    """The ends of an interval in the unit of the mass itself, as in 1.21–1.26 mg."""
    return _ends(value_g, low_g, high_g, _GRAM_UNITS)


def money_range(low: float, high: float) -> str:
    """The ends of an interval, as in 0.0121–0.0126."""
    return "–".join(_apart(low, high, _DIGITS))


def bare(value: float | None, ends: tuple[float, float] | None = None) -> str:
    """A number whose unit is in the head of its table, with its range, as in 3.60 (3.31–3.89); a bracket is 3.1–3.9."""
    low, high = ends or (None, None)
    if value is None:
        return money_between(low, high)
    return money(value) if low is None or high is None or low == high else f"{money(value)} ({money_range(low, high)})"


def joules_between(low_j: float | None, high_j: float | None) -> str:
    """A bracketed energy: both ends in one unit, with digits until they differ, as in 0.9–2.1 mJ."""
    return _bracketed(low_j, high_j, _JOULE_UNITS)


def grams_between(low_g: float | None, high_g: float | None) -> str:
    """The same of a mass; without emissions 0 g."""
    return _bracketed(low_g, high_g, _GRAM_UNITS)


def money_between(low: float | None, high: float | None) -> str:
    """The same of an amount of money without its currency; 0 at a price of 0."""
    return _bracketed(low, high, ((1.0, ""),))


def watts_between(low_w: float | None, high_w: float | None) -> str:
    """The same of a power."""
    return _bracketed(low_w, high_w, ((1.0, "W"),))


def watts(value_w: float | None) -> str:
    """A power in watts."""
    return MISSING if value_w is None else f"{significant(value_w)} W"


def ratio(value: float | None) -> str:
    """A factor, as in 1.23×."""
    return MISSING if value is None else f"{significant(value)}×"


def pays_from(calls: int | None, low: int | None = None, high: int | None = None) -> str:
    """The calls from which a plan pays, with the 95 % interval of their number: "11 calls (9–14)".

    An upper end that is missing beside a lower one is "never".
    """
    if calls is None:
        return "never" if low is None else f"never (or from {count(low, 'call')})"
    number = count(calls, "call")
    if low is None or low == high == calls:
        return number
    return f"{number} ({low:,}–{'never' if high is None else f'{high:,}'})"


def error(value: float | None) -> str:
    """A relative error, as in 1.23e-07."""
    if value is None:
        return MISSING
    return f"{value:.2e}" if math.isfinite(value) and value else significant(value)


def share(value: float | None) -> str:
    """The used share of a limit, as a plain number."""
    return MISSING if value is None else significant(value, 2)


def problem(descriptor: str, *, bias: bool) -> str:
    """A problem as titles and tables name it: the descriptor has no place for the bias."""
    return f"{descriptor} with bias" if bias else descriptor


# What no interval of a single process can tell.
ONE_PROCESS = "One process: its interval leaves out how much processes differ."


def uncertain(number: int, timed: int) -> str:
    """How many times are uncertain, as in "3 of 4 times are uncertain (…)": not the flag `noisy`, which is a part."""
    why = " (disturbed, or with too wide an interval)" if number else ""
    return f"{number:,} of {count(timed, 'time')} {'is' if number == 1 else 'are'} uncertain{why}"


def busy(number: int, timed: int, longer: str, devices: Iterable[str] = ("cpu",)) -> str:
    """The sentence on a machine where `number` times are uncertain; `longer` is the option that gives more time."""
    on_one = " measure on one thread (--threads 1)," if "cpu" in devices else ""
    return (
        f"The machine was busy: {uncertain(number, timed)}. What helps: "
        f"close other programs,{on_one} or measure longer ({longer})."
    )


def between(low: str | None, high: str | None, unit: str = "") -> str:
    """An interval by its formatted ends, as in 6.69–9.10 %; one without an end is ≥ 6.69 % or ≤ 9.10 %."""
    if low is not None and high is not None:
        return f"{low}–{high}{unit}"
    if low is not None:
        return f"≥ {low}{unit}"
    return MISSING if high is None else f"≤ {high}{unit}"


def others(processors: float, so: str) -> str:
    """The sentence on a machine that other programs used, by the mean number of processors that they took.

    `so` is what follows from it.
    """
    return (
        f"The machine was busy: other programs used its processors, {significant(processors, 2)} of them on average. "
        f"So {so}. What helps: close other programs, or measure at a quieter hour."
    )


def _measure(value: float | None, half: float | None, units: tuple[tuple[float, str], ...]) -> str:
    """A value in a fitting unit, rounded to the second digit of its uncertainty (GUM 7.2.6)."""
    if value is None or not math.isfinite(value):
        return MISSING
    known = half if half is not None and 0 < half < math.inf else None
    largest = max(abs(value), known or 0.0)
    # Zero is shown in the base unit.
    scale, unit = _unit(largest, units, _DIGITS) if largest else next(u for u in units if u[0] == 1.0)
    if known is None:
        return f"{significant(value / scale)} {unit}".rstrip()
    half_text = f"{known / scale:.1e}"
    place = int(half_text.partition("e")[2]) - 1
    shown = [f"{round(number, -place):.{max(0, -place)}f}" for number in (value / scale, float(half_text))]
    return f"{shown[0]} ± {shown[1]} {unit}".rstrip()


def _ends(value: float, low: float, high: float, units: tuple[tuple[float, str], ...]) -> str:
    scale, unit = _unit(value, units, _DIGITS)
    return f"{'–'.join(_apart(low / scale, high / scale, _DIGITS))} {unit}"


def _bracketed(low: float | None, high: float | None, units: tuple[tuple[float, str], ...]) -> str:
    """Both ends, without needless zeros: a bracket knows few digits. A dash without an end."""
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return MISSING
    # Zero is shown in the base unit.
    scale, unit = _unit(high, units, _ROUGH_DIGITS) if high else next(u for u in units if u[0] == 1.0)
    ends = dict.fromkeys(map(_without_zeros, _apart(low / scale, high / scale, _ROUGH_DIGITS)))
    return f"{'–'.join(ends)} {unit}".rstrip()


def _apart(low: float, high: float, digits: int) -> tuple[str, str]:
    """Both ends with at least so many significant digits, and more until they differ, unless they are equal."""
    for number in range(digits, _MOST_DIGITS):
        ends = significant(low, number), significant(high, number)
        if low == high or ends[0] != ends[1]:
            return ends
    return significant(low, _MOST_DIGITS), significant(high, _MOST_DIGITS)


def _without_zeros(number: str) -> str:
    """2.0 as 2, and 0.90 as 0.9."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def _unit(value: float, units: tuple[tuple[float, str], ...], digits: int) -> tuple[float, str]:
    """The largest unit that gives at least 1 after rounding, else the smallest unit."""
    rounded = float(f"{value:.{digits - 1}e}")
    return next((unit for unit in units if abs(rounded) >= unit[0]), units[-1])


# Python cannot divide larger integers into floats.
_BEYOND_ALL_UNITS = 2**1000


def byte_count(count: float) -> str:
    """A number of bytes in binary units, as in 1.5 GiB."""
    if count >= _BEYOND_ALL_UNITS:
        return "more than 2^1000 B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB", "PiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.3g} EiB"
