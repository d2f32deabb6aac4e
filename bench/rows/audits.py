"""Compares the time of audit calls with that of ordinary calls, and flags what is faster on inputs that it knows.

See bench.timing.inspection for the calls.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import replace

from bench.store.schema import Row
from bench.store.status import Flag
from bench.timing.inspection import HONEST_RATIO, AuditTimes


def with_audits(rows: Sequence[Row]) -> list[Row]:
    """The rows of one case with the ratio of audit calls to calls on known inputs, flagged where it is too large.

    The bound is that of honest implementations, or more where the other rows of the case have a larger ratio too: a
    machine may keep a rewritten input away from some of its processors.
    """
    times = {row.implementation: AuditTimes(row.audit_s, row.known_s) for row in rows}
    least = {name: ratio for name, found in times.items() if (ratio := found.least_ratio) is not None}
    return [_audited(row, times[row.implementation].ratio, least) for row in rows]


def _audited(row: Row, ratio: float | None, least: dict[str, float]) -> Row:
    flags: tuple[Flag, ...] = tuple(flag for flag in row.flags if flag is not Flag.KNOWN_INPUTS)
    own = least.get(row.implementation)
    others = [value for name, value in least.items() if name != row.implementation]
    # At most the bound itself: several rows that remember inputs do not excuse each other.
    usual = min(HONEST_RATIO, max(1.0, statistics.median(others))) if others else 1.0
    if own is not None and own > HONEST_RATIO * usual:
        flags = (*flags, Flag.KNOWN_INPUTS)
    return replace(row, flags=flags, audit_ratio=ratio)
