"""The energy section's tables: measured joules, modelled ones, a million calls. None holds two kinds of joules."""

from __future__ import annotations

from collections.abc import Sequence

from bench import format
from bench.cost.rates import Rates
from bench.report.document.blocks import Cell, Table, table
from bench.report.findings.joules import Joules, Measured
from bench.report.findings.ranking import Ranking, Verdict
from bench.report.findings.study import Study
from bench.report.findings.thrift import Entry, Thrift
from bench.report.sections import energy_money

_MEASURED = ("implementation", "scope", "net", "gross", "average power", "net per direct FLOP", "windows",
             "flags")  # fmt: skip
_ALIGN = "llrrrrrl"
_MODELLED = ("implementation", "time", "energy, modelled", "per direct FLOP, modelled")


def measured(ranked: Thrift) -> Table:
    """What the ranked scope saw of every implementation, fewest joules first."""
    is_clear = ranked.verdict is Verdict.CLEAR
    rows = [_measured(entry, is_best=is_clear and place == 0) for place, entry in enumerate(ranked.order)]
    return table(_MEASURED, _ALIGN, rows)


def beside(entries: Sequence[Entry]) -> Table:
    """What the other scopes saw of the same calls."""
    return table(_MEASURED, _ALIGN, [_measured(entry) for entry in entries])


def million_measured(ranked: Thrift, rates: Rates) -> Table:
    """Grams and money of a million calls by gross joules of the ranked scope; without joules, by time alone.

    A bill does not leave out idle power.
    """
    joules = {entry.result.implementation: entry.figure.gross for entry in ranked.order}
    rows: list[tuple[Cell | str, ...]] = [
        (r.implementation, *energy_money.cells(rates, r, joules.get(r.implementation))) for r in ranked.times.timed
    ]
    heads = energy_money.heads(rates)
    return table(("implementation", *heads), "l" + "r" * len(heads), rows)


def modelled(study: Study, times: Ranking, rates: Rates | None) -> Table:
    """Time, modelled joules and what follows from them, fastest first, which is their order too."""
    heads = energy_money.heads_modelled(rates) if rates else ()
    rows: list[tuple[Cell | str, ...]] = []
    for result in times.timed:
        figure = study.energy_of(result).modelled
        joules = None if figure is None else Joules(figure.value_j)
        energy = (format.joules(figure.value_j), format.joules(figure.per_direct_flop_j)) if figure else None
        more = energy_money.cells(rates, result, joules) if rates else ()
        rows.append((result.implementation, format.time(result.time), *(energy or 2 * (format.MISSING,)), *more))
    return table((*_MODELLED, *heads), "lrrr" + "r" * len(heads), rows)


def million_by_time(times: Ranking, rates: Rates) -> Table:
    """What the device's time costs where no joules are known."""
    only_time = Rates(price_per_hour=rates.price_per_hour)
    rows: list[tuple[Cell | str, ...]] = [
        (r.implementation, format.time(r.time), *energy_money.cells(only_time, r, None)) for r in times.timed
    ]
    return table(("implementation", "time", *energy_money.heads(only_time)), "lrr", rows)


def _measured(entry: Entry, *, is_best: bool = False) -> tuple[Cell | str, ...]:
    figure = entry.figure
    return (
        Cell(entry.result.implementation, look="best" if is_best else ""),
        Cell(figure.source.scope, f"{figure.source.meter}, {figure.source.method}"),
        _joules(figure.net),
        _joules(figure.gross),
        Cell(format.watts(figure.power_w), "" if figure.idle_w is None else f"idle {format.watts(figure.idle_w)}"),
        Cell(format.joules(figure.per_direct_flop_j), "" if figure.net else "gross"),
        _windows(figure),
        _flags(figure),
    )


def _joules(joules: Joules | None) -> Cell:
    if joules is None:
        return Cell(format.MISSING, look="muted")
    return Cell(format.joules(joules.value_j, joules.u95_j), "no interval" if joules.u95_j is None else "")


def _windows(figure: Measured) -> Cell:
    """How many windows of which length count, and under them how many do not."""
    if figure.windows is None:
        return Cell(format.MISSING, look="muted")
    rejected = f"{figure.rejected} rejected" if figure.rejected else ""
    return Cell(f"{figure.windows} × {format.seconds(figure.window_s, 3)}", rejected)


def _flags(figure: Measured) -> Cell:
    check = "" if figure.check_rel is None else f"second meter {100 * figure.check_rel:+.1f} %"
    return Cell(", ".join(figure.flags) or format.MISSING, check)
