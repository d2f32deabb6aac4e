"""Problems of equal FLOPs on five levels, whose FLOPs lie in space, in channels, or in the kernel, and dense layers.

The question is that of A. Asperti, D. Evangelista, M. Marzolla, "Dissecting FLOPs along input dimensions for GreenAI
cost estimations" (arXiv 2107.11949): from one level to the next only one size grows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.predict.study.paper_line import PAPER_LINE
from impls import ConvProblem

# In the folder of the study: the layers, and the sweep that measures them.
LAYERS, SWEEP = "equal-flops.txt", "equal-flops.toml"
# Multiply–accumulates of the first level: 64 to 64 channels, 3 × 3, on 8 × 8 pixels; each level has four times as many.
FIRST_MACS = 64 * 64 * 9 * 8 * 8
LEVELS = 5
_GROWTH = 4
# MACs of a problem may differ by this share from those of its level: kernels are odd, and sizes whole.
TOLERANCE = 0.02
SPACE, POINTWISE, CHANNELS, KERNEL = "space", "space, 1 × 1", "channels", "kernel"
BATCH, NEURONS = "batch, dense", "neurons, dense"
PLACES = (SPACE, POINTWISE, CHANNELS, KERNEL, BATCH, NEURONS)
# Seconds of measuring of a problem, shared by all implementations, and how often how many processes visit it: half of
# the time is that of float64 truths, which each visit computes.
_CASE_S, _PROCESSES, _VISITS = 3.0, 3, 1
# Channels and sizes that are tried for a kernel.
_CHANNELS, _SIZES = range(24, 49), range(12, 25)


@dataclass(frozen=True, slots=True)
class StudyProblem:
    """A problem, its level from 0, and the size that its FLOPs lie in."""

    problem: ConvProblem
    level: int
    where: str


def problems() -> list[StudyProblem]:
    """All problems, level by level."""
    return [StudyProblem(make(level), level, where) for level in range(LEVELS) for where, make in _MAKERS.items()]


def macs_of(level: int) -> int:
    """The multiply–accumulates of a level."""
    return int(FIRST_MACS * _GROWTH**level)


def write(folder: Path) -> Path:
    """Write the layers and the sweep that measures them; returns the sweep. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / LAYERS).write_text(text(), encoding="utf-8")
    (folder / SWEEP).write_text(sweep_text(LAYERS), encoding="utf-8")
    return folder / SWEEP


def text() -> str:
    """The file of layers that a sweep measures: these problems, the largest first, and the line of the paper.

    A sweep measures joules in this order, and may be stopped: those of the largest calls are told best.
    """
    largest_first = sorted(problems(), key=lambda one: -one.level)
    lines = [f'{one.problem.descriptor}n"level {one.level + 1}: {one.where}"' for one in largest_first]
    lines += [f'{layer.problem.descriptor}n"paper: {layer.name}"' for layer in PAPER_LINE]
    return "\n".join(["# Problems of equal FLOPs, made by bench.predict.study.", *lines]) + "\n"


def sweep_text(layers: str) -> str:
    """The sweep file that measures the file of layers of this name: every implementation but the textbook loops.

    On two cores it takes five minutes, and longer where a meter tells joules: those of every problem, in short windows.
    """
    keys = (f'layers = ["{layers}"]', 'implementations = ["*", "-loops", "-auto"]', f"processes = {_PROCESSES}",
            f"visits = {_VISITS}", f"max_seconds = {_CASE_S:g}", 'energy = "all"', 'energy_plan = "quick"')  # fmt: skip
    return "\n".join(["# The study of equal FLOPs, made by bench.predict.study.", *keys]) + "\n"


def _same(batch: int, channels: int, size: int, kernel: int) -> ConvProblem:
    pad = kernel // 2
    return ConvProblem(batch, channels, (size, size), channels, (kernel, kernel), padding=((pad, pad), (pad, pad)))


def _in_kernel(level: int) -> ConvProblem:
    """The odd kernel next to 3 · 2^level, with the channels and size that meet the level best."""
    kernel = 3 * 2**level - (level > 0)
    tried = [_same(1, channels, size, kernel) for channels in _CHANNELS for size in _SIZES]
    return min(tried, key=lambda one: abs(one.macs - macs_of(level)))


_MAKERS: Mapping[str, Callable[[int], ConvProblem]] = {
    SPACE: lambda level: _same(1, 16, 32 * 2**level, 3),
    POINTWISE: lambda level: _same(1, 64, 24 * 2**level, 1),
    CHANNELS: lambda level: _same(1, 64 * 2**level, 8, 3),
    KERNEL: _in_kernel,
    BATCH: lambda level: _same(9 * _GROWTH**level, 512, 1, 1),
    NEURONS: lambda level: _same(64, 192 * 2**level, 1, 1),
}
