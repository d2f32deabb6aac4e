"""Samples as a run has them: by case, implementation and column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from bench.store.samples import checked, to_columns
from bench.store.schema import Sample
from bench.store.stored import SamplePiece


def pieces_of(samples: Iterable[Sample]) -> Sequence[SamplePiece]:
    """The pieces of samples that know their case and implementation, in the order given."""
    return [
        (key, name, checked(to_columns(list(taken))))
        for (key, name), taken in groupby(samples, lambda sample: (sample.case_key, sample.implementation))
    ]
