"""Judges what is left of the ratios while another program keeps one core busy in bursts (bench.machine.bursts)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.estimates.conclusion import Conclusion
from bench.kernels.goals import Goal, GoalResult, goal_results
from bench.kernels.ratios import Mean
from bench.kernels.trials import ShapeResult

# On a busy machine all are slower; ours may lose this much more than their rivals.
LEAST_KEPT = 0.85


@dataclass(frozen=True, slots=True)
class BusyResult:
    """The geometric mean of a goal with one core busy, and the quiet one over the same shapes."""

    goal: Goal
    quiet: Mean
    busy: Mean

    @property
    def kept(self) -> float:
        """The share of the quiet mean that is left."""
        return self.busy.value / self.quiet.value

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of `kept`; None without intervals of both means, which are independent."""
        reaches = [math.log(mean.high / mean.value) for mean in (self.quiet, self.busy) if mean.high is not None]
        if len(reaches) < 2:
            return None
        factor = math.exp(math.hypot(*reaches))
        return self.kept / factor, self.kept * factor

    @property
    def verdict(self) -> Conclusion:
        if self.kept >= LEAST_KEPT:
            return Conclusion.MET
        return Conclusion.UNDECIDED if self.interval is None or self.interval[1] >= LEAST_KEPT else Conclusion.NOT_MET

    def as_dict(self) -> dict[str, Any]:
        low, high = self.interval or (None, None)
        return {
            "name": self.goal.name,
            "rival": self.goal.rival,
            "layouts": list(self.goal.layouts),
            "quiet": self.quiet.as_dict(),
            "busy": self.busy.as_dict(),
            "kept": self.kept,
            "low": low,
            "high": high,
            "least": LEAST_KEPT,
            "verdict": self.verdict,
        }


def busy_results(quiet: Sequence[ShapeResult], busy: Sequence[ShapeResult], goals: Sequence[Goal]) -> list[BusyResult]:
    """The result of each goal over the shapes that were measured both ways."""
    both = {r.shape for r in quiet} & {r.shape for r in busy}
    found = [goal_results([r for r in results if r.shape in both], goals) for results in (quiet, busy)]
    return [made for pair in zip(*found, strict=True) if (made := _made(*pair)) is not None]


def _made(quiet: GoalResult, busy: GoalResult) -> BusyResult | None:
    """None where a mean is missing."""
    return BusyResult(quiet.goal, quiet.mean, busy.mean) if quiet.mean and busy.mean else None
