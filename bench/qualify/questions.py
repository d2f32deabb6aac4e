"""The questions to the timing: candidates with known true ratios, the convolutions, and the number of runs."""

from __future__ import annotations

import random
from dataclasses import dataclass

from bench.worker import DEFAULT_PROCESSES

# The method under test, and the usual alternative.
METHODS = ("convcost", "Timer")
CONDITIONS = ("quiet", "busy")
# The candidates by name, with the per cent by which each is slower than the library (bench/qualify/twins.py). The first
# two are equal.
TWINS = {"twin-a": 0, "twin-b": 0, "slower-1": 1, "slower-2": 2, "slower-3": 3, "slower-5": 5}
EQUAL = tuple(name for name, percent in TWINS.items() if percent == 0)
SLOWDOWNS = tuple(percent for percent in TWINS.values() if percent)
# Five layers as in networks for images, with calls of 40 to 300 µs on two cores: the base of the built-in sweep
# `quick`, a 3 × 3 and a 1 × 1 layer of late stages, a depthwise one, and a first layer.
CONVOLUTIONS = (
    "mb1ic64ih28oc64kh3ph1",
    "mb1ic64ih14oc64kh3ph1",
    "mb1ic256ih14oc64kh1",
    "g128mb1ic128ih28oc128kh3ph1",
    "mb1ic3ih112oc32kh3sh2ph1",
)
# Seconds of timing of a candidate in a case, all processes together: about those of the built-in sweep `quick`, where
# some six that may be the fastest share 5 s.
CANDIDATE_S = 1.0


@dataclass(frozen=True, slots=True)
class Effort:
    """The number of runs in each condition, and the least seconds from the start of the first to the end of the last.

    A run that is due later waits: runs of one quarter of an hour meet one state of the machine.
    """

    quiet: int
    busy: int
    spread_s: float = 0.0
    convolutions: tuple[str, ...] = CONVOLUTIONS
    candidate_s: float = CANDIDATE_S
    processes: int = DEFAULT_PROCESSES

    @property
    def runs(self) -> int:
        return self.quiet + self.busy

    def conditions(self, seed: int) -> list[str]:
        """The condition of each run, in random order."""
        found = ["quiet"] * self.quiet + ["busy"] * self.busy
        random.Random(seed).shuffle(found)
        return found


FULL = Effort(quiet=24, busy=24, spread_s=3600.0)
QUICK = Effort(quiet=2, busy=1)
