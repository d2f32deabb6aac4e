"""Candidates timed in randomised complete blocks.

Every block measures each candidate once, in an order drawn afresh, so that drift and load fall on all alike and
ratios within a block cancel them (R. A. Fisher, "The Design of Experiments", 1935; as random interleaving in
google/benchmark). Each sample opens with one untimed call of its own candidate, which puts the caches into the
state that this candidate leaves them in, and not the one before it.

The budget is shared out evenly. A candidate so slow that it has spent its share leaves once it has enough samples
for an interval, and the others go on: they are not to be measured coarsely because one of them is a hundred times
slower. Ratios pair the blocks that both took part in.
"""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.timing.clock import Call, Clock, clock_for
from bench.timing.estimates import MIN_BLOCKS, Ratio, median_interval, paired_ratio, relative_half_width

# Long enough that the clock's resolution and its own cost (well under 1 µs) stay below 0.1 %.
MIN_SAMPLE_S = 2e-3
_MAX_CALLS = 100_000
_MAX_BLOCKS = 10_000


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample: seconds of one call, when it began, and where it stood."""

    time_s: float
    start_s: float
    block: int
    position: int


@dataclass(frozen=True, slots=True)
class Timing:
    """The samples of one candidate, in order.

    `stopped_by` is "target_rel_ci", "max_seconds" or "error"; `error` is what it raised, if it did.
    """

    name: str
    samples: tuple[Sample, ...]
    calls_per_sample: int
    stopped_by: str
    last_result: Any = field(default=None, repr=False, compare=False)
    error: Exception | None = None

    @property
    def samples_s(self) -> tuple[float, ...]:
        return tuple(s.time_s for s in self.samples)

    @property
    def median_s(self) -> float | None:
        return statistics.median(self.samples_s) if self.samples else None

    @property
    def ci95_s(self) -> tuple[float, float] | None:
        """The 95 % interval of the median, None under six blocks."""
        return median_interval(self.samples_s)


@dataclass(frozen=True, slots=True)
class Blocks(Mapping[str, Timing]):
    """All candidates of one measurement, by name."""

    timings: dict[str, Timing]

    def __getitem__(self, name: str) -> Timing:
        return self.timings[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.timings)

    def __len__(self) -> int:
        return len(self.timings)

    def ratio(self, name: str, *, over: str) -> Ratio:
        """The time of `name` over that of `over`, paired within the blocks of both.

        Raises ValueError if they share no block.
        """
        above = {s.block: s.time_s for s in self.timings[name].samples}
        below = {s.block: s.time_s for s in self.timings[over].samples}
        shared = sorted(above.keys() & below.keys())
        return paired_ratio([above[b] for b in shared], [below[b] for b in shared])


@dataclass(slots=True)
class _Candidate:
    name: str
    call: Call
    calls: int = 1
    samples: list[Sample] = field(default_factory=list)
    spent_s: float = 0.0
    last_result: Any = None
    error: Exception | None = None

    def is_narrow(self, target_rel_ci: float) -> bool:
        width = relative_half_width([s.time_s for s in self.samples])
        return width is not None and width <= target_rel_ci

    def is_spent(self, share_s: float, max_seconds: float) -> bool:
        # One sample in any case: a candidate whose pilot alone used up the budget is slow, not absent.
        enough = len(self.samples) >= MIN_BLOCKS or (bool(self.samples) and self.spent_s >= max_seconds)
        return enough and self.spent_s >= share_s


def time_blocks(
    candidates: Mapping[str, Call],
    *,
    device: str = "cpu",
    max_seconds: float = 2.0,
    target_rel_ci: float = 0.01,
    seed: int = 0,
    before_sample: Callable[[str], None] | None = None,
) -> Blocks:
    """Time callables against each other in this process until every interval is narrow or time is up.

    Stops when the 95 % interval of each median is within ± `target_rel_ci` of it, or when the candidates
    have spent `max_seconds` among them, untimed calls included; six samples each are taken even then, unless one
    candidate alone would need more than `max_seconds` for them. `before_sample` is told the name of
    the candidate about to run. A candidate that raises keeps its error, the others go on. Raises ValueError for
    an empty mapping, an unknown device, or a budget or target that is not positive.
    """
    if not candidates:
        raise ValueError("no candidates; give at least one callable")
    for name, value in (("max_seconds", max_seconds), ("target_rel_ci", target_rel_ci)):
        if not (math.isfinite(value) and value > 0):
            raise ValueError(f"{name} {value} is not allowed; it must be a finite number above 0")
    clock = clock_for(device)
    entries = [_Candidate(name, call) for name, call in candidates.items()]
    announce = before_sample or (lambda name: None)
    for entry in entries:
        announce(entry.name)
        _attempt(entry, lambda e=entry: _pilot(e, clock))  # type: ignore[misc]
    rng, epoch = random.Random(seed), time.perf_counter()
    share_s = max_seconds / len(entries)
    for block in range(_MAX_BLOCKS):
        active = [e for e in entries if e.error is None and not e.is_spent(share_s, max_seconds)]
        if all(e.is_narrow(target_rel_ci) for e in active):
            break
        rng.shuffle(active)
        for position, entry in enumerate(active):
            announce(entry.name)
            _attempt(entry, lambda e=entry, b=block, p=position: _measure(e, clock, epoch, b, p))  # type: ignore[misc]
    return Blocks({e.name: _freeze(e, target_rel_ci) for e in entries})


def _attempt(entry: _Candidate, step: Call) -> None:
    started = time.perf_counter()
    try:
        step()
    except Exception as error:
        # Kept and reported: one candidate's failure is a result, not the end of the others.
        entry.error = error
    entry.spent_s += time.perf_counter() - started


def _pilot(entry: _Candidate, clock: Clock) -> None:
    """Decide once how many calls make a sample, from a call after a warm-up call."""
    entry.call()
    clock.synchronise()
    one_s, _ = clock.sample(entry.call, 1)
    if one_s < MIN_SAMPLE_S:
        # Short calls vary: the fastest of a few is what the machine can do.
        one_s = min(one_s, *(clock.sample(entry.call, 1)[0] for _ in range(4)))
    entry.calls = max(1, min(_MAX_CALLS, math.ceil(MIN_SAMPLE_S / max(one_s, 1e-9))))


def _measure(entry: _Candidate, clock: Clock, epoch: float, block: int, position: int) -> None:
    entry.call()
    clock.synchronise()
    started = time.perf_counter() - epoch
    total_s, entry.last_result = clock.sample(entry.call, entry.calls)
    entry.samples.append(Sample(total_s / entry.calls, started, block, position))


def _freeze(entry: _Candidate, target_rel_ci: float) -> Timing:
    stopped_by = "target_rel_ci" if entry.is_narrow(target_rel_ci) else "max_seconds"
    if entry.error is not None:
        stopped_by = "error"
    return Timing(entry.name, tuple(entry.samples), entry.calls, stopped_by, entry.last_result, entry.error)
