"""Variances of many cases, each from few values, shrunk towards what they have in common. Pure functions of arrays.

Source: G. K. Smyth, "Linear Models and Empirical Bayes Methods for Assessing Differential Expression", Statistical
Applications in Genetics and Molecular Biology 3(1), 2004: section 6.2 for the two figures of the prior, by the moments
of log variances with digamma and trigamma functions; equation 3.2 and section 4 for the variances and their degrees of
freedom.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, polygamma

# A variance below this share of the median one is taken as that share: the logarithm of an exact 0 has no mean.
_LEAST_SHARE = 1e-5
# Newton's method for the inverse of trigamma needs fewer steps for any argument (Smyth 2004, appendix).
_STEPS = 60


@dataclass(frozen=True, slots=True)
class PriorVariance:
    """The variance that cases have in common (s0²), and the degrees of freedom that it is worth (d0, or infinite)."""

    variance: float
    freedom: float


def prior_of(variances: np.ndarray, freedom: np.ndarray) -> PriorVariance:
    """The prior of variances with these degrees of freedom each; those without any, or not finite, do not count.

    Variances that scatter no more than chance lets them have an infinite d0: they are one variance. With fewer than
    two of them d0 is 0: nothing is known in common.
    """
    counts = np.isfinite(variances) & (freedom > 0)
    known, own = variances[counts], freedom[counts] / 2
    if len(known) < 2 or not np.any(known > 0):
        return PriorVariance(float(known.mean()) if len(known) else 0.0, 0.0)
    known = np.maximum(known, _LEAST_SHARE * np.median(known[known > 0]))
    logs = np.log(known) - digamma(own) + np.log(own)
    middle = float(logs.mean())
    excess = float(logs.var(ddof=1) - polygamma(1, own).mean())
    if excess <= 0:
        return PriorVariance(math.exp(middle), math.inf)
    half = _inverse_trigamma(excess)
    return PriorVariance(math.exp(middle + float(digamma(half)) - math.log(half)), 2 * half)


def moderated(variances: np.ndarray, freedom: np.ndarray, prior: PriorVariance) -> tuple[np.ndarray, np.ndarray]:
    """The variances shrunk towards the prior, and their degrees of freedom; the prior alone where a case has none,
    0 where neither is known.

    Degrees of freedom are at most those of all cases together: a variance in common is not known better.
    """
    own = np.where(np.isfinite(variances) & (freedom > 0), freedom, 0.0)
    filled = np.where(own > 0, variances, 0.0)
    most = float(own.sum())
    if math.isinf(prior.freedom):
        return np.full_like(filled, prior.variance), np.full_like(filled, most)
    total = prior.freedom + own
    mixed = (prior.freedom * prior.variance + own * filled) / np.where(total > 0, total, 1.0)
    return mixed, np.minimum(total, most)


def _inverse_trigamma(value: float) -> float:
    """The argument at which trigamma has a value above 0, by Newton's method on 1 / trigamma."""
    if value > 1e7:
        return 1 / math.sqrt(value)
    if value < 1e-6:
        return 1 / value
    found = 0.5 + 1 / value
    for _ in range(_STEPS):
        trigamma = float(polygamma(1, found))
        step = trigamma * (1 - trigamma / value) / float(polygamma(2, found))
        found += step
        if -step / found < 1e-10:
            break
    return found
