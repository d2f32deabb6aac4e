"""The parts of the page and the summary: sections of blocks, made once and rendered twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.report.document.drawings import Drawing

# A wider image is not shrunk to the width of a telephone.
_WIDE_IN = 6.0


@dataclass(frozen=True, slots=True)
class Image:
    """A drawing with its alternative text; `render` makes the self-contained image of it that the page shows."""

    alt: str
    drawing: Drawing
    render: Callable[[Drawing], str] = field(compare=False, repr=False)

    @property
    def uri(self) -> str:
        """The image, drawn when it is asked for."""
        return self.render(self.drawing)

    @property
    def is_wide(self) -> bool:
        """Whether it would shrink too much on a telephone: its frame scrolls there."""
        return self.drawing.size_in[0] > _WIDE_IN


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table; `small` is printed under the text, `look` is best, muted, bad, bracket, code or empty."""

    text: str
    small: str = ""
    look: str = ""


@dataclass(frozen=True, slots=True)
class Prose:
    text: str
    kind: str = "prose"


@dataclass(frozen=True, slots=True)
class Heading:
    text: str
    kind: str = "heading"


@dataclass(frozen=True, slots=True)
class Code:
    """A command to type, shown line by line as it is."""

    text: str
    kind: str = "code"


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `align` has one letter per column: l for words, r for numbers."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    align: str
    kind: str = "table"


@dataclass(frozen=True, slots=True)
class Gallery:
    """Images side by side where the page is wide enough; the summary leaves them out."""

    images: tuple[Image, ...]
    kind: str = "gallery"


@dataclass(frozen=True, slots=True)
class Details:
    """Blocks that the reader can unfold; in the summary only if `in_summary`."""

    title: str
    blocks: tuple[Block, ...]
    in_summary: bool = True
    kind: str = "details"


@dataclass(frozen=True, slots=True)
class Alert:
    """Blocks that the reader must see."""

    title: str
    blocks: tuple[Block, ...]
    kind: str = "alert"


Block = Prose | Heading | Code | Table | Gallery | Details | Alert


@dataclass(frozen=True, slots=True)
class Section:
    """One or a few lines of answers to one question, then the detail."""

    anchor: str
    title: str
    answers: tuple[str, ...]
    blocks: tuple[Block, ...] = ()


def table(head: Sequence[str], align: str, rows: Sequence[Sequence[Cell | str]]) -> Table:
    """A table from cells or plain text."""
    cells = tuple(tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in row) for row in rows)
    return Table(tuple(head), cells, align)
