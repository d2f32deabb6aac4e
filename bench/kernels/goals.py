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
WINOGRAD = ("winograd-large", "winograd-14", "winograd-7")
DENSE = ("dense", "1x1", *WINOGRAD)
_WINOGRAD = ("winograd-f2", "winograd-f4", "winograd-f5", "winograd-f6")
_GEMM = ("implicit-gemm",)
_FFT = ("fft", "fft-tiled")
# The figures that limits are on.
MEAN, TENTH = "geometric mean", "10 % quantile"
_FROM_WORST = (Conclusion.NOT_MET, Conclusion.BUSY, Conclusion.UNDECIDED, Conclusion.ABSENT, Conclusion.MET)


@dataclass(frozen=True, slots=True)
class Goal:
    """The least geometric mean of rival's time / ours over the shapes of some classes; None is only reported.

    `least_tenth` is the least 10 % quantile of that ratio: no class hides its tail. Shape by shape, the best of several
    implementations counts, and on either side the better layout, unless `layouts` restricts ours.
    """

    name: str
    implementations: tuple[str, ...]
    classes: tuple[str, ...]
    rival: str
    least: float | None
    layouts: tuple[str, ...] = LAYOUTS
    least_tenth: float | None = None


_OF_ANY_LIST = (
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
# Of the layers of three networks at their own size (the list "networks").
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
    *_OF_ANY_LIST,
)
# Of layers at any size and width (the lists "sizes" and "extended").
SIZES_GOALS = (
    Goal("direct, dense", ("direct",), DENSE, "onednn", 1.0, least_tenth=0.9),
    Goal("direct, dense", ("direct",), DENSE, "torch", 1.0),
    Goal("direct, 1 × 1", ("direct",), ("1x1",), "onednn", 1.0, least_tenth=0.85),
    Goal("direct, few channels", ("direct",), ("few-channels",), "onednn", None),
    Goal("best Winograd", _WINOGRAD, WINOGRAD, "onednn", 2.6, least_tenth=1.6),
    *(
        Goal(f"best Winograd, outputs of {size}", _WINOGRAD, (kind,), "onednn", None)
        for size, kind in zip(("21² and more", "11² to 20²", "10² and less"), WINOGRAD, strict=True)
    ),
    Goal("direct, depthwise, NCHW", ("direct",), ("depthwise",), "torch", 1.9, ("nchw",), 1.3),
    Goal("direct, depthwise, NHWC", ("direct",), ("depthwise",), "torch", 1.5, ("nhwc",), 1.1),
    Goal("direct or Winograd, 32 groups", ("direct", *_WINOGRAD), ("grouped",), "torch", 2.2, least_tenth=1.6),
    Goal("direct, 32 groups", ("direct",), ("grouped",), "torch", 2.0),
    *_OF_ANY_LIST,
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
        """The worst conclusion about its limits.

        Undecided where one is not met and its interval spans the limit or is missing, or the machine was busy.
        Undecided too where all are met, but shapes are missing.
        """
        found = set(self.conclusions.values())
        return next((one for one in _FROM_WORST if one in found), Conclusion.REPORTED)

    @property
    def conclusions(self) -> dict[str, Conclusion]:
        """The conclusion about each limit, by the figure that it is on; that there is no figure, without any."""
        if self.mean is None:
            return {MEAN: Conclusion.ABSENT}
        mean, goal = self.mean, self.goal
        limits = ((MEAN, goal.least, mean.value, mean.high), (TENTH, goal.least_tenth, mean.tenth, mean.tenth_high))
        return {
            name: self._conclusion(least, value, high)
            for name, least, value, high in limits
            if least is not None and value is not None
        }

    def _conclusion(self, least: float, value: float, high: float | None) -> Conclusion:
        assert self.mean is not None, "a figure has a mean"
        if value >= least:
            return Conclusion.MET if self.mean.shapes >= self.shapes else Conclusion.UNDECIDED
        if high is None or high >= least:
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
            "least_tenth": self.goal.least_tenth,
            "found": None if self.mean is None else self.mean.as_dict(),
            "verdict": self.verdict,
            "conclusions": self.conclusions,
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
