"""Compares the fastest implementation of each case, and of whole networks, with torch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bench.report.findings.networks import Network
from bench.report.findings.ranking import Ranking, Verdict
from bench.rows.standing import usable

TORCH = "torch"


@dataclass(frozen=True, slots=True)
class Factor:
    """The time of torch over that of the best, with its 95 % interval; both ends are None without one."""

    value: float
    low: float | None = None
    high: float | None = None


def over_best(ranking: Ranking, baseline: str = TORCH) -> Factor | None:
    """The factor of a case: paired within blocks if possible; None where the baseline has no sure time, or is first."""
    # A case that noise leaves open has no factor either.
    if ranking.verdict is Verdict.UNDECIDED:
        return None
    torch = next((result for result in ranking.timed if result.implementation == baseline), None)
    if torch is None or torch is ranking.order[0]:
        return None
    value, ends = ranking.over_fastest(torch), usable(torch.over_best_low, torch.over_best_high)
    return None if value is None else Factor(value, *(ends or ()))


def is_fastest(ranking: Ranking, baseline: str = TORCH) -> bool:
    """Whether the baseline itself is the fastest of a case, or the first of those tied."""
    return baseline in ranking.decided[:1]


def was_timed(ranking: Ranking) -> bool:
    """Whether torch has a time, sure or not."""
    return any(result.implementation == TORCH for result in ranking.timed)


def over_best_per_layer(network: Network) -> Factor | None:
    """The factor of a whole network: torch's total over that of the best of each layer; None if one of them is unknown.

    Its interval divides opposite ends of both totals, so it is too wide rather than too narrow.
    """
    best = network.best.whole
    torch = next((total.whole for total in network.totals if total.implementation == TORCH), None)
    if best is None or torch is None:
        return None
    value = torch.value_s / best.value_s
    if best.interval_s is None or torch.interval_s is None:
        return Factor(value)
    return Factor(value, torch.interval_s[0] / best.interval_s[1], torch.interval_s[1] / best.interval_s[0])


def spread(factors: Iterable[Factor]) -> tuple[float, float] | None:
    """The smallest and the largest factor; None without any."""
    values = [factor.value for factor in factors]
    return (min(values), max(values)) if values else None
