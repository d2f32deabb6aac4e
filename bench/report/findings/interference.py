"""Follows the evidence of interference over the run: the share of disturbed samples in the order measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.report.findings.frame_values import listed

if TYPE_CHECKING:
    import pandas as pd

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


def interference_of(samples: pd.DataFrame) -> Interference | None:
    """The interference of a run; None without samples.

    Samples have no common clock: processes follow each other, each visits the cases in their order, and within a case
    samples have a start.
    """
    if samples.empty:
        return None
    order = {key: place for place, key in enumerate(dict.fromkeys(samples.case_key))}
    places = samples.case_key.map(order)
    in_order = samples.assign(place=places).sort_values(["process", "place", "start_s"], kind="stable")
    flags = [tuple(map(str, listed(one))) for one in in_order["flags"]]
    counted = Counter(flag for one in flags for flag in dict.fromkeys(one))
    size = max(_LEAST_SAMPLES, -(-len(flags) // _MOST_STRETCHES))
    stretches = tuple(_stretch(flags[i : i + size]) for i in range(0, len(flags), size))
    return Interference(len(flags), sum(map(bool, flags)), tuple(counted.most_common()), stretches)


def _stretch(flags: Sequence[tuple[str, ...]]) -> SampleStretch:
    counted = Counter(flag for one in flags for flag in dict.fromkeys(one))
    causes = {cause: number / len(flags) for cause, number in counted.items()}
    return SampleStretch(len(flags), sum(map(bool, flags)) / len(flags), causes)
