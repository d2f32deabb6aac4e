"""When samples are copied, and when a candidate is called on an input that was rewritten as a whole (an audit call).

Two of the thousands of input values change before an ordinary call. An implementation that computes only the effect of
that change has right outputs and a false time. An audit call is timed on fresh values throughout; an honest
implementation takes as long for it as for any single call.

Where samples are single calls, some of them are audit calls. Where a sample holds many calls, a pair of single calls is
timed besides: one on fresh values, and one after the values that the input had were written again in the same way,
which leaves the caches in the same state.
"""

from __future__ import annotations

import random
import secrets
import statistics
import time
from dataclasses import dataclass, field
from typing import Any, Protocol

from bench.timing.clock import Call, Clock

# Audits may take this share of a candidate's time, after the first one.
_SHARE = 0.005
# At most one of so many single-call samples is an audit.
_SPARSE = 8
# Of the samples after which an audit may come, this share is followed by one: a candidate cannot count them.
_CHANCE = 0.25
_FIRST = 0.5
# With fewer audits all of them may be disturbed; with fewer than enough, the bound is twice as large.
_LEAST_AUDITS, _ENOUGH_AUDITS = 3, 5
# The least ratio of honest implementations stays below this one (docs/attacks.md has the figures).
HONEST_RATIO = 1.5
# The same for single calls on fresh values over calls in samples, relative to the other candidates of a case, where the
# difference is more than a single call costs that finds its code and its threads cold.
HONEST_ALONE = 2.5
ALONE_S = 50e-6


class Inspector(Protocol):
    """What the timing asks about a candidate, by name."""

    def keep(self, name: str, output: Any) -> None:
        """The clock of a sample has stopped; `output` is that of its last call."""

    def can_audit(self, name: str) -> bool:
        """Whether its input can be rewritten."""

    def rewrite(self, name: str, *, fresh: bool) -> None:
        """Write its whole input, with fresh values or with those of before."""

    def keep_audit(self, name: str, output: Any) -> None:
        """The clock of a call on fresh values has stopped."""

    def restore(self, name: str) -> None:
        """Write the values of before into its input."""


@dataclass(frozen=True, slots=True)
class AuditTimes:
    """Seconds of single calls: on fresh values, and on known ones, each of them or the median of the samples."""

    fresh_s: tuple[float, ...] = ()
    known_s: tuple[float, ...] = ()

    @property
    def ratio(self) -> float | None:
        """The median on fresh values over that on known ones; None without either."""
        if not self.fresh_s or not self.known_s or min(self.known_s) <= 0:
            return None
        return statistics.median(self.fresh_s) / statistics.median(self.known_s)

    @property
    def least_ratio(self) -> float | None:
        """The least time on fresh values over the median on known ones; None with fewer than three audits.

        Interference only adds time: the least of some audits is little disturbed.
        """
        ratio = self.ratio
        if ratio is None or len(self.fresh_s) < _LEAST_AUDITS:
            return None
        return ratio * min(self.fresh_s) / statistics.median(self.fresh_s)

    @property
    def honest_ratio(self) -> float:
        """The bound of `least_ratio` for honest implementations."""
        return HONEST_RATIO if len(self.fresh_s) >= _ENOUGH_AUDITS else 2 * HONEST_RATIO

    def with_later(self, later: AuditTimes) -> AuditTimes:
        """Both, in order."""
        return AuditTimes((*self.fresh_s, *later.fresh_s), (*self.known_s, *later.known_s))


@dataclass(slots=True)
class Audits:
    """The audits of one candidate so far; `samples` are the numbers of the samples that were audit calls."""

    fresh_s: list[float] = field(default_factory=list)
    known_s: list[float] = field(default_factory=list)
    samples: list[int] = field(default_factory=list)
    spent_s: float = 0.0


class Auditing:
    """Decides when to audit, and times audits that are no samples."""

    def __init__(self, inspector: Inspector | None, clock: Clock, evict: Call | None) -> None:
        self.inspector = inspector
        self._clock, self._evict = clock, evict
        self._rng = random.Random(secrets.randbits(64))

    def is_due(self, name: str, audits: Audits, samples: int, spent_s: float) -> bool:
        """Whether to audit a candidate that has so many samples and has spent so much time."""
        if self.inspector is None or not self.inspector.can_audit(name):
            return False
        if not audits.fresh_s:
            # Slow candidates have two samples, and the last is no audit.
            return samples > 0 or self._rng.random() < _FIRST
        rare = len(audits.fresh_s) * _SPARSE < samples and audits.spent_s < _SHARE * spent_s
        return rare and self._rng.random() < _CHANCE

    def rewrite(self, name: str, audits: Audits) -> None:
        """Write fresh values into the input of a candidate whose next sample is an audit call."""
        assert self.inspector is not None
        started = time.perf_counter()
        self.inspector.rewrite(name, fresh=True)
        audits.spent_s += time.perf_counter() - started

    def finish_sample(self, name: str, audits: Audits, number: int, time_s: float, output: Any) -> None:
        """Record a sample that was an audit call."""
        assert self.inspector is not None
        started = time.perf_counter()
        self.inspector.keep_audit(name, output)
        self.inspector.restore(name)
        audits.fresh_s.append(time_s)
        audits.samples.append(number)
        audits.spent_s += time.perf_counter() - started

    def put_back(self, name: str) -> None:
        """After an exception of a candidate: others share its input, which may hold fresh values."""
        if self.inspector is not None and self.inspector.can_audit(name):
            self.inspector.restore(name)

    def time_alone(self, name: str, call: Call, audits: Audits) -> None:
        """Time one call on fresh values and one on known values, in random order."""
        inspector = self.inspector
        assert inspector is not None
        started = time.perf_counter()
        # Not always as many calls: one that computes every second call only cannot keep in step with the clock.
        untimed = self._rng.choice((1, 2))
        for fresh in self._rng.sample((True, False), 2):
            for _ in range(untimed):
                call()
            inspector.rewrite(name, fresh=fresh)
            if self._evict is not None:
                self._evict()
            duration = self._clock.single(call)
            (audits.fresh_s if fresh else audits.known_s).append(duration.device_s)
            if fresh:
                inspector.keep_audit(name, duration.last_result)
            inspector.restore(name)
            # Its memory is free again before the next call, as in a sample.
            del duration
        audits.spent_s += time.perf_counter() - started

    @staticmethod
    def times(audits: Audits, calls: int, samples_s: list[float]) -> AuditTimes:
        """The times of a candidate at its end; samples of one call are themselves calls on known values."""
        known_s = audits.known_s
        if calls == 1:
            ordinary = [s for number, s in enumerate(samples_s) if number not in set(audits.samples)]
            known_s = [statistics.median(ordinary)] if ordinary else []
        return AuditTimes(tuple(audits.fresh_s), tuple(known_s) if audits.fresh_s else ())
