"""Predicts layers by a model: each implementation's time, the best one and how probable that is, and totals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.cost.layer import Layer
from bench.errors import UsageError
from bench.predict.chances import best_chances, chance_within
from bench.predict.time_model import TimeModel
from impls import Case, registry
from impls.cost_model.cost_table import UNNAMED, Subject, table_of
from impls.cost_model.predictions import Predictions

# Standard deviations of a normal distribution in half of a 90 % interval.
_OF_LEVEL = 1.6449


@dataclass(frozen=True, slots=True)
class ExpectedTime:
    """The predicted seconds of one call, their 90 % interval, and whether the layer is unlike those of the fit.

    `best_probability` is that of being the fastest of the layer's implementations, errors taken as independent.
    """

    subject: Subject
    time_s: float
    time_lo_s: float
    time_hi_s: float
    outside: bool
    best_probability: float

    @property
    def deviation(self) -> float:
        """The standard deviation of ln(time)."""
        return math.log(self.time_hi_s / self.time_lo_s) / 2 / _OF_LEVEL


@dataclass(frozen=True, slots=True)
class ExpectedLayer:
    """A layer in a layout with its implementations, fastest first; none where all refuse it."""

    layer: Layer
    layout: str
    times: tuple[ExpectedTime, ...]

    @property
    def best(self) -> ExpectedTime | None:
        return self.times[0] if self.times else None

    def chance_within(self, factor: float) -> float:
        """The probability that the best one takes at most `factor` × the least time; 0 where nothing is known."""
        if not self.times or any(one.outside for one in self.times):
            return 0.0
        time_s = np.array([one.time_s for one in self.times])
        return chance_within(0, time_s, np.array([one.deviation for one in self.times]), factor)


@dataclass(frozen=True, slots=True)
class ExpectedTotal:
    """The seconds of all layers, each as often as it occurs and by its best implementation, with a 90 % interval.

    `correlation` is that of the errors of two layers; `missing` layers have no time.
    """

    time_s: float
    time_lo_s: float
    time_hi_s: float
    correlation: float
    outside: int
    missing: int


def expected(
    model: TimeModel, subjects: Sequence[Subject], layers: Sequence[Layer], layouts: Sequence[str]
) -> list[ExpectedLayer]:
    """The times of layers in each layout. Raises UsageError for a layer in a precision that no subject has."""
    asked = [(layer, layout) for layout in layouts for layer in layers]
    found: list[list[tuple[Subject, tuple[float, float, float, bool]]]] = [[] for _ in asked]
    for subject in subjects:
        rows = [row for row, (layer, layout) in enumerate(asked) if _computes(subject, layer, layout)]
        if not rows:
            continue
        table = table_of(subject, [_case(subject, *asked[row]) for row in rows])
        said = model.predict(subject, table)
        for place, row in enumerate(rows):
            found[row].append((subject, _of_row(said, place)))
    _require_precisions(subjects, layers)
    return [ExpectedLayer(layer, layout, _ordered(own)) for (layer, layout), own in zip(asked, found, strict=True)]


def total(model: TimeModel, layers: Sequence[ExpectedLayer]) -> ExpectedTotal:
    """The sum over layers, each by its best implementation.

    Errors of layers are not independent: a fit that is slow on one layer is slow on its likes. Any two errors are taken
    to have the correlation r of two rows of one line or family that were left out together, so that the variance of the
    sum is Σ s² + r · Σ s·t over all pairs: wide if in doubt, as layers of different families have less in common. All
    occurrences of a layer have the same error.
    """
    best = [(one.best, one.layer.count) for one in layers]
    known = [(own, count) for own, count in best if own is not None]
    if not known:
        raise UsageError("the model computes none of the layers")
    mean = np.array([own.time_s * count for own, count in known])
    ratio = np.array([own.deviation for own, _ in known])
    common = max(model.of(own.subject).common for own, _ in known)
    deviations = mean * ratio
    variance = (1 - common) * (deviations**2).sum() + common * deviations.sum() ** 2
    whole = float(mean.sum())
    # On the scale of logarithms, as each layer's interval: no time is below zero.
    spread = float(np.exp(_OF_LEVEL * np.sqrt(variance) / whole))
    outside = sum(own.outside for own, _ in known)
    return ExpectedTotal(whole, whole / spread, whole * spread, common, outside, len(best) - len(known))


def _ordered(own: list[tuple[Subject, tuple[float, float, float, bool]]]) -> tuple[ExpectedTime, ...]:
    if not own:
        return ()
    time_s = np.array([values[0] for _, values in own])
    spread = np.array([np.log(values[2] / values[1]) / 2 / _OF_LEVEL for _, values in own])
    chances = best_chances(time_s, spread)
    times = [ExpectedTime(subject, *values, float(p)) for (subject, values), p in zip(own, chances, strict=True)]
    return tuple(sorted(times, key=lambda one: one.time_s))


def _of_row(said: Predictions, row: int) -> tuple[float, float, float, bool]:
    return float(said.time_s[row]), float(said.time_lo_s[row]), float(said.time_hi_s[row]), bool(said.outside[row])


def _computes(subject: Subject, layer: Layer, layout: str) -> bool:
    if (layer.precision or subject.precision) != subject.precision or layer.problem.macs == 0:
        return False
    if subject.implementation not in registry.BUILT_IN:
        return True
    return registry.get(subject.implementation).why_not(_case(subject, layer, layout)) is None


def _case(subject: Subject, layer: Layer, layout: str) -> Case:
    return Case(layer.problem, subject.precision, layout, "cpu" if subject.device == UNNAMED else subject.device)


def _require_precisions(subjects: Sequence[Subject], layers: Sequence[Layer]) -> None:
    has = {subject.precision for subject in subjects}
    for layer in layers:
        if layer.precision is not None and layer.precision not in has:
            raise UsageError(
                f"layer {layer.name} is in {layer.precision}; the model was fitted on {', '.join(sorted(has))}"
            )
