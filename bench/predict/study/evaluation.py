"""What measured problems of equal FLOPs say: how far their times lie apart, and which measure follows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bench.errors import UsageError
from bench.predict.judged.cross_validation import left_out
from bench.predict.judged.scores import correlation, ranks, redraw
from bench.predict.predictors.alpha_flops import ALPHA_PUBLISHED, ALPHA_REFITTED, PUBLISHED
from bench.predict.predictors.law_process import LawProcess
from bench.predict.predictors.protocol import Predictor
from bench.predict.study.problems import LEVELS, StudyProblem, macs_of, problems
from bench.predict.tables.cleaning import with_a_time
from impls.cost_model.cost_table import CostTable, Floats, Subject

# Of fewer problems nothing is said.
LEAST_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class LevelSpread:
    """One level: MACs, the times by where the FLOPs lie, in seconds."""

    macs: int
    time_s: Mapping[str, float]

    @property
    def spread(self) -> float:
        """The longest over the shortest time."""
        return max(self.time_s.values()) / min(self.time_s.values())


@dataclass(frozen=True, slots=True)
class MeasureFit:
    """How well a measure follows the times: Spearman's rank correlation, and R² of logarithms by a line."""

    name: str
    spearman: float
    r2: float


@dataclass(frozen=True, slots=True)
class StudyResult:
    """The levels of a subject, its measures, and the relative difference of measuring again (NaN where unknown).

    `alpha` are the constants of α-FLOPs refitted here, by name: β and γ beside those of the paper.
    """

    subject: Subject
    levels: tuple[LevelSpread, ...]
    measures: tuple[MeasureFit, ...]
    redraw: float
    alpha: Mapping[str, tuple[float, float, float]]

    @property
    def spread(self) -> float:
        """The geometric mean over levels of the longest over the shortest time."""
        return float(np.exp(np.mean(np.log([level.spread for level in self.levels]))))

    def ratio(self, where: str, over: str) -> float:
        """The geometric mean over levels of the time with FLOPs in one size over that in another; NaN without both."""
        pairs = [
            level.time_s[where] / level.time_s[over]
            for level in self.levels
            if where in level.time_s and over in level.time_s
        ]
        return float(np.exp(np.mean(np.log(pairs)))) if pairs else float("nan")


def evaluate(tables: Mapping[Subject, CostTable]) -> list[StudyResult]:
    """The results of every subject with enough of the study's problems. Raises UsageError if none has."""
    places = {one.problem.descriptor: one for one in problems()}
    found = []
    for subject, table in tables.items():
        descriptors = [label.rpartition(": ")[2] for label in table.labels]
        known = np.array([descriptor in places for descriptor in descriptors], dtype=np.bool_)
        own = with_a_time(table.only(known & ~table.is_nhwc))
        if len(own) >= LEAST_PROBLEMS:
            chosen = [places[label.rpartition(": ")[2]] for label in own.labels]
            names = list(dict.fromkeys(one.where for one in chosen))
            units = np.array([names.index(one.where) for one in chosen], dtype=np.int64)
            levels = [_level(own, chosen, level) for level in range(LEVELS)]
            found.append(_result(subject, own.with_units(units), [level for level in levels if level]))
    if not found:
        raise UsageError(
            f"no implementation has times of {LEAST_PROBLEMS} of the study's {len(places)} problems; to measure them: "
            "nox -s study"
        )
    return found


def _level(table: CostTable, chosen: list[StudyProblem], level: int) -> LevelSpread | None:
    """The times of a level; None for fewer than two."""
    times = {one.where: float(table.time_s[row]) for row, one in enumerate(chosen) if one.level == level}
    return LevelSpread(macs_of(level), times) if len(times) > 1 else None


def _result(subject: Subject, table: CostTable, levels: list[LevelSpread]) -> StudyResult:
    refitted = ALPHA_REFITTED.fit(table)
    constants = {
        p.name: (float(v), float(lo), float(hi))
        for p, v, lo, hi in zip(refitted.parameters, refitted.values, refitted.value_lo, refitted.value_hi, strict=True)
    }
    measures = (
        _measure("FLOPs", 2 * table.macs, table),
        _measure("parameters", table.weights, table),
        _measure("executed FLOPs", table.flops, table),
        _measure("α-FLOPs, published", ALPHA_PUBLISHED.formula(table, np.array(PUBLISHED)), table),
        _measure("α-FLOPs, refitted without the place", _left_out(ALPHA_REFITTED, table), table),
        _measure("law, fitted without the place", _left_out(LawProcess(), table), table),
    )
    return StudyResult(subject, tuple(levels), measures, redraw(table), constants)


def _left_out(predictor: Predictor, table: CostTable) -> Floats:
    """The predicted times of each place of FLOPs by a fit to the others."""
    return left_out(predictor, table, table.units).time_s


def _measure(name: str, values: Floats, table: CostTable) -> MeasureFit:
    linear = correlation(np.log(np.maximum(values, 1e-300)), np.log(table.time_s))
    return MeasureFit(name, correlation(ranks(values), ranks(table.time_s)), linear**2)
