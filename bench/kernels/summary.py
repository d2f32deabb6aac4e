"""Summarises each class: each implementation of ours against each rival, by layout."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.calibration.value import Calibration
from bench.kernels.ratios import Mean, compare, geometric_mean
from bench.kernels.shapes import CLASSES
from bench.kernels.suite import Suite
from bench.kernels.trials import ShapeResult


@dataclass(frozen=True, slots=True)
class ClassMeans:
    """One implementation in one class.

    `by_layout` has the geometric mean of each (layout, rival), None without a pair; `best` that of the better layout,
    by rival. `of_peak` is executed FLOP/s over the measured peak, the median over shapes; `workspace_bytes` the most of
    any shape; both in the better layout, None if unknown. `single` counts shapes on which it was far behind and called
    once.
    """

    kind: str
    implementation: str
    by_layout: dict[tuple[str, str], Mean | None]
    best: dict[str, Mean | None]
    of_peak: float | None
    workspace_bytes: int | None
    single: int

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, keys as "rival layout"."""
        return {
            "class": self.kind,
            "implementation": self.implementation,
            **{f"over_{rival}_{layout}": _plain(mean) for (layout, rival), mean in self.by_layout.items()},
            **{f"over_{rival}": _plain(mean) for rival, mean in self.best.items()},
            "of_peak": self.of_peak,
            "workspace_bytes": self.workspace_bytes,
            "single_calls": self.single,
        }


def class_means(
    results: Sequence[ShapeResult], own: Sequence[str], calibration: Calibration | None, suite: Suite
) -> list[ClassMeans]:
    """The means of each class and implementation with a time there, in the order of the classes."""
    found = []
    for kind in CLASSES[suite.device]:
        shapes = [r for r in results if r.shape.kind == kind]
        for name in own:
            timed = [r for r in shapes if r.timed((name,))]
            if timed:
                found.append(_means(kind, name, timed, calibration, suite))
    return found


def _means(
    kind: str, name: str, shapes: Sequence[ShapeResult], calibration: Calibration | None, suite: Suite
) -> ClassMeans:
    best = [outcome for r in shapes if (outcome := r.best((name,))) is not None]
    workspaces = [o.workspace_bytes for o in best if o.workspace_bytes is not None]
    shares = [share for r in shapes if (share := _of_peak(r, name, calibration)) is not None]
    return ClassMeans(
        kind,
        name,
        {(at, rival): _over(shapes, name, rival, (at,)) for at in suite.layouts for rival in suite.rivals},
        {rival: _over(shapes, name, rival, suite.layouts) for rival in suite.rivals},
        statistics.median(shares) if shares else None,
        max(workspaces, default=None),
        sum(outcome.is_single for outcome in best),
    )


def _over(shapes: Sequence[ShapeResult], name: str, rival: str, layouts: Sequence[str]) -> Mean | None:
    pairs = (compare(r, (name,), rival, layouts) for r in shapes)
    return geometric_mean([pair for pair in pairs if pair is not None])


def _of_peak(result: ShapeResult, name: str, calibration: Calibration | None) -> float | None:
    outcome = result.best((name,))
    peak = calibration.peak(result.shape.precision) if calibration else None
    if outcome is None or peak is None or outcome.executed_flops is None or not outcome.median_s:
        return None
    return outcome.executed_flops / outcome.median_s / peak.flops_per_s


def _plain(mean: Mean | None) -> dict[str, Any] | None:
    return None if mean is None else mean.as_dict()
