"""Shows bracketed joules per call with their carbon and money: ranges, in a colour, a table and a figure of their own.

Nothing here is ranked: rows stand in the order of their times, and no range has a value within it.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench import format
from bench.cost import carbon, money
from bench.cost.carbon import Ends
from bench.cost.rates import Rates
from bench.energy.bracket.bracket import PowerBracket
from bench.energy.bracket.ranges import Range
from bench.report.document.blocks import Block, Cell, Details, Gallery, Heading, Prose, Table, table
from bench.report.drawing import joule_segments
from bench.report.findings.joules import BracketedJoules
from bench.report.findings.ranking import Ranking
from bench.report.findings.results import Result, Time
from bench.report.sections import assumptions, energy_money
from bench.report.sections.bracket_answer import answer, with_brackets
from bench.report.sections.cells import FLAG, time_cell
from bench.report.sections.study import Study

# The look of every bracketed value.
LOOK = "bracket"
READING = (
    "A bracketed joule is time × the power of the busy cores, from the low to the high end of published machines of "
    "the same class, at the wall, widened for what is unknown. No value of a range is likelier than another. A bracket "
    "carries no information beyond time: it ranks nothing, it is never added to measured joules, and ratios of "
    "implementations are those of their times."
)
_HEAD = ("implementation", "time", "energy, bracketed", "idle part of it, bracketed", "per direct FLOP, bracketed")


def blocks(study: Study, times: Ranking, rates: Rates | None) -> Iterator[Block]:
    """The brackets of a case: what is assumed, a figure and a table, and what widens them."""
    case, label = times.order[0].descriptor, times.group.label
    known = list(with_brackets(study, times.timed))
    yield Heading(f"Bracketed, not measured: {case}{study.on(times.group)}")
    power = assumptions.bracket_of_run(study)
    threads = assumptions.busy_threads(times.group, power)
    if power is None:
        yield Prose(answer(study.energy_of(result) for result in times.timed))
    else:
        yield Prose(f"{power.assumption(threads)} How the class is known: {power.why}.")
    yield Gallery((joule_segments.bracketed([(r.implementation, k.energy_j) for r, k in known], case, label),))
    yield _table(study, times, rates)
    if power is not None:
        yield Details("What widens the bracket, and why", (_widenings(power, threads),))


def _table(study: Study, times: Ranking, rates: Rates | None) -> Table:
    heads = energy_money.heads_bracketed(rates) if rates else ()
    rows: list[tuple[Cell | str, ...]] = []
    for result in times.timed:
        known = study.energy_of(result).bracketed
        more = _costs(rates, known.energy_j if known else None, result.time) if rates else ()
        rows.append((result.implementation, time_cell(result), *_cells(result, known), *more))
    return table((*_HEAD, *heads), "l" + "r" * (len(_HEAD) - 1 + len(heads)), rows)


def _costs(rates: Rates, energy: Range | None, time: Time | None) -> tuple[Cell, ...]:
    """The cost of a million calls of so many joules and so much time, one cell per known rate; a dash where unknown.

    Grams are of a million calls, too.
    """
    grams = carbon.grams_range_per_million_calls(energy, rates.grid, rates.pue)
    return energy_money.of_given_rates(rates, (grams_cell(grams), *money_cells(rates, energy, time)))


def money_cells(rates: Rates, energy: Range | None, time: Time | None) -> tuple[Cell, Cell, Cell]:
    """The price of electricity, of device time and of both, for a million calls or inferences."""
    power, rent = money.electricity_range_per_million_calls(energy, rates), _rent(rates, time)
    whole = money.per_million_calls(None, time.value_s if time else None, rates).device_time
    return _money(power), Cell(format.money(whole)), _money(money.total_range(power, rent))


def _rent(rates: Rates, time: Time | None) -> Ends | None:
    """The price of the time of a million calls at both ends of its 95 % interval; of the time itself without any."""
    if time is None:
        return None
    ends_s = time.interval_s or (time.value_s, time.value_s)
    low, high = (money.per_million_calls(None, end_s, rates).device_time for end_s in ends_s)
    return None if low is None or high is None else (low, high)


def cell(text: str | None, small: str = "") -> Cell:
    """A cell with a bracketed value; a dash where it is unknown."""
    return Cell(format.MISSING, look="muted") if text is None else Cell(text, small, LOOK)


def grams_cell(ends: Ends | None) -> Cell:
    """A cell with a bracketed mass."""
    return cell(None if ends is None else format.grams_between(*ends))


def _money(ends: Ends | None) -> Cell:
    return cell(None if ends is None else format.money_between(*ends))


def _cells(result: Result, known: BracketedJoules | None) -> tuple[Cell, ...]:
    """Joules, their idle part, and joules per FLOP; marked as the time of the row is."""
    if known is None:
        return 3 * (cell(None),)
    mark = FLAG if result.flags else ""
    watts = "" if known.power_w is None else format.watts_between(known.power_w.low, known.power_w.high)
    return (
        cell(_joules(known.energy_j) + mark, watts),
        cell(None if known.idle_j is None else _joules(known.idle_j)),
        cell(None if known.per_direct_flop_j is None else _joules(known.per_direct_flop_j)),
    )


def _joules(energy: Range) -> str:
    return format.joules_between(energy.low, energy.high)


def _widenings(power: PowerBracket, threads: int) -> Table:
    """The factors on the power above idle, and on the number of busy cores."""
    rows = [
        (one.name, f"{format.significant(one.low)}–{format.significant(one.high)}×", one.reason, one.source)
        for one in power.widenings(threads)
    ]
    return table(("unknown", "factor", "why", "source"), "lrll", rows)
