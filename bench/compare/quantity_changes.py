"""The changes of one quantity: what rows share, each row, its p-value among all, its verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.compare.change import RowChanges, SideFigures, changes
from bench.compare.divided_runs import p_by_divisions
from bench.compare.implementation_changes import ImplementationChange, implementation_changes
from bench.compare.pairs import MatchedRows, by_implementation
from bench.compare.quantities import IMPLEMENTATION_PART, SHARED_PART, TIME, Quantity
from bench.compare.shared import RunThreshold, SharedChange, shared_change
from bench.compare.verdicts import EQUIVALENCE, ChangeVerdict, runs_to_decide, verdict, verdicts
from bench.estimates.families import holm

# From so many runs a side on, p-values come from all divisions of the runs into two sides: fewer have too few.
LEAST_RUNS = 5


@dataclass(frozen=True, slots=True)
class RowChange:
    """The change of a quantity of one row. `ratio` is new over old beside what rows share, with its own 95 % interval.

    `old` and `new` are geometric means over runs, `raw_ratio` is the one over the other. `p` is of this row alone,
    `p_family` among all of the quantity. `more_s` are the seconds of measuring, on both sides together, that would
    decide an undecided row; None where no number would, or the time of the runs is not known.
    """

    case_key: str
    descriptor: str
    implementation: str
    old: float
    new: float
    raw_ratio: float
    ratio: float
    low: float | None
    high: float | None
    p: float | None
    p_family: float | None
    verdict: ChangeVerdict
    more_s: float | None = None
    old_choice: str | None = None
    new_choice: str | None = None

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class QuantityChanges:
    """A quantity of the rows of one device. `level` is the probability of any false alarm that its rows may have.

    `unit` is run or process, `method` holm or westfall-young; `shared_verdict` is None where what rows share has no
    test. So many rows as `untested` have times that are too uncertain for so few runs.
    """

    quantity: Quantity
    device: str
    level: float
    unit: str
    method: str
    shared: SharedChange
    shared_verdict: ChangeVerdict | None
    rows: tuple[RowChange, ...]
    untested: int = 0
    implementations: tuple[ImplementationChange, ...] = ()

    def of(self, verdict: ChangeVerdict) -> list[RowChange]:
        """The rows with a verdict, the largest change first."""
        found = [row for row in self.rows if row.verdict is verdict]
        return sorted(found, key=lambda row: -abs(math.log(row.ratio)))

    @property
    def is_worse(self) -> bool:
        return ChangeVerdict.SLOWER in self.called

    @property
    def called(self) -> set[ChangeVerdict]:
        """All verdicts: on what rows share, on implementations, on rows."""
        shared = set() if self.shared_verdict is None else {self.shared_verdict}
        return shared | {one.verdict for one in self.implementations} | {row.verdict for row in self.rows}

    @property
    def is_undecided(self) -> bool:
        return self.shared_verdict is ChangeVerdict.UNDECIDED or any(
            row.verdict is ChangeVerdict.UNDECIDED for row in self.rows
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "quantity": self.quantity.name, "device": self.device, "level": self.level, "unit": self.unit,
            "method": self.method,
            "untested_rows": self.untested,
            "shared": {**self.shared.as_dict(), "verdict": self.shared_verdict},
            "implementations": [one.as_dict() for one in self.implementations],
            "rows": [row.as_dict() for row in self.rows],
        }  # fmt: skip


def quantity_changes(
    matched: MatchedRows,
    quantity: Quantity,
    level: float,
    *,
    controls: Sequence[str] = (),
    threshold: RunThreshold | None = None,
    margin: float,
) -> QuantityChanges:
    """Compare one quantity of the matched rows, which are of one device; with a `level` of 0 without a test.

    Only what times share has a test: a slow hour changes times, and joules with them, but no plan or memory.
    """
    figures = SideFigures.of(matched.figures(quantity), matched.old_runs)
    is_time = quantity is TIME
    shared_level, group_level = (level * part if is_time else 0.0 for part in (SHARED_PART, IMPLEMENTATION_PART))
    row_level = level - shared_level - group_level
    groups = by_implementation(matched.keys)
    shared = shared_change(figures, groups, controls, threshold, shared_level)
    if quantity.is_single:
        shared = shared.of_nothing()
    found = changes(figures, shared.of_runs, shared.error, quantity.run_scatter)
    has_test = is_time and level > 0 and shared.is_taken_out
    ends = shared.interval(EQUIVALENCE)
    return QuantityChanges(
        quantity, matched.devices[0], row_level, "run" if figures.by_runs else "process", _method(figures),
        shared,
        verdict(shared.change, shared.p, shared_level, ends, margin) if has_test else None,
        _rows(matched, quantity, figures, shared, found, row_level, margin),
        0 if quantity.is_single else int(figures.is_untested.sum()),
        implementation_changes(figures, groups, shared, found, group_level, margin) if has_test else (),
    )  # fmt: skip


def _method(figures: SideFigures) -> str:
    new = int(figures.is_new.sum())
    return "westfall-young" if min(new, len(figures.is_new) - new) >= LEAST_RUNS else "holm"


def _adjusted(figures: SideFigures, shared: SharedChange, found: RowChanges, quantity: Quantity) -> np.ndarray:
    """The p-values of rows among all rows; 1 for figures that so few runs cannot test."""
    if _method(figures) == "westfall-young":
        return p_by_divisions(figures, shared.of_runs, quantity.run_scatter)
    is_untested = np.full_like(figures.is_untested, True) if quantity.is_single else figures.is_untested
    return np.where(is_untested & np.isfinite(found.p), 1.0, holm(np.where(is_untested, np.nan, found.p)))


def _rows(
    matched: MatchedRows,
    quantity: Quantity,
    figures: SideFigures,
    shared: SharedChange,
    found: RowChanges,
    level: float,
    margin: float,
) -> tuple[RowChange, ...]:
    """The rows that both sides have a figure of."""
    known = np.flatnonzero(np.isfinite(found.change)).tolist()
    old, new = (_geometric(figures.value[side]) for side in (~figures.is_new, figures.is_new))
    tested = _Tested.of(matched, quantity, figures, shared, found, level, margin) if level > 0 else None

    def row(n: int) -> RowChange:
        low, high, p, p_family, called, more_s = tested.of_row(n) if tested else _WITHOUT_TEST
        return RowChange(
            matched.keys[n][0], matched.descriptors[n], matched.keys[n][1], float(old[n]), float(new[n]),
            math.exp(found.raw[n]), math.exp(found.change[n]), low, high, p, p_family, called, more_s,
            *matched.delegates[n],
        )  # fmt: skip

    return tuple(map(row, known))


# The interval, both p-values, the verdict and the seconds that would decide.
_Findings = tuple[float | None, float | None, float | None, float | None, ChangeVerdict, float | None]
_WITHOUT_TEST: _Findings = (None, None, None, None, ChangeVerdict.NOT_TESTED, None)


@dataclass(frozen=True, slots=True)
class _Tested:
    """What tests say of all rows, by their numbers."""

    found: RowChanges
    reach: np.ndarray
    p: np.ndarray
    p_family: np.ndarray
    verdicts: list[ChangeVerdict]
    more_s: np.ndarray

    @classmethod
    def of(
        cls,
        matched: MatchedRows,
        quantity: Quantity,
        figures: SideFigures,
        shared: SharedChange,
        found: RowChanges,
        level: float,
        margin: float,
    ) -> _Tested:
        p_family = _adjusted(figures, shared, found, quantity)
        runs = runs_to_decide(found, level, margin)
        run_s = _run_s(matched)
        # Rows that one run a side cannot test need two.
        missing = np.maximum(np.where(figures.is_untested, 2.0, 1.0), np.ceil(runs) - figures.old_runs)
        more_s = np.full(len(runs), np.inf) if run_s is None or quantity.is_single else 2 * missing * run_s
        called = verdicts(found, p_family, level, margin)
        if quantity.is_single and _method(figures) == "holm":
            # Nothing tells how such a figure scatters: only what is equal to the last digit is the same.
            called = [
                ChangeVerdict.SAME if change == 0 else ChangeVerdict.UNDECIDED for change in found.change.tolist()
            ]
        return cls(found, np.minimum(found.reach(0.95), 300.0), found.p, p_family, called, more_s)

    def of_row(self, n: int) -> _Findings:
        low, high = (math.exp(self.found.change[n] + sign * self.reach[n]) for sign in (-1, 1))
        more_s = float(self.more_s[n]) if self.verdicts[n] is ChangeVerdict.UNDECIDED else math.inf
        return (
            low, high, float(self.p[n]), float(self.p_family[n]), self.verdicts[n],
            more_s if math.isfinite(more_s) else None,
        )  # fmt: skip


def _geometric(values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.exp(np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0)))


def _run_s(matched: MatchedRows) -> float | None:
    """The mean seconds that one run spent on one case; None if no run tells."""
    known = [run.wall_s / max(1, len(set(run.rows["case_key"]))) for run in matched.runs if run.wall_s]
    return sum(known) / len(known) if known else None
