"""The probability that a predicted time is the least, or close to it, by the errors of predictions."""

from __future__ import annotations

import numpy as np

from impls.cost_model.cost_table import Floats

# Places at which a probability is integrated, and how many deviations they span.
_NODES, _SPAN = 200, 6.0
_LEAST_DEVIATION = 1e-9


def chance_within(own: int, time_s: Floats, deviations: Floats, factor: float = 1.0) -> float:
    """The probability that the time number `own` is at most `factor` × the least of all.

    Logarithms are normal and independent; `deviations` are their standard deviations. Integrated over its own
    distribution.
    """
    from scipy.special import ndtr

    logarithms = np.log(time_s)
    nodes = np.linspace(-_SPAN, _SPAN, _NODES)
    weights = np.exp(-(nodes**2) / 2)
    at = logarithms[own] + deviations[own] * nodes - np.log(factor)
    others = np.arange(len(time_s)) != own
    spread = np.maximum(deviations[others], _LEAST_DEVIATION)[:, None]
    slower = ndtr((logarithms[others][:, None] - at) / spread).prod(axis=0)
    return float((weights * slower).sum() / weights.sum())


def best_chances(time_s: Floats, deviations: Floats) -> Floats:
    """The probability of each time to be the least; their sum is 1."""
    found = np.array([chance_within(own, time_s, deviations) for own in range(len(time_s))])
    shares: Floats = found / found.sum()
    return shares
