"""The share of a measurement's time that each candidate may spend, and the calls before its samples."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from bench.estimates.intervals import relative_half_width
from bench.timing.clock import Call
from bench.timing.inspection import Audits
from bench.timing.timings import TimedSample

# After another candidate the caches settle with the third call: Winograd F4 of 64 channels at 28² takes 131, 124 and
# then 85 µs beside im2col. Calls that take this long together have filled any cache: 32 MiB within 1 ms at 30 GB/s.
_SETTLING_CALLS = 3
_SETTLING_S = 0.01
# Calls from this length on need no warm-up call.
_LONG_CALL_S = 0.1
# A candidate that is known to lose is measured in a couple of blocks, and in more within this part of a share: its time
# and ratio stay known, and the others get the rest.
BRIEF_BLOCKS = 2
BRIEF_SHARE = 0.5


def untimed_calls(call_s: float) -> int:
    """The calls before a warm sample, with a call that takes so many seconds."""
    if call_s >= _LONG_CALL_S:
        return 0
    return max(1, min(_SETTLING_CALLS, math.ceil(_SETTLING_S / max(call_s, 1e-9))))


@dataclass(frozen=True, slots=True)
class TimeShare:
    """The time one candidate may spend: its share, or more while it lacks samples for an interval."""

    share_s: float
    patience_s: float
    min_blocks: int

    def is_spent(self, samples: int, spent_s: float) -> bool:
        # At least one sample: a candidate whose warm-up alone used up the budget is slow, not absent.
        enough = samples >= self.min_blocks or (samples > 0 and spent_s >= self.patience_s)
        return enough and spent_s >= self.share_s


@dataclass(slots=True)
class TimedCandidate:
    """A candidate while it is timed; `call_s` is about how long a call takes, as far as the warm-up tells."""

    name: str
    call: Call
    calls: int = 1
    samples: list[TimedSample] = field(default_factory=list)
    spent_s: float = 0.0
    call_s: float = 0.0
    # Known to lose.
    is_brief: bool = False
    last_result: Any = None
    error: Exception | None = None
    stopped_by: str = "max_seconds"
    audits: Audits = field(default_factory=Audits)

    @classmethod
    def of(cls, name: str, call: Call, brief_s: float | None) -> TimedCandidate:
        """`brief_s` are the seconds of a call of one that is known to lose."""
        if brief_s is None:
            return cls(name, call)
        return cls(name, call, is_brief=True, call_s=brief_s, stopped_by="lost")

    def is_narrow(self, target_rel_ci: float | None) -> bool:
        if target_rel_ci is None:
            return False
        width = relative_half_width([s.time_s for s in self.samples])
        return width is not None and width <= target_rel_ci

    def may_end(self, target_rel_ci: float | None) -> bool:
        """Whether the others need not go on for it."""
        return len(self.samples) >= BRIEF_BLOCKS if self.is_brief else self.is_narrow(target_rel_ci)

    def is_spent(self, budget: TimeShare) -> bool:
        return self._own(budget).is_spent(len(self.samples), self.spent_s)

    def is_nearly_spent(self, budget: TimeShare) -> bool:
        """Whether one more sample, as long as those before, will be the last."""
        taken = len(self.samples)
        one_s = self.spent_s / taken if taken else self.call_s
        return self._own(budget).is_spent(taken + 1, self.spent_s + one_s)

    def _own(self, budget: TimeShare) -> TimeShare:
        return TimeShare(BRIEF_SHARE * budget.share_s, math.inf, BRIEF_BLOCKS) if self.is_brief else budget
