"""Brackets the power of busy cores without a sensor, and so the energy of a time: a low and a high value.

The watts a core come from the published power of machines of the same class (bench.energy.bracket.classes), are widened
by what is unknown (bench.energy.bracket.factors), and are multiplied by the busy cores. A bracket carries no
information beyond time: ratios of two of them are ratios of times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bench.energy.bracket import factors, processor, topology
from bench.energy.bracket.classes import SOURCE, Pool, pool
from bench.energy.bracket.factors import Widening
from bench.energy.bracket.processor import Membership
from bench.energy.bracket.ranges import Range
from bench.energy.bracket.topology import Allotment
from bench.format import count, significant

# What the watts cover: the part of a whole machine that the busy cores answer for, at the wall.
SCOPE = "machine-share"


@dataclass(frozen=True, slots=True)
class PowerBracket:
    """The power of the cores that a process keeps busy, on a machine of `pool`; `why` says how the class is known."""

    pool: Pool
    why: str
    allotment: Allotment

    @property
    def label(self) -> str:
        """The class and the number of its machines, as in "AMD Zen 4 servers, 46 machines"."""
        return f"{self.pool.label}, {count(self.pool.machines, 'machine')}"

    def widenings(self, threads: int) -> tuple[Widening, ...]:
        """What is unknown while so many threads are busy."""
        found = [factors.LOAD]
        if not self.allotment.keeps_all_busy(threads):
            found.append(factors.TURBO)
        low, high = self._cores(threads)
        if low < high:
            shown = self.allotment.threads_a_core
            found.append(factors.threads(shown or self.pool.threads_a_core, is_shown=shown is not None))
        return tuple(found)

    def core_w(self, threads: int) -> Range:
        """The power of one busy core while so many threads are busy, with its share of the whole machine.

        A machine with `load` and `idle` watts a core takes F · load + (1 − F) · idle. With F up to 1 the lowest such
        power is that of the lowest load and the lowest idle power; with F from 1 on the highest is that of the highest
        load and, again, the lowest idle power.
        """
        low, high = factors.together(one for one in self.widenings(threads) if one.name != "threads")
        idle, load = self.pool.idle_w, self.pool.load_w
        return Range(low * load.low + (1 - low) * idle.low, high * load.high + (1 - high) * idle.low)

    def power_w(self, threads: int) -> Range:
        """The power of all cores that so many threads keep busy, idle power included. Raises UsageError for none."""
        return self.core_w(threads).times(*self._cores(threads))

    def idle_w(self, threads: int) -> Range:
        """The part of it that these cores take when idle, too: never added to it. Raises UsageError for no threads."""
        return self.pool.idle_w.times(*self._cores(threads))

    def joules(self, time_s: float, threads: int, interval_s: tuple[float, float] | None = None) -> Range:
        """The energy of a time, from the low end of its 95 % interval to the high one; of the time without any.

        Raises ValueError for a time that is not above zero.
        """
        return self.power_w(threads).times(*(interval_s or (time_s, time_s)))

    def idle_joules(self, time_s: float, threads: int, interval_s: tuple[float, float] | None = None) -> Range:
        """The part of it that the same cores take when idle, too. Raises ValueError for a time not above zero."""
        return self.idle_w(threads).times(*(interval_s or (time_s, time_s)))

    def assumption(self, threads: int) -> str:
        """The sentence shown beside the figures of so many busy threads."""
        power, busy = self.power_w(threads), count(threads, "busy thread")
        names = ", ".join(one.name for one in self.widenings(threads))
        return (
            f"Bracketed, not measured: time × {significant(power.low)} to {significant(power.high)} W for {busy} "
            f"({self.label}; {SOURCE}; widened for {names}); it carries no information beyond time."
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for run.json."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PowerBracket:
        """The inverse of `as_dict`. Raises KeyError, TypeError or ValueError for other data."""
        known = data["pool"]
        ranges = {name: Range(**known[name]) for name in ("idle_w", "load_w")}
        return cls(Pool(**{**known, **ranges}), data["why"], Allotment(**data["allotment"]))

    def _cores(self, threads: int) -> tuple[float, float]:
        return self.allotment.busy_cores(threads, self.pool.threads_a_core)


def bracket_of(membership: Membership, allotment: Allotment) -> PowerBracket:
    """The bracket of a processor. Raises nothing for the classes of the product's own table."""
    return PowerBracket(pool(membership.classes), membership.why, allotment)


def here() -> PowerBracket:
    """The bracket of this machine. Raises nothing."""
    return bracket_of(processor.here(), topology.here())
