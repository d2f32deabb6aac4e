"""The comparison of a device: rivals, the layouts of both sides, goals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.kernels.goals import CPU_GOALS, CUDA_GOALS, SIZES_GOALS, Goal
from impls import registry
from impls.interface import LAYOUTS

# Measured only if they are named: the textbook's loops, and those that only choose among the others.
_NOT_KERNELS = ("loops", "auto", "auto-safe")
_VENDORS = ("onednn", "cudnn", "torch")


# The goals of lists that have others than their suite.
_GOALS_OF_LISTS = {"sizes": SIZES_GOALS, "extended": SIZES_GOALS}


@dataclass(frozen=True, slots=True)
class Suite:
    """Rivals, and `words` that describe how they are called; the layouts of all entrants; goals; a list of shapes."""

    device: str
    rivals: tuple[str, ...]
    words: str
    layouts: tuple[str, ...]
    goals: tuple[Goal, ...]
    list_name: str = "networks"

    def on(self, list_name: str) -> Suite:
        """The comparison over another list of the device (bench.kernels.shapes.LISTS), with the goals of that list."""
        return replace(self, goals=_GOALS_OF_LISTS.get(list_name, self.goals), list_name=list_name)

    def own(self, patterns: Sequence[str]) -> tuple[str, ...]:
        """Our implementations that match patterns of names ("*", "-name"); all kernels of the device without any.

        Raises UnknownImplementation for an unknown name, or if no implementation is left besides the rivals.
        """
        rivals = tuple(f"-{name}" for name in self.rivals)
        if patterns:
            return registry.select((*patterns, *rivals))
        there = registry.names(self.device)
        return registry.select(name for name in there if name not in (*_NOT_KERNELS, *_VENDORS))


SUITES = {
    "cpu": Suite("cpu", ("onednn", "torch"), "onednn with packed weights, torch eager", LAYOUTS, CPU_GOALS),
    "cuda": Suite("cuda", ("cudnn",), "cuDNN with its benchmark on and no limit", ("nhwc",), CUDA_GOALS),
}
