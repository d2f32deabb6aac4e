"""What the study found of one implementation on one device, as values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.predict.study.paper_line import PaperLayer
from bench.predict.study.problems import StudyProblem, macs_of
from impls.cost_model.cost_table import Subject

FLOPS, PARAMETERS, EXECUTED = "FLOPs", "parameters", "executed FLOPs"
ALPHA, ALPHA_HERE, LAW = "α-FLOPs, published", "α-FLOPs, refitted without the place", "law, fitted without the place"
TIME = "time"
# In the order of pages.
MEASURES = (FLOPS, PARAMETERS, EXECUTED, ALPHA, ALPHA_HERE, LAW, TIME)


@dataclass(frozen=True, slots=True)
class StudyTime:
    """A problem with its seconds, and half their 95 % interval as a share (NaN where unknown).

    `executed_flops` is None where a library chooses its algorithm; `joules` where no meter measured them.
    """

    of: StudyProblem
    time_s: float
    scatter: float
    executed_flops: float | None = None
    joules: float | None = None

    @property
    def direct_flops(self) -> int:
        return self.of.problem.direct_flops

    @property
    def level_flops(self) -> int:
        """The direct FLOPs of its level: problems of a level differ a little, as sizes are whole."""
        return 2 * macs_of(self.of.level)


@dataclass(frozen=True, slots=True)
class LevelSpread:
    """One level: MACs, and the times (s) or joules by where the FLOPs lie."""

    macs: int
    costs: Mapping[str, float]

    @property
    def spread(self) -> float:
        """The largest over the least of them."""
        return max(self.costs.values()) / min(self.costs.values())


@dataclass(frozen=True, slots=True)
class MeasureFit:
    """How well a measure follows times or joules: Spearman's rank correlation, and R² of logarithms by a line.

    `values` are those of the measure, one for each time: `unit` is FLOP, s, or empty for numbers.
    """

    name: str
    spearman: float
    r2: float
    values: tuple[float, ...] = ()
    unit: str = "FLOP"


@dataclass(frozen=True, slots=True)
class MixedMeasure:
    """Times go with FLOPs^(1 − share) · parameters^share: the share and its 95 % interval (jackknife over places).

    0 is FLOPs, 1 is parameters.
    """

    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class StudyResult:
    """All times of a subject, its measures, and the relative difference of measuring again (NaN where unknown).

    `alpha` are the constants of α-FLOPs refitted here with their ends, by name: β and γ beside those of the paper.
    `paper` are the seconds of the paper's own line; `joule_levels` and `joule_measures` are empty where no joules were
    measured. What too few rows cannot tell is missing.
    """

    subject: Subject
    times: tuple[StudyTime, ...]
    levels: tuple[LevelSpread, ...]
    measures: tuple[MeasureFit, ...]
    redraw: float
    alpha: Mapping[str, tuple[float, float, float]]
    mixed: MixedMeasure | None = None
    paper: tuple[tuple[PaperLayer, float], ...] = ()
    joule_measures: tuple[MeasureFit, ...] = ()
    joule_levels: tuple[LevelSpread, ...] = ()

    @property
    def spread(self) -> float:
        """The geometric mean over levels of the longest over the shortest time."""
        return geometric_mean([level.spread for level in self.levels])

    @property
    def with_joules(self) -> tuple[StudyTime, ...]:
        """The times whose joules were measured: what `joule_measures` are of."""
        return tuple(one for one in self.times if one.joules is not None)

    def ratio(self, where: str, over: str) -> float:
        """The geometric mean over levels of the time with FLOPs in one size over that in another; NaN without both."""
        pairs = [
            level.costs[where] / level.costs[over]
            for level in self.levels
            if where in level.costs and over in level.costs
        ]
        return geometric_mean(pairs)

    def measure(self, name: str) -> MeasureFit | None:
        """The measure of this name; None without it."""
        return next((one for one in self.measures if one.name == name), None)


def geometric_mean(values: Sequence[float]) -> float:
    """The geometric mean of positive numbers; NaN of none."""
    return math.exp(math.fsum(map(math.log, values)) / len(values)) if values else math.nan


def fastest_spread(results: Sequence[StudyResult]) -> float:
    """The mean spread of a level if the fastest of these implementations computes each of its problems."""
    spreads = []
    for macs in dict.fromkeys(level.macs for result in results for level in result.levels):
        best: dict[str, float] = {}
        for level in (level for result in results for level in result.levels if level.macs == macs):
            for where, time_s in level.costs.items():
                best[where] = min(time_s, best.get(where, math.inf))
        spreads.append(LevelSpread(macs, best).spread)
    return geometric_mean(spreads)


def widest_spread(levels: Iterable[LevelSpread]) -> float:
    """The largest ratio of two costs of one level, of any implementation and place; NaN without any."""
    costs: dict[int, list[float]] = {}
    for level in levels:
        costs.setdefault(level.macs, []).extend(level.costs.values())
    return max((max(own) / min(own) for own in costs.values()), default=math.nan)


def fewest_flops(results: Sequence[StudyResult]) -> tuple[int, int]:
    """In how many problems the implementation that executes the fewest FLOPs is the fastest, and of how many.

    Of problems that two or more implementations compute whose executed FLOPs are known and differ.
    """
    by_problem: dict[StudyProblem, list[StudyTime]] = {}
    for one in (one for result in results for one in result.times if one.executed_flops is not None):
        by_problem.setdefault(one.of, []).append(one)
    wins, among = 0, 0
    for times in by_problem.values():
        least = min(one.executed_flops or math.inf for one in times)
        if any(one.executed_flops != least for one in times):
            among += 1
            wins += min(times, key=lambda one: one.time_s).executed_flops == least
    return wins, among
