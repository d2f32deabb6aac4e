"""The verdict on a change, and how much more measuring would decide it."""

from __future__ import annotations

import math
from enum import StrEnum

import numpy as np
from scipy.special import stdtrit

from bench.compare.change import MOST_FREEDOM, RowChanges

# Changes within this share are the same, unless the user says otherwise.
MARGIN = 0.02
# The two one-sided tests of equivalence: each at 5 %, so both ends of a 90 % interval must lie within the margin
# (D. J. Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15(6), 1987).
EQUIVALENCE = 0.90
# The chance with which the measuring that is told decides, if the change is as it looks.
_POWER = 0.8


class ChangeVerdict(StrEnum):
    """What is known of a change. SAME is proven, UNDECIDED is not; NOT_TESTED was not asked."""

    SLOWER = "slower"
    FASTER = "faster"
    SAME = "same"
    UNDECIDED = "undecided"
    NOT_TESTED = "not-tested"


def verdict(
    change: float, p: float | None, level: float, ends: tuple[float, float] | None, margin: float
) -> ChangeVerdict:
    """The verdict by an adjusted p-value, and by the 90 % interval of a change, both on a logarithmic scale."""
    if p is not None and p <= level:
        return ChangeVerdict.SLOWER if change > 0 else ChangeVerdict.FASTER
    if ends is not None and -math.log1p(margin) <= ends[0] and ends[1] <= math.log1p(margin):
        return ChangeVerdict.SAME
    return ChangeVerdict.UNDECIDED


def verdicts(changes: RowChanges, p: np.ndarray, level: float, margin: float) -> list[ChangeVerdict]:
    """The verdict on each row, by adjusted p-values."""
    reach = changes.reach(EQUIVALENCE)
    return [
        verdict(change, None if math.isnan(own) else own, level, (change - half, change + half), margin)
        for change, own, half in zip(changes.change.tolist(), p.tolist(), reach.tolist(), strict=True)
    ]


def runs_to_decide(changes: RowChanges, level: float, margin: float) -> np.ndarray:
    """Runs a side after which a change as it looks would be called, or called the same; infinite if none would do.

    By the heavy tails of a comparison of few runs: the number is an estimate, as the change is.
    """
    size, rows = np.abs(changes.change), int(np.isfinite(changes.change).sum())
    # Both ends of the 90 % interval within the margin, or a p-value below the level of one row of all.
    room = np.maximum(math.log1p(margin) - size, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        same = _distances((1 + EQUIVALENCE) / 2, (1 + _POWER) / 2) / room
        other = _distances(1 - level / max(1, rows) / 2, _POWER) / size
        return np.asarray(2 * changes.of_run * np.minimum(same, other) ** 2)


def _distances(*quantiles: float) -> float:
    """The sum of quantiles, in standard uncertainties."""
    return float(sum(stdtrit(MOST_FREEDOM, quantile) for quantile in quantiles))
