"""Compares the time of audit calls with that of ordinary calls, and flags what is faster on inputs that it knows.

See bench.timing.inspection for the calls.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bench.store.schema import Row
from bench.store.status import Flag
from bench.timing.inspection import ALONE_S, HONEST_ALONE, HONEST_RATIO, AuditTimes


def with_audits(rows: Sequence[Row]) -> list[Row]:
    """The rows of one case with the ratio of audit calls to calls on known inputs, flagged where it is too large.

    The bound is that of honest implementations, or more where the other rows of the case have a larger ratio too: a
    machine may keep a rewritten input away from some of its processors. Flagged too where a single call on fresh values
    takes far longer than one among many: a plan may compute everything only when it is called alone.
    """
    times = {row.implementation: AuditTimes(row.audit_s, row.known_s) for row in rows}
    least = {name: ratio for name, found in times.items() if (ratio := found.least_ratio) is not None}
    alone = {
        row.implementation: min(row.audit_s) / row.time_s for row in rows if row.time_s and row.implementation in least
    }
    return [_audited(row, times[row.implementation].ratio, least, alone) for row in rows]


def _audited(row: Row, ratio: float | None, least: Mapping[str, float], alone: Mapping[str, float]) -> Row:
    flags: tuple[Flag, ...] = tuple(flag for flag in row.flags if flag is not Flag.KNOWN_INPUTS)
    honest = AuditTimes(row.audit_s, row.known_s).honest_ratio
    is_faster = _is_beyond(row.implementation, least, honest)
    is_longer = row.time_s is not None and bool(row.audit_s) and min(row.audit_s) - row.time_s > ALONE_S
    if is_faster or (is_longer and _is_beyond(row.implementation, alone, HONEST_ALONE)):
        flags = (*flags, Flag.KNOWN_INPUTS)
    return replace(row, flags=flags, audit_ratio=ratio)


def _is_beyond(name: str, ratios: Mapping[str, float], honest: float) -> bool:
    """Whether a row's ratio is beyond the honest one, and beyond that of the others by as much."""
    if name not in ratios:
        return False
    others = [ratio for other, ratio in ratios.items() if other != name]
    # Limited: several rows that remember inputs do not excuse each other.
    usual = min(HONEST_RATIO, max(1.0, statistics.median(others))) if others else 1.0
    return ratios[name] > honest * usual
