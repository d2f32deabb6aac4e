"""The results of timing: samples with their evidence, a timing for each candidate, ratios between them."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from bench.estimates.intervals import Interval, Ratio, median_interval, paired_ratio, time_interval, widened
from bench.format import count, seconds
from bench.timing.evidence import Evidence
from bench.timing.inspection import AuditTimes


@dataclass(frozen=True, slots=True)
class TimedSample:
    """One sample: seconds of one call, its place, and the evidence of interference.

    `host_s` is the host's time for a call if the device has a clock of its own; `flags` says why the sample is
    suspect; `draw` counts how often the candidate was made anew (bench.timing.draws; 0 if it was made once).
    """

    time_s: float
    start_s: float
    block: int
    position: int
    host_s: float | None = None
    evidence: Evidence = field(default_factory=Evidence, repr=False)
    flags: tuple[str, ...] = ()
    draw: int = 0


@dataclass(frozen=True, slots=True)
class Timing:
    """The samples of one candidate, in order.

    `stopped_by` is "target_rel_ci", "max_seconds", "lost" or "error"; `error` is the exception it raised;
    `warning` is for the reader of the numbers; `audits` are the times of single calls on rewritten inputs.
    """

    name: str
    samples: tuple[TimedSample, ...]
    calls_per_sample: int
    stopped_by: str
    last_result: Any = field(default=None, repr=False, compare=False)
    error: Exception | None = None
    warning: str | None = None
    audits: AuditTimes = field(default=AuditTimes(), repr=False, compare=False)

    def __repr__(self) -> str:
        return f"<Timing {self.name!r}: {self._in_words()}>"

    def _in_words(self) -> str:
        """The median with its interval and the number of samples, or the error."""
        if self.error is not None:
            return f"{type(self.error).__name__}"
        interval = self.ci95_s
        sure = f" (95 %: {seconds(interval[0])} to {seconds(interval[1])})" if interval else ""
        return f"{seconds(self.median_s)}{sure}, {count(len(self.samples), 'sample')}"

    @property
    def samples_s(self) -> tuple[float, ...]:
        return tuple(s.time_s for s in self.samples)

    @property
    def draws_s(self) -> tuple[tuple[float, ...], ...]:
        """The samples of each draw."""
        return tuple(tuple(s.time_s for s in taken) for _, taken in groupby(self.samples, key=lambda s: s.draw))

    @property
    def median_s(self) -> float | None:
        """The median of all samples, flagged or not."""
        return statistics.median(self.samples_s) if self.samples else None

    @property
    def median_unflagged_s(self) -> float | None:
        """The median of the samples without evidence of interference; None if all have some."""
        quiet = [s.time_s for s in self.samples if not s.flags]
        return statistics.median(quiet) if quiet else None

    @property
    def ci95_s(self) -> Interval | None:
        """The 95 % interval of the median over draws and blocks, None under six blocks."""
        return median_interval(self.samples_s) if len(self.draws_s) == 1 else time_interval(self.draws_s)


# Draws that end at the first narrow interval include some whose scatter is small by luck: in 592 such measurements of
# pairs with a known ratio the plain 95 % interval covered the truth in 90 %, widened by this factor in 95 %; together
# with those that used up their budget, in 96 % of 1,600.
LUCK = 1.15


@dataclass(frozen=True, slots=True)
class Blocks(Mapping[str, Timing]):
    """All candidates of one measurement, by name."""

    timings: dict[str, Timing]

    def __repr__(self) -> str:
        medians = (f"{name!r}: {seconds(timing.median_s)}" for name, timing in self.timings.items())
        return f"<Blocks {', '.join(medians)}>"

    def __getitem__(self, name: str) -> Timing:
        return self.timings[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.timings)

    def __len__(self) -> int:
        return len(self.timings)

    def ratio(self, name: str, *, over: str, period: int = 1) -> Ratio:
        """The time of `name` over that of `over`, paired within the blocks of both.

        `period`: after how many blocks the candidates repeat their pattern of calls. If draws ended because the
        interval was narrow, it is widened by LUCK. Raises ValueError if they share no whole period of blocks.
        """
        above, below = ({(s.draw, s.block): s.time_s for s in self.timings[n].samples} for n in (name, over))
        shared = sorted(above.keys() & below.keys())
        draws = [list(places) for _, places in groupby(shared, key=lambda place: place[0])]
        ratio = paired_ratio([[above[p] for p in d] for d in draws], [[below[p] for p in d] for d in draws], period)
        lucky = len(draws) > 1 and all(self.timings[n].stopped_by == "target_rel_ci" for n in (name, over))
        return widened(ratio, LUCK) if lucky else ratio
