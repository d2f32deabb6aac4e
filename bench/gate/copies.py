"""Copies the outputs of randomly chosen samples when the clock has stopped, and judges the copies later.

An implementation that returns at once and fills its output afterwards has the right output by the time that it is
judged, but not in the copy.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace

import torch

from bench.gate.judge import Expected, Judgement, judge_values, misfit
from bench.gate.memory_order import flat, unravelled
from bench.gate.poke import Poke
from impls.interface import Case, Implementation
from impls.tensors import dtype_of

# The most bytes of one copy, some 5 µs: of a larger output a random part is copied.
_MOST_BYTES = 2**16
# The most values of a copy that are judged, drawn at random: if a hundredth of them is wrong, one is among these.
_JUDGED = 1024


@dataclass(frozen=True, slots=True)
class _Taken:
    """A copy: the step of its input (Poke.known_at), the place of its first value in memory; or why there is none."""

    step: int
    first: int = 0
    reason: str | None = None


class Copies:
    """The copies of one candidate. Their memory is taken beforehand."""

    def __init__(self, case: Case, rng: random.Random, most: int) -> None:
        """`most` copies are kept at once."""
        self._case, self._rng, self._most = case, rng, most
        self._numel = case.problem.outputs
        self._size = min(self._numel, _MOST_BYTES // case.numbers.bytes)
        # Written to, so that the system has given the pages.
        self._slots = [torch.ones(self._size, dtype=dtype_of(case), device=case.device) for _ in range(self._most)]
        self._taken: list[_Taken | None] = [None] * self._most
        self._seen = 0
        # The number of the next output to copy, and the state of the draw.
        self._next, self._weight = 0, 1.0

    def offer(self, output: object, step: int) -> None:
        """Copy this output, or do not; `step` is that of its input."""
        seen, self._seen = self._seen, self._seen + 1
        if seen != self._next or not self._numel:
            return
        slot = seen if seen < self._most else self._rng.randrange(self._most)
        self._next = self._following(seen)
        reason = misfit(output, self._case)
        first = self._rng.randrange(self._numel - self._size + 1)
        if reason is None:
            assert isinstance(output, torch.Tensor)
            self._slots[slot].copy_(flat(output)[first : first + self._size])
        self._taken[slot] = _Taken(step, first, reason)

    def _following(self, seen: int) -> int:
        """The next output to copy after one was: the first ones, then so that each has the same chance.

        Source: K.-H. Li, "Reservoir-Sampling Algorithms of Time Complexity O(n(1 + log(N/n)))", ACM TOMS 20(4), 1994,
        algorithm L. It draws once a copy, not once a sample.
        """
        if seen + 1 < self._most:
            return seen + 1
        self._weight *= (1.0 - self._rng.random()) ** (1.0 / self._most)
        skipped = math.log(1.0 - self._rng.random()) / math.log1p(-self._weight)
        return seen + 1 + math.floor(skipped)

    def verdict(self, poke: Poke, implementation: Implementation) -> Judgement | None:
        """The first wrong verdict on a copy; None if all are right."""
        for values, taken in zip(self._slots, self._taken, strict=True):
            if taken is None:
                continue
            verdict = self._judged(values, taken, poke, implementation)
            if not verdict.ok:
                words = f"an output as it was when the clock stopped: {verdict.reason} (is it computed later?)"
                return replace(verdict, reason=words)
        return None

    def _judged(self, values: torch.Tensor, taken: _Taken, poke: Poke, implementation: Implementation) -> Judgement:
        if taken.reason is not None:
            return Judgement(taken.reason, "")
        if self._size > _JUDGED:
            chosen = torch.randint(self._size, (_JUDGED,), generator=_generator(self._rng))
        else:
            chosen = torch.arange(self._size)
        places = _places(chosen + taken.first, self._case)
        with poke.known_at(taken.step) as known:
            expected = Expected.part(known, places)
            return judge_values(values[chosen.to(values.device)], expected, implementation, self._case)


def _generator(rng: random.Random) -> torch.Generator:
    return torch.Generator().manual_seed(rng.getrandbits(63))


def _places(numbers: torch.Tensor, case: Case) -> tuple[torch.Tensor, ...]:
    """The indices (n, k, h, w) of the outputs at these places in memory."""
    n, k, h, w = case.problem.output_shape
    if case.layout == "nchw":
        return unravelled(numbers, (n, k, h, w))
    at_n, at_h, at_w, at_k = unravelled(numbers, (n, h, w, k))
    return at_n, at_k, at_h, at_w
