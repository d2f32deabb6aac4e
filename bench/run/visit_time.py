"""Models the seconds of one visit to a case: those of its samples, and those of its checks.

It counts the calls of bench/worker/proving.py and bench/timing/blocks.py. A slow candidate takes more than its share of
a short visit: some samples, with the calls before them, are taken whatever they cost. The constants are seconds of
processor time on an Intel Xeon with AVX-512, in the cases of the quick sweep, with code compiled before.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from bench.estimates.intervals import MIN_BLOCKS
from bench.gate import HOLDING_S, OUTPUTS_HELD
from bench.run.budget import FEW
from bench.timing.blocks import MIN_SAMPLE_S
from bench.timing.shares import BRIEF_BLOCKS, BRIEF_SHARE, untimed_calls
from impls import Case

# Seconds of a call for each MAC: of the textbook loops, on one thread, and of the others on average.
_LOOPS_S_PER_MAC = 1.1e-9
_S_PER_MAC = 2e-11
# For the float64 truth of a case.
_TRUTH_S_PER_MAC = 2.5e-10
# To load, plan and judge one candidate, without its calls: on the first visit, which also measures memory, and later;
# large filters take longer to transform.
_FIRST_CHECK_S = 0.035
_CHECK_S = 0.015
_CHECK_S_PER_MAC = 5e-11


@dataclass(frozen=True, slots=True)
class VisitTime:
    """Seconds of a visit by their use."""

    samples_s: float
    checks_s: float


def visit_time(case: Case, names: Collection[str], max_seconds: float, processes: int, number: int) -> VisitTime:
    """The seconds of visit `number` (from 0) with `max_seconds` for the samples of all `names`, in one of `processes`.

    The first visit to a case also looks for tricks; in later ones half of the names have clearly lost, and from the
    second visit of a process on they are left out.
    """
    is_first, has_losers = number == 0, 0 < number < processes
    if number >= processes:
        names = (tuple(name for name in names if name != "loops") or tuple(names))[: math.ceil(len(names) / 2)]
        max_seconds *= min(1.0, len(names) / FEW)
    if not names:
        return VisitTime(0.0, 0.0)
    # On average: the others share the time, and each loser adds a part of such a share.
    share_s = max_seconds * (1.0 + BRIEF_SHARE if has_losers else 1.0) / len(names)
    calls_s = [_call_s(case, name) for name in names]
    samples_s = sum(max(share_s, _least_samples_s(call_s, share_s, processes, is_first)) for call_s in calls_s)
    truths = 2 if is_first else 1
    by_size_s = case.problem.macs * (truths * _TRUTH_S_PER_MAC + len(names) * _CHECK_S_PER_MAC)
    checks_s = by_size_s + sum(_checks_s(call_s, is_first) for call_s in calls_s)
    return VisitTime(samples_s, checks_s)


def _call_s(case: Case, name: str) -> float:
    is_slow = name == "loops" and case.device == "cpu"
    return case.problem.macs * (_LOOPS_S_PER_MAC if is_slow else _S_PER_MAC)


def _least_samples_s(call_s: float, share_s: float, processes: int, is_first: bool) -> float:
    """Seconds of the fewest samples: a warm-up, and in each block a sample and the calls before it.

    Slow ones have clearly lost after the first visit, and are not warmed up again.
    """
    blocks = math.ceil(MIN_BLOCKS / processes) if is_first else BRIEF_BLOCKS
    sample_s = max(call_s, MIN_SAMPLE_S) + untimed_calls(call_s) * call_s
    warm_up_s = (call_s if call_s > share_s else 2 * call_s) if is_first or call_s <= MIN_SAMPLE_S else 0.0
    return warm_up_s + blocks * sample_s


def _checks_s(call_s: float, is_first: bool) -> float:
    """Seconds to prove a candidate: its first call, and against tricks several held outputs and two more calls."""
    if not is_first:
        return _CHECK_S + call_s
    held = min(OUTPUTS_HELD - 1, max(1, math.ceil(HOLDING_S / call_s))) if call_s > 0 else OUTPUTS_HELD - 1
    return _FIRST_CHECK_S + (1 + held + 2) * call_s
