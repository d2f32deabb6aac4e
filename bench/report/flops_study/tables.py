"""The tables of the study."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from bench import format
from bench.predict.study import verdict
from bench.predict.study.problems import BATCH, CHANNELS, KERNEL, NEURONS, PLACES, SPACE
from bench.predict.study.results import EXECUTED, FLOPS, MEASURES, LevelSpread, MeasureFit, StudyResult
from bench.report.document.blocks import Cell, Table, table
from bench.report.drawing.cost_measures import share
from bench.report.drawing.executed_share import known, share_of
from bench.report.flops_study.settings import StudySetting

_MILLION = 1e6
_CONSTANTS = {"beta_1": "β, 1 × 1", "gamma_1": "γ, 1 × 1", "beta_k": "β, larger", "gamma_k": "γ, larger"}


def spreads(settings: Sequence[StudySetting]) -> Table:
    """A line for each implementation: how far equal FLOPs lie apart, and which are cheap."""
    rows = []
    for setting in settings:
        for result in setting.results:
            tells = verdict.tells_time(result)
            rows.append((
                setting.label(result), Cell("tell the time" if tells else "do not tell the time"),
                _times(result.spread), _times(max(level.spread for level in result.levels)),
                _times(result.ratio(SPACE, CHANNELS)), _times(result.ratio(SPACE, KERNEL)),
                _times(result.ratio(BATCH, NEURONS)), _mixture(result), _redraw(result.redraw),
            ))  # fmt: skip
    head = ("implementation", "FLOPs", "longest / shortest", "at most", "space / channels", "space / kernel",
            "batch / neurons", "share of parameters", "measured again")  # fmt: skip
    return table(head, "llrrrrrrr", rows)


def levels(result: StudyResult) -> Table:
    """The times of each level by where the FLOPs lie."""
    rows = [_by_place(level, lambda time_s: format.seconds(time_s, 3)) for level in result.levels]
    return table(("MACs", *PLACES, "longest / shortest"), "r" * (len(PLACES) + 2), rows)


def joule_levels(settings: Sequence[StudySetting]) -> Table:
    """The joules of each implementation and level by where the FLOPs lie."""
    rows = [
        (setting.label(result), *_by_place(level, format.joules))
        for setting in settings
        for result in setting.results
        for level in result.joule_levels
    ]
    return table(("implementation", "MACs", *PLACES, "most / least"), "l" + "r" * (len(PLACES) + 2), rows)


def _by_place(level: LevelSpread, written: Callable[[float | None], str]) -> tuple[str, ...]:
    costs = (written(level.costs.get(where)) for where in PLACES)
    return (f"{level.macs / _MILLION:.1f} M", *costs, _times(level.spread))


def measures(settings: Sequence[StudySetting], *, of_joules: bool = False) -> Table:
    """Spearman, with R² below, of each measure and implementation; the best of a line is marked."""
    fits = {
        setting.label(result): {fit.name: fit for fit in (result.joule_measures if of_joules else result.measures)}
        for setting in settings
        for result in setting.results
    }
    names = [name for name in MEASURES if any(name in own for own in fits.values())]
    rows: list[tuple[Cell | str, ...]] = [
        (label, *(_fit(own, name) for name in names)) for label, own in fits.items() if own
    ]
    return table(("implementation", *names), "l" + "r" * len(names), rows)


def constants(settings: Sequence[StudySetting]) -> Table:
    """The constants of α-FLOPs with 95 % intervals, those of the paper's GPU first; outside of an interval is bold."""
    paper = ("paper, T2000", *(f"{verdict.PAPER[name]:g}" for name in _CONSTANTS))
    rows: list[tuple[Cell | str, ...]] = [
        (setting.label(result), *(_constant(result, name) for name in _CONSTANTS))
        for setting in settings
        for result in setting.results
        if result.alpha
    ]
    return table(("α-FLOPs of", *_CONSTANTS.values()), "lrrrr", [paper, *rows])


def executed(settings: Sequence[StudySetting]) -> Table:
    """How many of the direct FLOPs each implementation executes, and how both order its times."""
    rows = [_executed(setting.label(result), result) for setting in settings for result in setting.results]
    head = ("implementation", "problems", "executed / direct, least", "most", "Spearman of direct", "of executed")
    return table(head, "lrrrrr", rows)


def _executed(label: str, result: StudyResult) -> tuple[str, ...]:
    shares = [share_of(one) for one in known(result)]
    ends = [_times(by(shares)) if shares else format.MISSING for by in (min, max)]
    order = [result.measure(name) for name in (FLOPS, EXECUTED)]
    return (label, str(len(result.times)), *ends,
            *(format.MISSING if fit is None else share(fit.spearman) for fit in order))  # fmt: skip


def _fit(own: dict[str, MeasureFit], name: str) -> Cell:
    fit = own.get(name)
    if fit is None or math.isnan(fit.spearman):
        return Cell(format.MISSING, look="muted")
    best = max((one.spearman for one in own.values() if not math.isnan(one.spearman)), default=math.nan)
    return Cell(share(fit.spearman), f"R² {share(fit.r2)}", "best" if fit.spearman == best else "")


def _constant(result: StudyResult, name: str) -> Cell:
    ends = result.alpha.get(name)
    if ends is None or verdict.is_open(name, ends):
        return Cell("not determined", look="muted")
    value, low, high = ends
    is_other = name in verdict.constants_outside(result.alpha)
    return Cell(f"{value:.2g}", f"{low:.2g} to {high:.2g}", "best" if is_other else "")


def _mixture(result: StudyResult) -> Cell:
    mixed = result.mixed
    if mixed is None:
        return Cell(format.MISSING, look="muted")
    return Cell(f"{mixed.share:.2f}", f"{mixed.low:.2f} to {mixed.high:.2f}")


def _times(value: float) -> str:
    return format.MISSING if math.isnan(value) else format.ratio(value)


def _redraw(value: float) -> str:
    return format.MISSING if math.isnan(value) else f"± {100 * value:.1f} %"
