"""A figure before it has a size or a file: how it is drawn, its data, and the words beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class FigureData:
    """The numbers that a figure shows; names of columns end in their units, and what is missing is None."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """What the page, a file for print and a notebook draw alike.

    `draw` fills a pair of axes; `size_in` is the width and height on the page in inches; `reading` says in a sentence
    or two what marks and bars mean, for the caption.
    """

    draw: Callable[[Axes], None]
    title: str
    alt: str
    size_in: tuple[float, float]
    data: FigureData | None = None
    reading: str = ""

    @property
    def heading(self) -> str:
        """The title on one line."""
        return ": ".join(self.title.splitlines())
