"""Times candidates in randomised complete blocks.

Every block measures each candidate once, in an order drawn afresh, so that drift and load fall on all alike and
ratios within a block cancel them (R. A. Fisher, "The Design of Experiments", 1935; as random interleaving in
google/benchmark). A warm sample starts with untimed calls of its own candidate, which leave the caches in this
candidate's state instead of the previous one's; a cold sample starts with an eviction of the last-level cache. A call
of a tenth of a second is its own warm-up: it fills any cache in a hundredth of its time.

The budget is shared evenly. A slow candidate that has spent its share leaves once it has enough samples for an
interval, and the others go on: one that is a hundred times slower must not make the others coarse. A candidate that is
known to lose leaves after two blocks and half of a share, and the others share the budget (successive
elimination: E. Even-Dar, S. Mannor, Y. Mansour, "Action Elimination and Stopping Conditions for the Multi-Armed Bandit
and Reinforcement Learning Problems", JMLR 7, 2006). Ratios pair the blocks that both were measured in.
"""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from bench.estimates.intervals import MIN_BLOCKS
from bench.timing import CACHES, evidence
from bench.timing.alive import require_alive
from bench.timing.clock import Call, Clock, clock_for
from bench.timing.eviction import evictor
from bench.timing.inspection import Auditing, Inspector
from bench.timing.shares import TimedCandidate, TimeShare, untimed_calls
from bench.timing.timings import Blocks, TimedSample, Timing

# Long enough that the clock's resolution and its own cost (some 0.1 µs) stay below 0.1 %; short enough that most
# samples of a busy machine end before the scheduler takes a thread away. At the same budget, samples of 2 ms made the
# ratio of two equal plans scatter twice as much as these do.
MIN_SAMPLE_S = 0.5e-3
_MAX_BLOCKS = 10_000
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
    brief: Mapping[str, float] | None = None,
) -> Blocks:
    """Time callables against each other in this process until every interval is narrow or time is up.

    Stops when the 95 % interval of each median is within ± `target_rel_ci` of it (None: never), or when the candidates
    not in `brief` have spent `max_seconds` among them, untimed calls included; `min_blocks` samples each are taken even
    then, unless one candidate alone would need more than `patience_s` for them (`max_seconds` by default). `cache` is
    "warm" or "cold"; on CUDA `launch` is "queue" (behind a blocking kernel) or "graph" (captured once, replayed).
    `before_sample` is called with the name of the candidate about to run; `inspector` is shown outputs and rewrites
    inputs. Candidates in `brief` are known to lose and leave early; it has the seconds that a call of each takes, so
    that long ones need no warm-up. A candidate that raises keeps its error and the others go on; one that returns
    nothing gets a warning. Raises ValueError for an empty mapping, an unknown device, cache state or launch, or a
    budget or target that is not positive.
    """
    _require_valid(candidates, cache, max_seconds, target_rel_ci)
    entries = [TimedCandidate.of(name, call, (brief or {}).get(name)) for name, call in candidates.items()]
    sharing = sum(not entry.is_brief for entry in entries)
    budget = TimeShare(max_seconds / max(1, sharing), max_seconds if patience_s is None else patience_s, min_blocks)
    evict = evictor(device) if cache == "cold" else None
    bench = _Bench(clock_for(device, launch), evict, before_sample or _ignore, inspector)
    for entry in entries:
        bench.attempt(entry, partial(bench.warm_up, entry, budget.share_s))
    rng, next_look = random.Random(seed), 0
    for block in range(_MAX_BLOCKS):
        active = [e for e in entries if e.error is None and not e.is_spent(budget)]
        looks = block >= next_look or not active
        closing = looks and all(e.may_end(target_rel_ci) for e in active)
        if looks:
            next_look = block + max(1, int(block * _LOOK_EVERY))
        if closing:
            for entry in (e for e in entries if not e.is_brief):
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


def _require_valid(
    candidates: Mapping[str, Call], cache: str, max_seconds: float, target_rel_ci: float | None
) -> None:  # fmt: skip
    if not candidates:
        raise ValueError("no candidates; give at least one callable")
    if cache not in CACHES:
        raise ValueError(f"cache {cache!r} is unknown; allowed: {', '.join(CACHES)}")
    for name, value in (("max_seconds", max_seconds), ("target_rel_ci", target_rel_ci)):
        if value is not None and not (math.isfinite(value) and value > 0):
            raise ValueError(f"{name} {value} is not allowed; it must be a finite number above 0")


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

    def attempt(self, entry: TimedCandidate, step: Call) -> None:
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

    def warm_up(self, entry: TimedCandidate, share_s: float) -> None:
        """Run until a sample is no longer much faster than the best before it; decide how many calls make one."""
        if entry.is_brief and entry.call_s > MIN_SAMPLE_S:
            return
        started = time.perf_counter()
        entry.call()
        self._clock.synchronise()
        entry.call_s = time.perf_counter() - started
        if entry.call_s > share_s or (entry.is_brief and entry.call_s > MIN_SAMPLE_S):
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

    def measure(self, entry: TimedCandidate, block: int, position: int, *, keep: bool) -> None:
        # A kept result takes memory: dropped, so that all candidates find the same memory free, except at the end.
        entry.last_result = None
        number, auditing = len(entry.samples), self._auditing
        # A kept result is that of an ordinary call, and of the last one.
        is_due = not keep and auditing.is_due(entry.name, entry.audits, number, entry.spent_s)
        is_audit = is_due and entry.calls == 1
        if not self._evict:
            for _ in range(untimed_calls(entry.call_s)):
                entry.call()
        if is_audit:
            auditing.rewrite(entry.name, entry.audits)
        if self._evict:
            self._evict()
        self._clock.synchronise()
        started = time.perf_counter() - self._epoch
        self._watch.open()
        duration = self._clock.single(entry.call) if is_audit else self._clock.sample(entry.call, entry.calls)
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


def _freeze(entry: TimedCandidate, max_seconds: float) -> Timing:
    stopped_by = entry.stopped_by if entry.error is None else "error"
    flags = evidence.reasons([s.evidence for s in entry.samples], [s.time_s * entry.calls for s in entry.samples])
    samples = tuple(replace(s, flags=f) if f else s for s, f in zip(entry.samples, flags, strict=True))
    audits = Auditing.times(entry.audits, entry.calls, [s.time_s for s in samples])
    return Timing(
        entry.name, samples, entry.calls, stopped_by, entry.last_result, entry.error, _warning(entry, max_seconds),
        audits,
    )  # fmt: skip


def _warning(entry: TimedCandidate, max_seconds: float) -> str | None:
    times = [s.time_s for s in entry.samples]
    if len(times) == 1 and statistics.median(times) * entry.calls > max_seconds:
        return f"one call takes longer than max_seconds ({max_seconds:g} s): there is one sample and no interval"
    if any(t <= 0 for t in times):
        return "some samples have no duration: the clock is too coarse, or runs backwards"
    if times and entry.last_result is None:
        return "it returned nothing, so it may have computed nothing"
    return None
