"""The goals of our kernels, class by class, and whether they meet them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.estimates.conclusion import Conclusion
from bench.kernels.ratios import Mean, compare, geometric_mean
from bench.kernels.shapes import Shape
from bench.kernels.trials import ShapeResult
from impls.interface import LAYOUTS

# On the CPU all layers of ordinary networks in fp32, with one group.
DENSE = ("dense", "1x1", "winograd-large", "winograd-14", "winograd-7")
_WINOGRAD = ("winograd-f2", "winograd-f4", "winograd-f5", "winograd-f6")
_GEMM = ("implicit-gemm",)
_FFT = ("fft", "fft-tiled")


@dataclass(frozen=True, slots=True)
class Goal:
    """The least geometric mean of rival's time / ours over the shapes of some classes; None is only reported.

    Shape by shape, the best of several implementations counts, and on either side the better layout, unless `layouts`
    restricts ours.
    """

    name: str
    implementations: tuple[str, ...]
    classes: tuple[str, ...]
    rival: str
    least: float | None
    layouts: tuple[str, ...] = LAYOUTS


CPU_GOALS = (
    Goal("direct, dense", ("direct",), DENSE, "onednn", 0.93),
    Goal("direct, dense", ("direct",), DENSE, "torch", 1.0),
    Goal("best Winograd, outputs of 28² and more", _WINOGRAD, ("winograd-large",), "onednn", 2.5),
    Goal("best Winograd, outputs of 14²", _WINOGRAD, ("winograd-14",), "onednn", 1.3),
    Goal("best Winograd, outputs of 7²", _WINOGRAD, ("winograd-7",), "onednn", None),
    Goal("direct, depthwise, NCHW", ("direct",), ("depthwise",), "torch", 1.8, ("nchw",)),
    Goal("direct, depthwise, NHWC", ("direct",), ("depthwise",), "torch", 1.1, ("nhwc",)),
    Goal("direct or Winograd, 32 groups", ("direct", *_WINOGRAD), ("grouped",), "torch", 2.0),
    Goal("direct, 32 groups", ("direct",), ("grouped",), "torch", 2.0),
    Goal("best FFT, 31 × 31, 1 channel", _FFT, ("fft-1ch-31",), "torch", 25.0),
    Goal("best FFT, 63 × 63, 1 channel", _FFT, ("fft-1ch-63",), "torch", 60.0),
    Goal("best FFT, large kernels, 16 channels", _FFT, ("fft-16ch",), "torch", 1.5),
    *(
        Goal(f"best FFT, {kernels}", _FFT, (kind,), "onednn", None)
        for kernels, kind in (
            ("31 × 31, 1 channel", "fft-1ch-31"),
            ("63 × 63, 1 channel", "fft-1ch-63"),
            ("large kernels, 16 channels", "fft-16ch"),
        )
    ),
    Goal("direct, bf16", ("direct",), ("bf16",), "onednn", 0.8),
    Goal("direct, fp16", ("direct",), ("fp16",), "torch", 3.0),
    Goal("direct, fp64", ("direct",), ("fp64",), "torch", 1.2),
)
# Layers as they are trained and served: channels last on both sides.
CUDA_GOALS = (
    Goal("implicit GEMM, bf16", ("implicit-gemm",), ("dense-bf16",), "cudnn", 0.85),
    Goal("implicit GEMM, fp16", ("implicit-gemm",), ("dense-fp16",), "cudnn", 0.85),
    Goal("implicit GEMM, tf32", ("implicit-gemm",), ("dense-tf32",), "cudnn", 0.85),
    Goal("implicit GEMM, fp32", ("implicit-gemm",), ("dense-fp32", "winograd-fp32"), "cudnn", 0.8),
    Goal("Winograd F4, fp32", ("winograd-f4",), ("winograd-fp32",), "cudnn", 1.5),
    Goal("best, batch 1, bf16", (*_GEMM, *_WINOGRAD), ("small-bf16",), "cudnn", 1.2),
    Goal("best, 32 groups, bf16", ("direct", *_GEMM), ("grouped-bf16",), "cudnn", 1.2),
    Goal("best, depthwise, bf16", ("direct", *_GEMM), ("depthwise-bf16",), "cudnn", 1.2),
    Goal("best FFT, 31 × 31 and 63 × 63", _FFT, ("large-kernel",), "cudnn", 3.0),
)


@dataclass(frozen=True, slots=True)
class GoalResult:
    """A goal and the mean found; None if ours or the rival computes none of these shapes.

    `shapes` counts the shapes of the goal, `mean.shapes` those on which both have a time.
    """

    goal: Goal
    mean: Mean | None
    shapes: int = 0
    was_busy: bool = False

    @property
    def verdict(self) -> Conclusion:
        """Undecided where it is not met and the interval spans the limit or is missing, or the machine was busy.

        Undecided too where it is met, but shapes are missing.
        """
        if self.mean is None:
            return Conclusion.ABSENT
        if self.goal.least is None:
            return Conclusion.REPORTED
        if self.mean.value >= self.goal.least:
            return Conclusion.MET if self.mean.shapes >= self.shapes else Conclusion.UNDECIDED
        if self.mean.high is None or self.mean.high >= self.goal.least:
            return Conclusion.UNDECIDED
        return Conclusion.BUSY if self.was_busy else Conclusion.NOT_MET

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.goal.name,
            "implementations": list(self.goal.implementations),
            "classes": list(self.goal.classes),
            "layouts": list(self.goal.layouts),
            "rival": self.goal.rival,
            "least": self.goal.least,
            "found": None if self.mean is None else self.mean.as_dict(),
            "verdict": self.verdict,
        }


def goal_results(
    results: Sequence[ShapeResult],
    goals: Sequence[Goal] = CPU_GOALS,
    left_out: Sequence[Shape] = (),
    *,
    was_busy: bool = False,
) -> list[GoalResult]:
    """The result of each goal with a measured shape in all of its classes; shapes left out count as missing."""
    kinds = {r.shape.kind for r in results}
    asked = Counter([*(r.shape.kind for r in results), *(shape.kind for shape in left_out)])
    return [
        GoalResult(goal, _mean(goal, results), sum(asked[kind] for kind in goal.classes), was_busy)
        for goal in goals
        if kinds >= set(goal.classes)
    ]


def _mean(goal: Goal, results: Sequence[ShapeResult]) -> Mean | None:
    own = [r for r in results if r.shape.kind in goal.classes]
    pairs = (compare(r, goal.implementations, goal.rival, goal.layouts) for r in own)
    return geometric_mean([pair for pair in pairs if pair is not None])
