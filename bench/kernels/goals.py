"""What our kernels are held to, class by class, and whether they keep it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.kernels.ratios import Mean, compare, geometric_mean
from bench.kernels.shapes import Shape
from bench.kernels.trial import Measured

# On the CPU all layers of ordinary networks in fp32, with one group.
DENSE = ("dense", "1x1", "winograd-large", "winograd-14", "winograd-7")
_WINOGRAD = ("winograd-f2", "winograd-f4", "winograd-f5", "winograd-f6")
_GEMM = ("implicit-gemm",)
_FFT = ("fft", "fft-tiled")
_ANY_LAYOUT = ("nchw", "nhwc")


@dataclass(frozen=True, slots=True)
class Goal:
    """The least geometric mean of rival's time / ours over the shapes of some classes; `least` None is reported only.

    Of several implementations the best counts, shape by shape; so does the better layout on either side, unless
    `layouts` says which is ours.
    """

    name: str
    implementations: tuple[str, ...]
    classes: tuple[str, ...]
    rival: str
    least: float | None
    layouts: tuple[str, ...] = _ANY_LAYOUT


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
        Goal(f"best FFT, {what}", _FFT, (kind,), "onednn", None)
        for what, kind in (
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
class Finding:
    """A goal and what was found: None where nothing of ours, or not the rival, computes these shapes.

    `shapes` is how many it is about, `mean.shapes` on how many of them both have a time.
    """

    goal: Goal
    mean: Mean | None
    shapes: int = 0

    @property
    def verdict(self) -> str:
        """met, not met; undecided where the interval spans the edge, or shapes are missing; reported, or absent."""
        if self.mean is None:
            return "absent"
        if self.goal.least is None:
            return "reported"
        if self.mean.value >= self.goal.least:
            return "met" if self.mean.shapes >= self.shapes else "undecided"
        return "undecided" if self.mean.high >= self.goal.least else "not met"

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


def findings(
    measured: Sequence[Measured], goals: Sequence[Goal] = CPU_GOALS, left_out: Sequence[Shape] = ()
) -> list[Finding]:
    """Each goal of whose classes all were measured, if only some shapes of them: those left out are missing in it."""
    kinds = {m.shape.kind for m in measured}
    asked = Counter([*(m.shape.kind for m in measured), *(shape.kind for shape in left_out)])
    return [
        Finding(goal, _mean(goal, measured), sum(asked[kind] for kind in goal.classes))
        for goal in goals
        if kinds >= set(goal.classes)
    ]


def _mean(goal: Goal, measured: Sequence[Measured]) -> Mean | None:
    own = [m for m in measured if m.shape.kind in goal.classes]
    pairs = (compare(m, goal.implementations, goal.rival, goal.layouts) for m in own)
    return geometric_mean([pair for pair in pairs if pair is not None])
