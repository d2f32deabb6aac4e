"""The questions to the timing: pairs with a known true ratio, each in a condition and by a method."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from itertools import product
from typing import Any

# The method under test, and the usual alternative.
METHODS = ("convcost", "Timer")
CONDITIONS = ("quiet", "busy")
# Five convolutions of networks for images of 32 × 32, of some 40 µs each so that a hundred calls are short too: the
# second and the third stage of ResNet-20, its first layer, a pointwise and a depthwise one.
CONVOLUTIONS = (
    "mb1ic32ih16oc32kh3ph1",
    "mb1ic64ih8oc64kh3ph1",
    "mb1ic3ih32oc16kh3ph1",
    "mb1ic64ih14oc64kh1",
    "g32mb1ic32ih28oc32kh3ph1",
)
# To make plan B slower than plan A by exactly 1 / n, B runs n + 1 calls where A runs n, and both times are divided by
# n: 1, 2, 3 and 5 % slower. The keys are n; the values are the number of samples that the n calls are spread over,
# some ten calls each.
SLOWDOWNS = {100: 10, 50: 5, 33: 3, 20: 2}


@dataclass(frozen=True, slots=True)
class Question:
    """One pair to time. `n` is None for A/A, two plans of the same code; else B is 1 / n slower than A."""

    condition: str
    method: str
    descriptor: str
    n: int | None
    seed: int
    max_seconds: float = 1.0
    device: str = "cpu"

    @property
    def truth(self) -> float:
        """The ratio of B over A that a perfect clock would measure."""
        return 1.0 if self.n is None else (self.n + 1) / self.n

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a question: the measured ratio, its 95 % interval (None if there is none), and the effort."""

    question: Question
    estimate: float
    low: float | None
    high: float | None
    samples: int
    stopped_by: str
    wall_s: float

    @property
    def error(self) -> float:
        """|ratio − 1| of A/A; in general the relative distance of the estimate from the truth."""
        return abs(self.estimate / self.question.truth - 1)

    @property
    def covers(self) -> bool:
        return self._holds(self.question.truth)

    @property
    def finds_difference(self) -> bool:
        """Whether the interval excludes 1: a false alarm in A/A."""
        return not self._holds(1.0)

    @property
    def finds_slowdown(self) -> bool:
        return self.finds_difference and self.estimate > 1

    def _holds(self, ratio: float) -> bool:
        """Whether the interval contains a ratio; without an interval, any."""
        return self.low is None or self.high is None or self.low <= ratio <= self.high

    def as_dict(self) -> dict[str, Any]:
        """Flat: the question's fields, then its own."""
        own = asdict(self)
        return {**own.pop("question"), **own}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Answer:
        """The inverse of `as_dict`."""
        asked = {f.name: data[f.name] for f in fields(Question)}
        return cls(Question(**asked), **{name: value for name, value in data.items() if name not in asked})


@dataclass(frozen=True, slots=True)
class Effort:
    """The number of trials of each condition and method, and of whole runs of a small sweep."""

    same: int
    slower: int
    runs: int
    # Trials of one process; each process has a memory layout of its own.
    per_process: int
    slowdowns: tuple[int, ...] = tuple(SLOWDOWNS)

    def questions(self, condition: str, seed: int, device: str = "cpu") -> list[Question]:
        """All questions of a condition in random order, the convolutions taking turns."""
        rng = random.Random(f"{condition} {seed}")
        asked = [
            Question(condition, method, descriptor, n, rng.randrange(2**32), device=device)
            for method in METHODS
            for n, count in ((None, self.same), *product(self.slowdowns, (self.slower,)))
            for descriptor in _in_turn(count)
        ]
        rng.shuffle(asked)
        return asked


FULL = Effort(same=200, slower=50, runs=8, per_process=40)
QUICK = Effort(same=20, slower=4, runs=2, per_process=36)


def _in_turn(count: int) -> Iterator[str]:
    return (CONVOLUTIONS[i % len(CONVOLUTIONS)] for i in range(count))
