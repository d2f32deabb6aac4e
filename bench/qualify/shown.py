"""What a run shows its user about each twin, by the public rule of winners, beside the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.qualify.questions import EQUAL, TWINS
from bench.rows.ranking import rank
from bench.rows.standing import Standing, usable
from bench.store.schema import Row
from bench.store.status import Flag

# The overshoot of slowed twins by descriptor and implementation, as a share of a call.
Overshoots = Mapping[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class Shown:
    """A twin in one case of one run as a method shows it: seconds, its ratio to the reference with its interval.

    The reference is the fastest of its case, with Timer always the first twin. `truth` is the true ratio to it.
    `time_rel` is half the interval of the time over the time. None where nothing is shown.
    """

    run: int
    condition: str
    method: str
    descriptor: str
    implementation: str
    is_reference: bool
    truth: float
    over_best: float | None
    low: float | None
    high: float | None
    called_slower: bool
    time_s: float | None = None
    time_rel: float | None = None
    time_fast_s: float | None = None
    is_wide: bool = False

    @property
    def is_equal(self) -> bool:
        return self.implementation in EQUAL

    @property
    def error(self) -> float | None:
        """The distance of the ratio from the truth, |ratio − 1| among equal twins; None without a ratio."""
        return None if self.over_best is None else abs(self.over_best / self.truth - 1)

    @property
    def covers(self) -> bool | None:
        """Whether the interval holds the truth; None without an interval."""
        return None if self.low is None or self.high is None else self.low <= self.truth <= self.high

    @property
    def ratio_rel(self) -> float | None:
        """Half the interval of the ratio over the ratio."""
        if self.over_best is None or self.low is None or self.high is None:
            return None
        return (self.high - self.low) / (2 * self.over_best)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def true_time(descriptor: str, implementation: str, overshoots: Overshoots) -> float:
    """The time of a twin over that of an equal one."""
    return 1 + TWINS[implementation] / 100 + overshoots.get((descriptor, implementation), 0.0)


def of_rows(run: int, condition: str, rows: Sequence[Row], overshoots: Overshoots) -> list[Shown]:
    """The twins of one case, from its rows in a sweep; those without a time are left out."""
    ranking = rank(rows)
    if not ranking.order:
        return []
    best = ranking.order[0]

    def true_of(row: Row) -> float:
        return true_time(row.descriptor, row.implementation, overshoots)

    def shown(row: Row) -> Shown:
        # Ends belong to the ratio shown only where it was taken to this very best.
        ends = usable(row.over_best_low, row.over_best_high) if best.over_best == 1 else None
        low, high = (None, None) if ends is None or row is best else ends
        ratio = None if row is best else ranking.over_fastest(row)
        return Shown(
            run, condition, "convcost", row.descriptor, row.implementation, row is best,
            true_of(row) / true_of(best), ratio, low, high,
            called_slower=row is not best and ranking.of(row) is Standing.SLOWER,
            time_s=row.time_s, time_rel=_half_width(row), time_fast_s=row.time_fast_s,
            is_wide=row.interval_s is None or Flag.WIDE_INTERVAL in row.flags,
        )  # fmt: skip

    return [shown(row) for row in ranking.order]


def _half_width(row: Row) -> float | None:
    if row.interval_s is None or not row.time_s:
        return None
    return (row.interval_s[1] - row.interval_s[0]) / (2 * row.time_s)
