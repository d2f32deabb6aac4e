"""A constant of a law, with its unit and meaning, and the counted work that it multiplies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impls.cost_model.cost_table import Floats


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant of a law: seconds for one `per` of work ("byte", "MAC", "call").

    A floor is the least time of a call: work below it does not show. Work that has a peak is done no faster than in the
    fastest rows of the fit, however much of it there is.
    """

    name: str
    per: str
    meaning: str
    is_floor: bool = False
    has_peak: bool = False

    @property
    def unit(self) -> str:
        return "s" if self.per == "call" else f"s/{self.per}"


@dataclass(frozen=True, slots=True)
class CountedWork:
    """The amounts of work of all rows of a table that a constant multiplies."""

    constant: Constant
    amounts: Floats


def padded(sizes: Floats, lanes: int) -> Floats:
    """Sizes rounded up to whole vectors or tiles of `lanes`."""
    return np.ceil(sizes / lanes) * lanes


def steps(sizes: Floats, lanes: int) -> Floats:
    """The number of vectors or tiles of `lanes` that hold the sizes."""
    return np.ceil(sizes / lanes)
