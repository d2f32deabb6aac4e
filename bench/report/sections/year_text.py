"""Writes what a paper must say beside the cost of a year: calls, scope, method, uncertainty, grid, prices and PUE."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from bench import format
from bench.cost.year import DAYS, Year
from bench.report.findings.joules import EnergyKind
from bench.report.sections import assumptions, bracket_answer
from bench.report.sections.cells import FLAG
from bench.report.sections.network_words import one_inference
from bench.report.sections.study import Study
from bench.report.sections.year_lines import YearTable
from bench.report.sections.year_tables import counted

_MEASURED = (
    "Energy was measured ({}): gross joules, idle power included. Ranges are expanded 95 % uncertainties (GUM), "
    "without that of the meter's scale{}."
)
_MODELLED = (
    "The energy is that of the processor alone. Ranges are the 95 % intervals of the times: the assumed power has none "
    "of its own."
)
_BY_LEFT_OUT_ROWS = (
    "Ranges are by the error of rows whose implementation was left out of the fit: 90 % of them had no larger one."
)
_BRACKETED = (
    "The energy is that of the busy cores, with their share of a whole machine, at the wall. Ranges run from the 10 to "
    "the 90 % quantile of these machines, with the 95 % interval of the time; no value within is likelier than another."
)
_SUMMED = "Ranges of networks add up the low ends and the high ends of all layers."
_AT_THE_METER = "kWh, CO2e and the price of electricity include PUE."
_NOT_INCLUDED = "Not included: idle time between calls, and the making of the hardware."
_SECONDS_A_DAY = 86_400.0


def text(study: Study, year: Year, tables: Sequence[YearTable]) -> str:
    """The paragraph that belongs to some tables of a run, to paste."""
    return " ".join((
        _calls(year, tables),
        *_baseline(study, tables),
        *dict.fromkeys(one_inference(one.network) for one in tables if one.network),
        _times(study, tables),
        *_methods(study, tables),
        *([_SUMMED] if any(one.network and one.kind is not EnergyKind.NONE for one in tables) else []),
        *_missing(tables),
        *_warnings(tables),
        *_more_than_a_day(year, tables),
        year.rates.label,
        _AT_THE_METER,
        _NOT_INCLUDED,
    ))  # fmt: skip


def _calls(year: Year, tables: Sequence[YearTable]) -> str:
    """How often what is called."""
    has_cases, has_networks = (any((one.network is None) is case for one in tables) for case in (True, False))
    calls, inferences = (counted(year.calls_per_day, noun) for noun in ("call", "inference"))
    what = [f"{calls} a day of each convolution"] * has_cases + [f"{inferences} a day of each network"] * has_networks
    return f"Cost of a year with {' and '.join(what)}, in the forward pass: {year.calls:,.12g} of each in {DAYS} days."


def _baseline(study: Study, tables: Sequence[YearTable]) -> Iterator[str]:
    """What the names of cases on axes mean."""
    base = (study.meta.get("configuration") or {}).get("base")
    if base and study.axes and any(one.network is None for one in tables):
        yield f"Cases on axes are named by what differs from the baseline, {base}."


def _times(study: Study, tables: Sequence[YearTable]) -> str:
    """How and where times were taken."""
    groups = dict.fromkeys(one.group for one in tables)
    known = study.environment
    machines = dict.fromkeys(known.get("gpu" if group.device == "cuda" else "cpu") for group in groups)
    named = ", ".join(str(machine) for machine in machines if machine) or "a machine that was not recorded"
    one = f" {format.ONE_PROCESS}" if study.has_one_process else ""
    version = f" {known['convcost']}" if known.get("convcost") else ""
    where = f"{named} ({'; '.join(group.label for group in groups)}; convcost{version})"
    times = f"Times are medians of one call with 95 % intervals, on {where}"
    return f"{times}, each result checked against float64 first.{one}"


def _methods(study: Study, tables: Sequence[YearTable]) -> Iterator[str]:
    """How the energy of each table is known; with several ways, each says for which conditions it holds."""
    found: dict[str, list[str]] = {}
    for one in tables:
        if one.kind is not EnergyKind.NONE:
            found.setdefault(_method(study, one), []).append(one.group.label)
    for method, labels in found.items():
        yield method if len(found) == 1 else f"{'; '.join(dict.fromkeys(labels))}: {method}"


def _method(study: Study, one: YearTable) -> str:
    match one.kind:
        case EnergyKind.MEASURED:
            return _MEASURED.format(one.origin, _scale(study, one))
        case EnergyKind.MODELLED:
            is_executed = any(
                energy.modelled.is_executed
                for result in study.timed(one.group)
                if (energy := study.energy_of(result)).modelled is not None
            )
            said = assumptions.of_model(study, one.group.device, is_executed=is_executed)
            return f"{said} {_BY_LEFT_OUT_ROWS if is_executed else _MODELLED}"
        case _:
            return f"{_bracket(study, one)} {_BRACKETED}"


def _scale(study: Study, one: YearTable) -> str:
    """The uncertainty of the meter's scale, where it is published."""
    gains = {
        figure.gain_rel
        for energy in study.energy.values()
        for figure in energy.measured
        if figure.source.label == one.origin and figure.gain_rel is not None
    }
    return f" (a standard uncertainty of {format.significant(100 * max(gains), 2)} %)" if gains else ""


def _bracket(study: Study, one: YearTable) -> str:
    power = assumptions.bracket_of_run(study)
    if power is not None and power.label == one.origin:
        return power.assumption(assumptions.busy_threads(one.group, power))
    results = study.timed(one.group)
    return bracket_answer.answer(study.energy_of(result) for result in results)


def _missing(tables: Sequence[YearTable]) -> Iterator[str]:
    """The number of lines without joules, and the reasons."""
    every = [line for one in tables for line in one.lines]
    reasons = Counter(line.reason for line in every if line.reason)
    if reasons:
        why = "; ".join(f"{reason} ({number:,})" for reason, number in reasons.most_common())
        yield f"{sum(reasons.values()):,} of {format.count(len(every), 'line')} without joules: {why}."


def _warnings(tables: Sequence[YearTable]) -> Iterator[str]:
    flags = dict.fromkeys(flag for one in tables for line in one.lines for flag in line.flags)
    if flags:
        yield f"{FLAG.strip()} marks a line with warnings ({', '.join(flags)})."


def _more_than_a_day(year: Year, tables: Sequence[YearTable]) -> Iterator[str]:
    """The days that the calls of a day take, where one device would not do them in a day."""
    longest_s = max((line.time.value_s for one in tables for line in one.lines if line.time), default=0.0)
    days = year.calls_per_day * longest_s / _SECONDS_A_DAY
    if days > 1:
        yield f"The calls of a day take up to {format.significant(days, 2)} days on one such device: it needs several."
