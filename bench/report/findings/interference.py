"""Follows the evidence of interference over the run: the share of disturbed samples in the order measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.store.stored import SamplePiece

# A run is cut into at most so many stretches, of at least so many samples.
_MOST_STRETCHES, _LEAST_SAMPLES = 48, 25


@dataclass(frozen=True, slots=True)
class SampleStretch:
    """Consecutive samples: their number, the share that was disturbed at all, and the share by cause."""

    samples: int
    disturbed: float
    causes: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Interference:
    """The stretches of a run, and the disturbed samples by cause, most frequent first."""

    samples: int
    disturbed: int
    causes: tuple[tuple[str, int], ...]
    stretches: tuple[SampleStretch, ...]

    @property
    def worst(self) -> SampleStretch:
        return max(self.stretches, key=lambda stretch: stretch.disturbed)


def interference_of(pieces: Iterable[SamplePiece]) -> Interference | None:
    """The interference of a run; None without samples.

    Samples have no common clock: processes follow each other, each visits the cases in their order, and within a case
    samples have a start.
    """
    kinds: dict[tuple[str, ...], int] = {}
    found = _in_order(pieces, kinds)
    if not len(found):
        return None
    size = max(_LEAST_SAMPLES, -(-len(found) // _MOST_STRETCHES))
    causes = list(kinds)
    parts = [_counts(found[i : i + size], causes) for i in range(0, len(found), size)]
    stretches = tuple(
        SampleStretch(length, disturbed / length, {cause: number / length for cause, number in by_cause.items()})
        for length, disturbed, by_cause in parts
    )
    total: Counter[str] = sum((by_cause for *_, by_cause in parts), Counter())
    return Interference(len(found), sum(disturbed for _, disturbed, _ in parts), tuple(total.most_common()), stretches)


def _in_order(pieces: Iterable[SamplePiece], kinds: dict[tuple[str, ...], int]) -> np.ndarray:
    """The number of the flags of each sample, in the order measured; `kinds` takes the flags of each number."""
    places: dict[str, int] = {}
    taken: dict[tuple[int, int], list[tuple[np.ndarray, np.ndarray]]] = {}
    for key, _, columns in pieces:
        size = len(next(iter(columns.values()), ()))
        place = places.setdefault(key, len(places))
        numbers = np.full(size, kinds.setdefault((), len(kinds)), np.int32)
        words = columns.get("flags", ())
        # Most samples have none.
        for at in [at for at, flags in enumerate(words) if len(flags)]:
            numbers[at] = kinds.setdefault(tuple(map(str, words[at])), len(kinds))
        start_s, processes = (np.asarray(columns.get(name, (0,) * size)) for name in ("start_s", "process"))
        for process in np.unique(processes):
            own = processes == process
            taken.setdefault((int(process), place), []).append((start_s[own], numbers[own]))
    ordered = [np.zeros(0, np.int32)]
    for _, parts in sorted(taken.items(), key=lambda one: one[0]):
        starts, numbers = (np.concatenate(side) for side in zip(*parts, strict=True))
        ordered.append(numbers[np.argsort(starts, kind="stable")])
    return np.concatenate(ordered)


def _counts(numbers: np.ndarray, kinds: Sequence[tuple[str, ...]]) -> tuple[int, int, Counter[str]]:
    """Of a stretch: its samples, those with a flag, and those with each flag."""
    by_cause: Counter[str] = Counter()
    disturbed = 0
    # In the order of first appearance.
    different, first, counts = np.unique(numbers, return_index=True, return_counts=True)
    for at in np.argsort(first):
        kind, count = kinds[different[at]], int(counts[at])
        disturbed += count if kind else 0
        by_cause.update(dict.fromkeys(kind, count))
    return len(numbers), disturbed, by_cause
