"""Times candidates in randomised complete blocks.

Every block measures each candidate once, in an order drawn afresh, so that drift and load fall on all alike and
ratios within a block cancel them (R. A. Fisher, "The Design of Experiments", 1935; as random interleaving in
google/benchmark). A warm sample starts with one untimed call of its own candidate, which leaves the caches in this
candidate's state instead of the previous one's; a cold sample starts with an eviction of the last-level cache. A call
of a tenth of a second is its own warm-up: it fills any cache in a hundredth of its time.

The budget is shared evenly. A slow candidate that has spent its share leaves once it has enough samples for an
interval, and the others go on: one that is a hundred times slower must not make the others coarse. A candidate that is
known to lose leaves after a few blocks, and the others share the budget (successive elimination: E. Even-Dar,
S. Mannor, Y. Mansour, "Action Elimination and Stopping Conditions for the Multi-Armed Bandit and Reinforcement Learning
Problems", JMLR 7, 2006). Ratios pair the blocks that both were measured in.
"""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from bench.estimates.intervals import MIN_BLOCKS, relative_half_width
from bench.timing import CACHES, evidence
from bench.timing.alive import require_alive
from bench.timing.clock import Call, Clock, clock_for
from bench.timing.eviction import evictor
from bench.timing.inspection import Auditing, Audits, Inspector
from bench.timing.timings import Blocks, TimedSample, Timing

# Long enough that the clock's resolution and its own cost (some 0.1 µs) stay below 0.1 %; short enough that most
# samples of a busy machine end before the scheduler takes a thread away. At the same budget, samples of 2 ms made the
# ratio of two equal plans scatter twice as much as these do.
MIN_SAMPLE_S = 0.5e-3
_MAX_BLOCKS = 10_000
# Calls from this length on need no warm-up call: 32 MiB of cache fill within 1 ms at 30 GB/s.
LONG_CALL_S = 0.1
# Warm-up ends when a sample is within this of the best before it, or has cost this share of the budget.
_STABLE = 0.05
_WARM_UP_SHARE = 0.1
_MAX_WARM_UP = 20
# Intervals are computed after every block at first, then whenever the blocks have grown by this share: each look costs
# time and is one more chance to stop on a lucky streak.
_LOOK_EVERY = 1 / 16


def _ignore(name: str) -> None:
    """The default of `before_sample`."""
    del name


@dataclass(frozen=True, slots=True)
class _Budget:
    """The time one candidate may spend: its share, or more while it lacks samples for an interval."""

    share_s: float
    patience_s: float
    min_blocks: int

    def is_spent(self, samples: int, spent_s: float) -> bool:
        # At least one sample: a candidate whose warm-up alone used up the budget is slow, not absent.
        enough = samples >= self.min_blocks or (samples > 0 and spent_s >= self.patience_s)
        return enough and spent_s >= self.share_s


@dataclass(slots=True)
class _Candidate:
    name: str
    call: Call
    calls: int = 1
    samples: list[TimedSample] = field(default_factory=list)
    spent_s: float = 0.0
    # About how long a call takes, as far as the warm-up tells.
    call_s: float = 0.0
    # It leaves after so many blocks; None: when it has spent its share.
    most_blocks: int | None = None
    last_result: Any = None
    error: Exception | None = None
    stopped_by: str = "max_seconds"
    audits: Audits = field(default_factory=Audits)

    @classmethod
    def of(cls, name: str, call: Call, most_blocks: int | None) -> _Candidate:
        found = cls(name, call, most_blocks=most_blocks)
        found.stopped_by = "max_seconds" if most_blocks is None else "most_blocks"
        return found

    def is_narrow(self, target_rel_ci: float | None) -> bool:
        if target_rel_ci is None:
            return False
        width = relative_half_width([s.time_s for s in self.samples])
        return width is not None and width <= target_rel_ci

    def is_spent(self, budget: _Budget) -> bool:
        if self.most_blocks is not None:
            return len(self.samples) >= self.most_blocks
        return budget.is_spent(len(self.samples), self.spent_s)

    def is_nearly_spent(self, budget: _Budget) -> bool:
        """Whether one more sample, as long as those before, will be the last."""
        taken = len(self.samples)
        if self.most_blocks is not None:
            return taken + 1 >= self.most_blocks
        one_s = self.spent_s / taken if taken else self.call_s
        return budget.is_spent(taken + 1, self.spent_s + one_s)


def time_blocks(
    candidates: Mapping[str, Call],
    *,
    device: str = "cpu",
    max_seconds: float = 2.0,
    target_rel_ci: float | None = 0.01,
    cache: str = "warm",
    min_blocks: int = MIN_BLOCKS,
    patience_s: float | None = None,
    launch: str = "queue",
    seed: int = 0,
    before_sample: Callable[[str], None] | None = None,
    inspector: Inspector | None = None,
    most_blocks: Mapping[str, int] | None = None,
) -> Blocks:
    """Time callables against each other in this process until every interval is narrow or time is up.

    Stops when the 95 % interval of each median is within ± `target_rel_ci` of it (None: never), or when the candidates
    have spent `max_seconds` among them, untimed calls included; `min_blocks` samples each are taken even then, unless
    one candidate alone would need more than `patience_s` for them (`max_seconds` by default). `cache` is "warm" or
    "cold"; on CUDA `launch` is "queue" (behind a blocking kernel) or "graph" (captured once, replayed). `before_sample`
    is called with the name of the candidate about to run; `inspector` is shown outputs and rewrites inputs. Candidates
    in `most_blocks` leave after so many blocks, and the others share `max_seconds`. A candidate that raises keeps its
    error and the others go on; one that returns nothing gets a warning. Raises ValueError for an empty mapping, an
    unknown device, cache state or launch, or a budget or target that is not positive.
    """
    if not candidates:
        raise ValueError("no candidates; give at least one callable")
    if cache not in CACHES:
        raise ValueError(f"cache {cache!r} is unknown; allowed: {', '.join(CACHES)}")
    for name, value in (("max_seconds", max_seconds), ("target_rel_ci", target_rel_ci)):
        if value is not None and not (math.isfinite(value) and value > 0):
            raise ValueError(f"{name} {value} is not allowed; it must be a finite number above 0")
    entries = [_Candidate.of(name, call, (most_blocks or {}).get(name)) for name, call in candidates.items()]
    sharing = sum(entry.most_blocks is None for entry in entries)
    budget = _Budget(max_seconds / max(1, sharing), max_seconds if patience_s is None else patience_s, min_blocks)
    evict = evictor(device) if cache == "cold" else None
    bench = _Bench(clock_for(device, launch), evict, before_sample or _ignore, inspector)
    for entry in entries:
        bench.attempt(entry, partial(bench.warm_up, entry, budget.share_s))
    rng, next_look = random.Random(seed), 0
    for block in range(_MAX_BLOCKS):
        active = [e for e in entries if e.error is None and not e.is_spent(budget)]
        looks = block >= next_look or not active
        closing = looks and all(e.is_narrow(target_rel_ci) for e in active)
        if looks:
            next_look = block + max(1, int(block * _LOOK_EVERY))
        if closing:
            for entry in entries:
                if entry.most_blocks is None:
                    entry.stopped_by = "target_rel_ci" if entry.is_narrow(target_rel_ci) else "max_seconds"
        # One more sample, like the others, for candidates whose last result was not kept.
        order = [e for e in entries if e.error is None and e.last_result is None] if closing else active
        rng.shuffle(order)
        for position, entry in enumerate(order):
            keep = closing or entry.is_nearly_spent(budget)
            bench.attempt(entry, partial(bench.measure, entry, block, position, keep=keep))
        if closing:
            break
    return Blocks({e.name: _freeze(e, budget.patience_s) for e in entries})


class _Bench:
    """Everything that the samples of one measurement share: the clock, the eviction, the watch."""

    def __init__(
        self, clock: Clock, evict: Call | None, announce: Callable[[str], None], inspector: Inspector | None
    ) -> None:
        self._clock = clock
        self._auditing = Auditing(inspector, clock, evict)
        self._evict = evict
        self._announce = announce
        self._watch = evidence.Watch(clock.device)
        self._epoch = time.perf_counter()

    def attempt(self, entry: _Candidate, step: Call) -> None:
        self._announce(entry.name)
        started = time.perf_counter()
        try:
            step()
        except Exception as error:
            # Kept and reported: one candidate's failure does not end the others.
            entry.error = error
            self._auditing.put_back(entry.name)
            require_alive(self._clock.device, error, entry.name)
        entry.spent_s += time.perf_counter() - started

    def warm_up(self, entry: _Candidate, share_s: float) -> None:
        """Run until a sample is no longer much faster than the best before it; decide how many calls make one."""
        started = time.perf_counter()
        entry.call()
        self._clock.synchronise()
        entry.call_s = time.perf_counter() - started
        if entry.call_s > share_s or (entry.most_blocks is not None and entry.call_s > MIN_SAMPLE_S):
            # One call is a sample: a second one here would only use up the budget.
            return
        best_s, spent_s, calls = math.inf, 0.0, 1
        for _ in range(_MAX_WARM_UP):
            duration = self._clock.sample(entry.call, calls)
            one_s, spent_s = duration.device_s / calls, spent_s + duration.device_s
            settled = one_s > (1 - _STABLE) * best_s and calls * best_s >= MIN_SAMPLE_S / 2
            best_s = entry.call_s = min(best_s, one_s)
            # A cold call is timed alone: a second one would find the caches warm.
            wanted = 1 if self._evict else math.ceil(MIN_SAMPLE_S / max(best_s, 1e-9))
            calls = max(1, min(self._clock.max_calls, wanted))
            if settled or spent_s > _WARM_UP_SHARE * share_s:
                break
        entry.calls = calls

    def measure(self, entry: _Candidate, block: int, position: int, *, keep: bool) -> None:
        # A kept result takes memory: dropped, so that all candidates find the same memory free, except at the end.
        entry.last_result = None
        number, auditing = len(entry.samples), self._auditing
        # A kept result is that of an ordinary call, and of the last one.
        is_due = not keep and auditing.is_due(entry.name, entry.audits, number, entry.spent_s)
        is_audit = is_due and entry.calls == 1
        if not self._evict and entry.call_s < LONG_CALL_S:
            entry.call()
        if is_audit:
            auditing.rewrite(entry.name, entry.audits)
        if self._evict:
            self._evict()
        self._clock.synchronise()
        started = time.perf_counter() - self._epoch
        self._watch.open()
        duration = self._clock.sample(entry.call, entry.calls)
        if auditing.inspector is not None and not is_audit:
            # Before anything else takes time in which an output could still be filled.
            auditing.inspector.keep(entry.name, duration.last_result)
        seen = self._watch.close()
        if keep:
            entry.last_result = duration.last_result
        host_s = None if duration.host_s is None else duration.host_s / entry.calls
        time_s = duration.device_s / entry.calls
        entry.samples.append(TimedSample(time_s, started, block, position, host_s, seen))
        if is_audit:
            auditing.finish_sample(entry.name, entry.audits, number, time_s, duration.last_result)
        elif is_due and entry.calls > 1:
            # Its memory is free again before the next call.
            del duration
            auditing.time_alone(entry.name, entry.call, entry.audits)


def _freeze(entry: _Candidate, max_seconds: float) -> Timing:
    stopped_by = entry.stopped_by if entry.error is None else "error"
    flags = evidence.reasons([s.evidence for s in entry.samples], [s.time_s * entry.calls for s in entry.samples])
    samples = tuple(replace(s, flags=f) if f else s for s, f in zip(entry.samples, flags, strict=True))
    audits = Auditing.times(entry.audits, entry.calls, [s.time_s for s in samples])
    return Timing(
        entry.name, samples, entry.calls, stopped_by, entry.last_result, entry.error, _warning(entry, max_seconds),
        audits,
    )  # fmt: skip


def _warning(entry: _Candidate, max_seconds: float) -> str | None:
    times = [s.time_s for s in entry.samples]
    if len(times) == 1 and statistics.median(times) * entry.calls > max_seconds:
        return f"one call takes longer than max_seconds ({max_seconds:g} s): there is one sample and no interval"
    if any(t <= 0 for t in times):
        return "some samples have no duration: the clock is too coarse, or runs backwards"
    if times and entry.last_result is None:
        return "it returned nothing, so it may have computed nothing"
    return None
