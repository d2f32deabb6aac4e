"""Matches the rows of two sides by their identity, and finds those that were right and are wrong."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bench.compare.quantities import Quantity
from bench.compare.sides import ComparedRun, RowFigures
from bench.errors import UsageError
from bench.format import count
from bench.store.process_times import KEYS
from bench.store.status import Status

# Case and implementation: the case has problem, precision, layout, direction, device, threads, cache, data, memory and
# settings of the clock.
RowKey = tuple[str, str]
_THREADS = re.compile(r"\|threads\d+(?=\||$)")


@dataclass(frozen=True, slots=True)
class Fate:
    """A row whose status changed: `old` and `new` are the statuses, `reason` that of the one that is not ok."""

    case_key: str
    implementation: str
    old: str
    new: str
    reason: str | None

    def as_dict(self) -> dict[str, Any]:
        return {
            "case_key": self.case_key, "implementation": self.implementation, "old": self.old, "new": self.new,
            "reason": self.reason,
        }  # fmt: skip


@dataclass(frozen=True)
class MatchedRows:
    """The rows that both sides have: `places` has for each run, old ones first, the number of each row there, or -1.

    `delegates` are the implementations that a row chose, on each side; None if it computed itself.
    """

    keys: tuple[RowKey, ...]
    descriptors: tuple[str, ...]
    device_of_rows: tuple[str, ...]
    delegates: tuple[tuple[str | None, str | None], ...]
    runs: tuple[ComparedRun, ...]
    old_runs: int
    places: np.ndarray
    broken: tuple[Fate, ...]
    mended: tuple[Fate, ...]
    only_old: tuple[RowKey, ...]
    only_new: tuple[RowKey, ...]

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices of the rows, each once."""
        return tuple(dict.fromkeys(self.device_of_rows))

    def on(self, device: str) -> MatchedRows:
        """The matched rows on one device; the rows that changed their status stay those of all."""
        numbers = [n for n, own in enumerate(self.device_of_rows) if own == device]

        def some(values: tuple[Any, ...]) -> tuple[Any, ...]:
            return tuple(values[n] for n in numbers)

        return replace(
            self, keys=some(self.keys), descriptors=some(self.descriptors), device_of_rows=some(self.device_of_rows),
            delegates=some(self.delegates), places=self.places[:, numbers],
        )  # fmt: skip

    def figures(self, quantity: Quantity) -> list[RowFigures]:
        """A quantity of the matched rows in each run, old runs first."""
        return [run.figures[quantity].at(self.places[number]) for number, run in enumerate(self.runs)]


def match(old: Sequence[ComparedRun], new: Sequence[ComparedRun], *, across_threads: bool = False) -> MatchedRows:
    """Match the rows of both sides; those that are unsupported on a side are not rows of it.

    Raises UsageError without any case in common, or without a right row on the old side.
    """
    sides = [[_numbers(run, across_threads) for run in side] for side in (old, new)]
    known = [list(dict.fromkeys(key for numbers in side for key in numbers)) for side in sides]
    of_new = set(known[1])
    both = [key for key in known[0] if key in of_new]
    if not both:
        raise UsageError(_nothing_in_common(known))
    places = np.array([[numbers.get(key, -1) for key in both] for side in sides for numbers in side])
    runs = (*old, *new)
    states = [_states(run, places[number]) for number, run in enumerate(runs)]
    before, after = states[: len(old)], states[len(old) :]
    if not any(Status.OK in state for state in before):
        first = next(filter(None, _reasons(runs[0], places[0])), None)
        raise UsageError(
            f"no row of {old[0].path} that the other side has too is right"
            + (f" ({first})" if first else "")
            + "; give as the old side a run with right results"
        )
    matched = set(both)
    fates = _fates(both, before, after, [_reasons(run, places[number]) for number, run in enumerate(runs)])
    return MatchedRows(
        keys=tuple(both),
        descriptors=tuple(_first(runs, places, "descriptor", n) or "" for n in range(len(both))),
        device_of_rows=tuple(_first(runs, places, "device", n) or "cpu" for n in range(len(both))),
        delegates=tuple(
            (_first(old, places[: len(old)], "delegate", n), _first(new, places[len(old) :], "delegate", n))
            for n in range(len(both))
        ),
        runs=runs,
        old_runs=len(old),
        places=places,
        broken=tuple(fate for fate in fates if fate.old == Status.OK),
        mended=tuple(fate for fate in fates if fate.new == Status.OK),
        only_old=tuple(key for key in known[0] if key not in matched),
        only_new=tuple(key for key in known[1] if key not in matched),
    )


def _numbers(run: ComparedRun, across_threads: bool) -> dict[RowKey, int]:
    """The number of each row of a run by its identity."""
    found: dict[RowKey, int] = {}
    keys, names, states = (run.rows[name] for name in (*KEYS, "status"))
    for number, (key, name, status) in enumerate(zip(keys, names, states, strict=True)):
        if status == Status.UNSUPPORTED:
            continue
        own = (_THREADS.sub("", key) if across_threads else key, name)
        if own in found:
            raise UsageError(
                f"{run.path} has {name} on one case with several numbers of threads: --across threads cannot tell "
                "which to compare; leave it out"
            )
        found[own] = number
    return found


def _nothing_in_common(known: Sequence[Sequence[RowKey]]) -> str:
    shown = [f"{side[0][1]} on {side[0][0]}" if side else "no supported row" for side in known]
    return (
        f"the runs have no case in common: the old side has {count(len(known[0]), 'row')} ({shown[0]} …), the new "
        f"side {len(known[1])} ({shown[1]} …); compare runs of the same sweep with the same settings"
    )


def _states(run: ComparedRun, places: np.ndarray) -> list[str | None]:
    column = run.rows["status"]
    return [None if place < 0 else str(column[place]) for place in places]


def _reasons(run: ComparedRun, places: np.ndarray) -> list[str | None]:
    column = run.rows["reason"]
    return [None if place < 0 else column[place] for place in places]


def _fates(
    keys: Sequence[RowKey],
    before: Sequence[Sequence[str | None]],
    after: Sequence[Sequence[str | None]],
    reasons: Sequence[Sequence[str | None]],
) -> list[Fate]:
    """Rows that are ok in every run of one side and faulty in a run of the other."""
    found = []
    for number, (key, name) in enumerate(keys):
        old, new = (_together([state[number] for state in side]) for side in (before, after))
        if (old == Status.OK) != (new == Status.OK) and old is not None and new is not None:
            reason = next((own[number] for own in reasons if own[number]), None)
            found.append(Fate(key, name, old, new, reason))
    return found


def _together(states: Sequence[str | None]) -> str | None:
    """The status of a row on a side: that of the most runs that are not ok, ok if all are."""
    if all(state == Status.OK for state in states):
        return Status.OK.value
    faults = Counter(state for state in states if state not in (None, Status.OK))
    if faults:
        return faults.most_common(1)[0][0]
    return Status.OK.value if Status.OK in states else None


def _first(runs: Sequence[ComparedRun], places: np.ndarray, column: str, row: int) -> Any:
    """The value of a column in the first run that has the row."""
    for number, run in enumerate(runs):
        if (place := places[number][row]) >= 0:
            return run.rows[column][place]
    return None


def by_implementation(keys: Sequence[RowKey]) -> Mapping[str, np.ndarray]:
    """The numbers of the rows of each implementation."""
    found: dict[str, list[int]] = {}
    for number, (_, name) in enumerate(keys):
        found.setdefault(name, []).append(number)
    return {name: np.array(numbers) for name, numbers in found.items()}
