"""A Gaussian process on what a law leaves of the logarithms of times.

Matérn covariance with ν = 3/2 (C. E. Rasmussen, C. K. I. Williams, "Gaussian Processes for Machine Learning", 2006,
eq. 4.17), by distances in octaves of sizes. Where a floor (the launch of a kernel) decides the time, deviations of the
work do not show: the covariance of two rows is multiplied by the shares of their times that the work decides, and rows
at the same floor share a deviation of their own. More than INDUCING rows are summed up at the rows furthest apart from
each other (the projected process, section 8.3.4 there).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from impls.cost_model.cost_table import Floats, Integers

# Rows that the variance is carried by, which costs their square.
OF_VARIANCE = 256
# The variance of the deviation that rows at one floor share, over that of the process.
FLOOR_VARIANCE = 0.1
# Keeps the factorisation stable; no deviation is known as well as this.
JITTER = 1e-6
_BLOCK = 2048
# More floors than any law has.
FLOORS = 8


@dataclass(frozen=True, slots=True)
class Places:
    """Where rows lie: coordinates in octaves, the share of the time that work decides, and the number of the floor."""

    at: Floats
    work_share: Floats
    floor: Integers

    def only(self, rows: Integers) -> Places:
        return Places(self.at[rows], self.work_share[rows], self.floor[rows])

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True, slots=True)
class ProcessReach:
    """The numbers of a process: octaves of reach, and the variance of noise over that of the process."""

    octaves: float
    noise: float


def covariance(a: Places, b: Places, octaves: float) -> Floats:
    """The covariance of the rows of a with those of b, over the variance of the process."""
    near = matern(a.at, b.at, octaves)
    near *= a.work_share[:, None]
    near *= b.work_share
    for floor in np.unique(b.floor):
        own, other = (np.where(p.floor == floor, 1 - p.work_share, 0.0) for p in (a, b))
        near += np.outer(FLOOR_VARIANCE * own, other)
    found: Floats = near
    return found


def matern(a: Any, b: Any, octaves: float) -> Any:
    """The Matérn 3/2 covariance of places at their distances, in the precision of a and b."""
    # One product gives the squares of distances, in units of the reach.
    scale = np.sqrt(3).astype(a.dtype) / a.dtype.type(octaves)
    a, b = a * scale, b * scale
    near = a @ (-2 * b.T)
    near += (a * a).sum(axis=1)[:, None]
    near += (b * b).sum(axis=1)
    np.maximum(near, 0, out=near)
    np.sqrt(near, out=near)
    decay = np.exp(-near)
    near += 1
    near *= decay
    return near


@dataclass(frozen=True)
class CarriedProcess:
    """A process whose mean is carried by some rows: their places, furthest apart first, and the weight of each."""

    places: Places
    weights: Floats
    reach: ProcessReach

    @cached_property
    def _scaled(self) -> Any:
        return (self.places.work_share * self.weights).astype(np.float32)

    @cached_property
    def _of_floor(self) -> Floats:
        own = FLOOR_VARIANCE * (1 - self.places.work_share) * self.weights
        found: Floats = np.bincount(self.places.floor, own, minlength=FLOORS).astype(np.float64)
        return found

    @cached_property
    def _single(self) -> Any:
        return self.places.at.astype(np.float32)

    @cached_property
    def _few(self) -> Places:
        return self.places.only(np.arange(min(OF_VARIANCE, len(self.places))))

    @cached_property
    def _known(self) -> Floats:
        """What is known by the few rows of the variance, of all that carry: variance before less variance after."""
        to_all = covariance(self._few, self.places, self.reach.octaves)
        between = to_all[:, : len(self._few)] + JITTER * np.eye(len(self._few))
        found: Floats = np.linalg.inv(between) - np.linalg.inv(between + to_all @ to_all.T / self.reach.noise)
        return found

    def predict(self, places: Places) -> tuple[Floats, Floats]:
        """The mean of the deviations, and their variance over that of the process, noise included."""
        mean, variance = np.empty(len(places)), np.empty(len(places))
        for start in range(0, len(places), _BLOCK):
            rows = np.arange(start, min(start + _BLOCK, len(places)))
            own = places.only(rows)
            share = own.work_share
            # The mean is a smooth sum: single precision is enough. The variance is a difference of large numbers.
            near = matern(own.at.astype(np.float32), self._single, self.reach.octaves) @ self._scaled
            mean[rows] = share * near + (1 - share) * self._of_floor[own.floor]
            close = covariance(own, self._few, self.reach.octaves)
            before = share**2 + FLOOR_VARIANCE * (1 - share) ** 2 + self.reach.noise
            variance[rows] = before - np.einsum("ij,ij->i", close @ self._known, close)
        # What is known of a row cannot be better than one noise; rounding can say so.
        return mean, np.maximum(variance, self.reach.noise)
