"""Gives the cost of a million calls, and of the sweep itself, in grams of CO₂e and in money."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import compress
from typing import Any, TypeVar

from bench import format
from bench.cost import carbon, money
from bench.cost.carbon import Ends
from bench.cost.rates import Rates
from bench.energy.bracket.ranges import Range
from bench.report.document.blocks import Block, Cell, Heading, Prose
from bench.report.findings.joules import JoulesPerCall
from bench.report.findings.results import Result
from bench.report.sections.study import Study

# Shown without rates.
WITHOUT_RATES = (
    "No grid and no price was given, so there are no grams and no money. The options for them are "
    "--grid or --g-per-kwh, --price-per-kwh, --price-per-hour."
)
_MODEL, _BRACKET = "model", "bracket"
_T = TypeVar("_T")
# The value of money.Money.holds for a total of both.
_BOTH = "electricity + device time"


def rates_of(study: Study) -> Rates | None:
    """The rates of a run, None if none was given."""
    data = study.meta.get("rates")
    rates = Rates.from_dict(data) if data else None
    return rates if rates is not None and rates.given else None


def heads(rates: Rates) -> tuple[str, ...]:
    """The table heads of the known rates."""
    unit = in_currency(rates)
    return of_given_rates(rates, ("CO₂e", f"electricity{unit}", f"device time{unit}", f"total: {_BOTH}{unit}"))


def heads_modelled(rates: Rates) -> tuple[str, ...]:
    """The same for modelled joules: the grams and money that follow are modelled too."""
    return _heads_assumed(rates, "modelled")


def heads_bracketed(rates: Rates) -> tuple[str, ...]:
    """The same for bracketed joules."""
    return _heads_assumed(rates, "bracketed")


def _heads_assumed(rates: Rates, how: str) -> tuple[str, ...]:
    many, unit = "of a million calls", in_currency(rates)
    return of_given_rates(
        rates,
        (f"CO₂e {many}, {how}", f"electricity {many}, {how}{unit}", f"device time {many}{unit}",
         f"total of both, electricity {how}{unit}"),
    )  # fmt: skip


def in_currency(rates: Rates) -> str:
    """The end of a table head of money, as in ", EUR"; nothing for the prices of earlier runs, without a currency."""
    return f", {rates.currency}" if rates.currency else ""


def cells(rates: Rates, result: Result, joules: JoulesPerCall | None) -> tuple[Cell, ...]:
    """The cost of a million calls of one row, one cell per head; a dash where unknown."""
    value_j, u95_j = (None, None) if joules is None else (joules.value_j, joules.u95_j)
    grams, u95_g = (carbon.grams_per_million_calls(each, rates.grid, rates.pue) for each in (value_j, u95_j))
    cost = money.per_million_calls(value_j, result.time.value_s if result.time else None, rates, u95_j=u95_j)
    return of_given_rates(
        rates,
        (
            Cell(format.grams(grams, u95_g)),
            Cell(format.money(cost.electricity, cost.electricity_u95)),
            Cell(format.money(cost.device_time)),
            # Totals compare only if they have the same parts: a total with one part names it.
            Cell(format.money(cost.total), "" if cost.holds in (None, _BOTH) else f"{cost.holds} only"),
        ),
    )


def terms(rates: Rates | None, *, has_uncertainty: bool) -> Block:
    """The rates from joules and seconds to grams and money, with source and year; else the options to give.

    With `has_uncertainty`, what ± means.
    """
    if rates is None:
        return Prose(WITHOUT_RATES)
    meaning = "± is the uncertainty of the joules, without the meter's scale." if has_uncertainty else ""
    return Prose(f"{rates.label} {_unknown_currency(rates)}{meaning}".rstrip())


def amount(value: float | None, rates: Rates, u95: float | None = None) -> str:
    """An amount of money with its currency, as in 0.000400 EUR."""
    text = format.money(value, u95)
    return f"{text} {rates.currency}" if rates.currency and value is not None else text


def amount_between(ends: Ends, rates: Rates) -> str:
    """Both ends of an amount of money with its currency, as in 0.0001–0.0004 EUR."""
    text = format.money_between(*ends)
    return f"{text} {rates.currency}" if rates.currency else text


def _unknown_currency(rates: Rates) -> str:
    """A sentence for prices of earlier runs, without a currency."""
    has_price = rates.price_per_kwh is not None or rates.price_per_hour is not None
    return (
        "Money is in the currency of the prices, which was not recorded. " if has_price and not rates.currency else ""
    )


def own(study: Study, rates: Rates | None) -> list[Block]:
    """The energy of the sweep itself: a sentence if measured, another if modelled or bracketed, none if unknown."""
    every = study.meta.get("own_energy") or ()
    known = [one for one in every if one.get("joules") is not None]
    sentences = [
        *_sentence(known, rates, is_modelled=False),
        *_sentence(known, rates, is_modelled=True),
        *(sentence for one in every for sentence in _bracketed_sentence(one, rates)),
    ]
    return [Heading("Energy of the sweep itself"), *(Prose(sentence) for sentence in sentences)] if sentences else []


def _sentence(known: Sequence[Mapping[str, Any]], rates: Rates | None, *, is_modelled: bool) -> Iterator[str]:
    listed = [one for one in known if (one.get("method") == _MODEL) is is_modelled]
    if not listed:
        return
    how = "modelled as time × an assumed power" if is_modelled else "idle power included"
    more = " Scopes are never added." if len(listed) > 1 else ""
    yield f"The sweep itself used {'; '.join(_own(one, rates) for one in listed)}; {how}.{more}"


def _own(one: Mapping[str, Any], rates: Rates | None) -> str:
    """One scope, as in 1.20 kJ (package-0, measured by rapl-perf), 14.7 mg CO₂e and 0.00008 for electricity."""
    joules = float(one["joules"])
    # The source of a model is the model, which the sentence already says.
    by = "modelled" if one.get("method") == _MODEL else f"measured by {one.get('source') or 'an unnamed meter'}"
    text = f"{format.joules(joules)} ({one.get('scope') or one.get('device') or 'scope unknown'}, {by})"
    if rates is None:
        return text
    grams, price = carbon.grams(joules, rates.grid, rates.pue), money.electricity(joules, rates)
    costs = [f"{format.grams(grams)} CO₂e"] if grams is not None else []
    costs += [f"{amount(price, rates)} for electricity"] if price is not None else []
    return f"{text}, {' and '.join(costs)}" if costs else text


def _bracketed_sentence(one: Mapping[str, Any], rates: Rates | None) -> Iterator[str]:
    """As in 0.9–2.1 kJ (machine-share, bracketed by AMD Zen 4 servers, 46 machines), 12–28 mg CO₂e."""
    low, high = one.get("low_j"), one.get("high_j")
    if one.get("method") != _BRACKET or low is None or high is None or not 0 <= low < high:
        return
    energy, known = Range(float(low), float(high)), rates or Rates()
    text = f"{format.joules_between(low, high)} ({one.get('scope')}, bracketed by {one.get('source')})"
    grams, price = carbon.grams_range(energy, known.grid, known.pue), money.electricity_range(energy, known)
    costs = [f"{format.grams_between(*grams)} CO₂e"] if grams else []
    costs += [f"{amount_between(price, known)} for electricity"] if price else []
    more = f", {' and '.join(costs)}" if costs else ""
    yield f"The sweep itself used {text}{more}: from one busy thread to all of its threads."


def of_given_rates(rates: Rates, columns: tuple[_T, _T, _T, _T]) -> tuple[_T, ...]:
    """The columns with known rates among carbon, electricity, device time and total."""
    given = [rates.grid is not None, rates.price_per_kwh is not None, rates.price_per_hour is not None]
    # A total of one part would repeat that part.
    return tuple(compress(columns, (*given, given[1] and given[2])))
