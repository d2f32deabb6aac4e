"""The tables of the energy section. No table holds both measured and modelled joules."""

from __future__ import annotations

from collections.abc import Sequence

from bench import format
from bench.cost.rates import Rates
from bench.report.document.blocks import Cell, Table, table
from bench.report.findings.joule_ranking import JouleEntry, JouleRanking, by_modelled_joules
from bench.report.findings.joules import JoulesPerCall, MeasuredJoules
from bench.report.findings.network_joules import modelled_amount
from bench.report.findings.ranking import Ranking, Verdict
from bench.report.findings.results import Result
from bench.report.sections import energy_money
from bench.report.sections.cells import FLAG, interval, time_cell
from bench.report.sections.study import Study

_MEASURED = ("implementation", "scope", "net", "gross", "average power", "net per direct FLOP", "windows",
             "flags")  # fmt: skip
_ALIGN = "llrrrrrl"
_MODELLED = ("implementation", "time", "energy, modelled", "per direct FLOP, modelled")


def measured(ranked: JouleRanking) -> Table:
    """The joules of every implementation in the ranked scope, fewest first."""
    is_clear = ranked.verdict is Verdict.CLEAR
    rows = [_measured(entry, is_best=is_clear and place == 0) for place, entry in enumerate(ranked.order)]
    return table(_MEASURED, _ALIGN, rows)


def unranked(entries: Sequence[JouleEntry]) -> Table:
    """The joules of the same calls in the other scopes."""
    return table(_MEASURED, _ALIGN, [_measured(entry) for entry in entries])


def million_measured(ranked: JouleRanking, rates: Rates) -> Table:
    """Grams and money of a million calls from the gross joules of the ranked scope; without joules, from time alone.

    Gross, because a bill includes idle power.
    """
    joules = {entry.result.implementation: entry.figure.gross for entry in ranked.order}
    # In the order of the table of joules.
    ordered = [entry.result for entry in ranked.order]
    ordered += [result for result in ranked.times.timed if result.implementation not in joules]
    rows: list[tuple[Cell | str, ...]] = [
        (r.implementation, *energy_money.cells(rates, r, joules.get(r.implementation))) for r in ordered
    ]
    heads = energy_money.heads(rates)
    return table(("implementation", *heads), "l" + "r" * len(heads), rows)


def modelled(study: Study, times: Ranking, rates: Rates | None) -> Table:
    """Time, modelled joules with the warnings and the range of the time, and the grams and money; fewest first."""
    heads = energy_money.heads_modelled(rates) if rates else ()
    rows: list[tuple[Cell | str, ...]] = []
    for result in by_modelled_joules(times, study.energy_of):
        figure = study.energy_of(result).modelled
        joules = None if figure is None else JoulesPerCall(figure.value_j, figure.half_j)
        energy = (_modelled(study, result), format.joules(figure.per_direct_flop_j)) if figure else None
        more = energy_money.cells(rates, result, joules) if rates else ()
        rows.append((result.implementation, time_cell(result), *(energy or 2 * (format.MISSING,)), *more))
    return table((*_MODELLED, *heads), "lrrr" + "r" * len(heads), rows)


def million_by_time(times: Ranking, rates: Rates) -> Table:
    """The cost of the device time of a million calls, for a case without joules."""
    only_time = Rates(price_per_hour=rates.price_per_hour)
    rows: list[tuple[Cell | str, ...]] = [
        (r.implementation, format.time(r.time), *energy_money.cells(only_time, r, None)) for r in times.timed
    ]
    return table(("implementation", "time", *energy_money.heads(only_time)), "lrr", rows)


def _modelled(study: Study, result: Result) -> Cell:
    """Modelled joules, marked as their time is, with the range that the time or the model's error gives."""
    amount = modelled_amount(result, study.energy_of(result))
    if amount is None:
        return Cell(format.MISSING, look="muted")
    known = format.joules_range(amount.value, *amount.ends) if amount.ends else interval(result, None)
    return Cell(format.joules(amount.value) + (FLAG if result.flags else ""), known)


def _measured(entry: JouleEntry, *, is_best: bool = False) -> tuple[Cell | str, ...]:
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


def _joules(joules: JoulesPerCall | None) -> Cell:
    if joules is None:
        return Cell(format.MISSING, look="muted")
    return Cell(format.joules(joules.value_j, joules.u95_j), "no interval" if joules.u95_j is None else "")


def _windows(figure: MeasuredJoules) -> Cell:
    """The number and length of the windows; below, those of processes and of rejected windows."""
    if figure.windows is None:
        return Cell(format.MISSING, look="muted")
    parts = [format.count(figure.processes, "process", "processes")] if figure.processes else []
    parts += [f"{figure.rejected} rejected"] if figure.rejected else []
    return Cell(f"{figure.windows} × {format.seconds(figure.window_s, 3)}", ", ".join(parts))


def _flags(figure: MeasuredJoules) -> Cell:
    parts = [] if figure.check_rel is None else [f"second meter {100 * figure.check_rel:+.1f} %"]
    shares = {"neighbours": figure.neighbours_share, "neighbours at rest": figure.idle_neighbours_share}
    parts += [f"{name} {100 * share:.1f} %" for name, share in shares.items() if share is not None]
    return Cell(", ".join(figure.flags) or format.MISSING, ", ".join(parts))
