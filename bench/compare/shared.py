"""The change that all rows share: another clock, a neighbour, or a regression of everything. Tested first.

What rows share is taken out of each of them, so a regression of everything would hide in it. Therefore it has a test of
its own, against what cannot have changed (controls), or against how far whole runs lie apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import stdtr, stdtrit

from bench.compare.change import SideFigures, difference, error_of_median
from bench.compare.run_variance import LEAST_ROWS

# Rows of an implementation that give it a change of its own, and degrees of freedom between implementations that tell
# how alike those changes are.
_LEAST_OF_ONE, _LEAST_FREEDOM = 3, 3
# The median row of runs of one code scatters by this standard deviation between hours, in the committed qualification.
# It stands in where a machine has no qualification and too few rows; nothing is called by it.
RUN_TO_RUN = 0.095
FEW_ROWS = "few-rows"


@dataclass(frozen=True, slots=True)
class RunThreshold:
    """The relative difference between two runs that chance explains in 95 % of rows, and the runs it was found by."""

    relative: float
    runs: int

    @property
    def run_variance(self) -> float:
        """The variance of the logarithm of one run; a difference of two has twice that."""
        return (math.log1p(self.relative) / 1.96) ** 2 / 2


@dataclass(frozen=True, slots=True)
class SharedChange:
    """The change that rows share, as a logarithm with its standard uncertainty; `freedom` is 0 where it has no test.

    `basis` says what it is tested against: controls, runs, qualification, or nothing; it is few-rows where nothing is
    taken out. With controls, `change` is that of all other rows beyond them, and `machine` is theirs. `of_runs` is what
    was taken out of the rows of each run, with `error` as its uncertainty.
    """

    basis: str
    change: float
    uncertainty: float
    freedom: float
    machine: float | None
    controls: tuple[str, ...]
    of_runs: np.ndarray
    error: float

    @property
    def is_taken_out(self) -> bool:
        return self.basis != FEW_ROWS

    def of_nothing(self) -> SharedChange:
        """The same where rows share nothing."""
        return SharedChange(FEW_ROWS, 0.0, math.nan, 0.0, None, (), np.zeros(len(self.of_runs)), 0.0)

    @property
    def p(self) -> float | None:
        if self.freedom <= 0 or not self.uncertainty > 0:
            return None
        return float(2 * stdtr(self.freedom, -abs(self.change) / self.uncertainty))

    def interval(self, confidence: float) -> tuple[float, float] | None:
        """The interval of the change as a logarithm; None without a test."""
        if self.p is None:
            return None
        reach = float(stdtrit(self.freedom, (1 + confidence) / 2)) * self.uncertainty
        return self.change - reach, self.change + reach

    def as_dict(self) -> dict[str, Any]:
        ends = self.interval(0.95) or (None, None)
        ratios = [None if end is None else math.exp(min(end, 300.0)) for end in (self.change, *ends, self.machine)]
        return {
            "basis": self.basis, "ratio": ratios[0], "low": ratios[1], "high": ratios[2], "p": self.p,
            "controls": list(self.controls), "controls_ratio": ratios[3],
        }  # fmt: skip


def shared_change(
    figures: SideFigures,
    implementations: Mapping[str, np.ndarray],
    controls: Sequence[str],
    threshold: RunThreshold | None,
    level: float,
) -> SharedChange:
    """The change that rows share, and what to take out of each run.

    Where rows beyond the controls changed together (p below `level`), what is taken out is the change of the controls
    alone; else that of all rows. With fewer than LEAST_ROWS rows nothing is.
    """
    whole = levels_beside(figures.value)
    rows = int(np.isfinite(difference(figures, np.zeros(len(figures.value)))).sum())
    if rows < LEAST_ROWS:
        return _of_few(figures, threshold)
    change = _step(whole, figures.is_new)
    error = error_of_median(difference(figures, whole))
    controls = [name for name in controls if name in implementations]
    steady = np.concatenate([implementations[name] for name in controls]) if controls else np.zeros(0, dtype=int)
    against = _against_controls(figures, implementations, controls) if len(steady) >= _LEAST_OF_ONE else None
    if against is not None:
        beyond, uncertainty, freedom = against
        levels = levels_beside(figures.value[:, steady])
        found = SharedChange(
            "controls", beyond, uncertainty, freedom, _step(levels, figures.is_new), tuple(controls), whole, error
        )
        if found.p is not None and found.p <= level:
            own = error_of_median(difference(figures, levels)[steady])
            return replace(found, of_runs=levels, error=own)
        return found
    if figures.by_runs:
        uncertainty, freedom = _between_runs(whole, figures.is_new, threshold)
        return SharedChange("runs", change, uncertainty, freedom, None, (), whole, error)
    if threshold is not None:
        variance = threshold.run_variance * _share(figures)
        return SharedChange(
            "qualification", change, math.sqrt(variance), max(1.0, threshold.runs - 1.0), None, (), whole, error
        )
    return SharedChange("nothing", change, math.nan, 0.0, None, (), whole, error)


def levels_beside(value: np.ndarray) -> np.ndarray:
    """What the rows of each run share: the median of their distances to their own means over runs."""
    with np.errstate(invalid="ignore"):
        whole = value[:, np.isfinite(value).all(axis=0)]
    if not whole.size:
        return np.zeros(len(value))
    return np.asarray(np.median(whole - whole.mean(axis=0), axis=1))


def _of_few(figures: SideFigures, threshold: RunThreshold | None) -> SharedChange:
    """Nothing is taken out of few rows; how far whole runs lie apart is a part of their uncertainty instead."""
    nothing = np.zeros(len(figures.value))
    if figures.by_runs:
        return SharedChange(FEW_ROWS, 0.0, math.nan, 0.0, None, (), nothing, 0.0)
    variance = RUN_TO_RUN**2 if threshold is None else threshold.run_variance
    return SharedChange(FEW_ROWS, 0.0, math.nan, 0.0, None, (), nothing, math.sqrt(variance * _share(figures)))


def _against_controls(
    figures: SideFigures, implementations: Mapping[str, np.ndarray], controls: Sequence[str]
) -> tuple[float, float, float] | None:
    """The change of other implementations beyond that of controls, its uncertainty and degrees of freedom.

    Implementations are the units: the rows of one share what a slow hour does to it. With several runs the wider of two
    uncertainties counts, this one and that between runs.
    """
    change = difference(figures, np.zeros(len(figures.value)))
    others = [
        np.median(known)
        for name, numbers in implementations.items()
        if name not in controls and len(known := change[numbers][np.isfinite(change[numbers])]) >= _LEAST_OF_ONE
    ]
    steady = change[np.concatenate([implementations[name] for name in controls])]
    steady = steady[np.isfinite(steady)]
    freedom = len(others) - 1
    if len(steady) < _LEAST_OF_ONE or freedom < _LEAST_FREEDOM:
        return None
    # The controls are one unit: libraries of vendors are relatives.
    found = math.sqrt(float(np.var(others, ddof=1)) * (1 + 1 / len(others))), float(freedom)
    if figures.by_runs:
        parts = [np.concatenate([n for name, n in implementations.items() if (name in controls) is is_control])
                 for is_control in (False, True)]  # fmt: skip
        apart = levels_beside(figures.value[:, parts[0]]) - levels_beside(figures.value[:, parts[1]])
        found = max(found, _between_runs(apart, figures.is_new, None), key=lambda one: stdtrit(one[1], 0.975) * one[0])
    return float(np.mean(others) - np.median(steady)), *found


def _between_runs(levels: np.ndarray, is_new: np.ndarray, threshold: RunThreshold | None) -> tuple[float, float]:
    """The uncertainty of the shared change by the scatter of runs, with what a qualification knows of it before."""
    freedom = float(len(levels) - 2)
    residual = np.concatenate([levels[side] - levels[side].mean() for side in (~is_new, is_new)])
    squares = float((residual**2).sum())
    before = 0.0 if threshold is None else min(freedom, max(0.0, threshold.runs - 1.0))
    known = 0.0 if threshold is None else threshold.run_variance
    variance = (before * known + squares) / (before + freedom)
    return math.sqrt(variance * (1 / (~is_new).sum() + 1 / is_new.sum())), before + freedom


def _step(levels: np.ndarray, is_new: np.ndarray) -> float:
    return float(levels[is_new].mean() - levels[~is_new].mean())


def _share(figures: SideFigures) -> float:
    return float(1 / (~figures.is_new).sum() + 1 / figures.is_new.sum())
