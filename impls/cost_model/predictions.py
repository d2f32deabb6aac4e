"""Predicted times of the rows of a table, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

from impls.cost_model.cost_table import Bools, Floats

# The share of intervals that hold the time.
LEVEL = 0.9


@dataclass(frozen=True, slots=True)
class Predictions:
    """Predicted seconds of the rows of a table, with 90 % intervals.

    `outside` says that a row is unlike those of the fit: its interval is no promise.
    """

    time_s: Floats
    time_lo_s: Floats
    time_hi_s: Floats
    outside: Bools
