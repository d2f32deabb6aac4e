"""Fits the columns of a table into a width: wraps text, leaves columns out, or stacks tables. No word is broken."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

# A column of text is this wide, or has its text on one line; narrower ones read badly.
_COMFORTABLE = 24
# More tables than this tear a row apart: then a paragraph for each row reads better.
_MOST_PARTS = 3
# Spaces and a line beside each cell, and one line more.
_FRAME, _EDGE = 3, 1
# Before and between the cells of a row that stands under its name.
_INDENT, _GAP = 2, 2


@dataclass(frozen=True, slots=True)
class Part:
    """A table of some of the columns, by their numbers, with the width of each."""

    columns: tuple[int, ...]
    widths: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Need:
    """The columns that a column needs: for its longest word, to read well, and on one line."""

    word: int
    least: int
    whole: int


def parts(
    columns: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[int], keys: int, width: int
) -> list[Part] | None:
    """The tables that show all columns in a width, the first `keys` columns in each; None if it takes too many.

    Columns in `left` hold text and may wrap at words; cells of the others, numbers with units, stay on one line.
    """
    needs = [_need([name, *(row[i] for row in rows)], width, wraps=i in left) for i, name in enumerate(columns)]
    key, rest = tuple(range(keys)), list(range(keys, len(columns)))
    found: list[Part] = []
    while rest or not found:
        taken = _fitting(needs, key, rest, width)
        if taken is None or len(found) == _MOST_PARTS:
            return None
        found.append(Part((*key, *rest[:taken]), _widths(needs, (*key, *rest[:taken]), width)))
        rest = rest[taken:]
    return found


def kept(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    left: Sequence[int],
    keys: int,
    width: int,
    spare: Sequence[int] = (),
) -> list[int]:
    """The columns to show: those with a name or text, without as many of `spare`, in order, as one table requires."""
    found = [i for i, name in enumerate(columns) if name or any(row[i] for row in rows)]
    for i in spare:
        own = [name for n, name in enumerate(columns) if n in found]
        cells = [[cell for n, cell in enumerate(row) if n in found] for row in rows]
        if is_one_table(own, cells, [found.index(n) for n in left if n in found], keys, width):
            break
        found = [n for n in found if n != i]
    return found


def is_one_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[int], keys: int, width: int
) -> bool:
    """Whether one table shows all columns, with no word broken."""
    found = parts(columns, rows, left, keys, width)
    return found is not None and len(found) == 1 and not breaks_a_word(found[0], columns, rows)


def breaks_a_word(part: Part, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether a word has no room in its column, as only one longer than the terminal."""
    sizes = dict(zip(part.columns, part.widths, strict=True))
    words = [(size, word) for line in (columns, *rows) for i, size in sizes.items() for word in line[i].split()]
    return any(cell_len(word) > size for size, word in words)


def under_names(
    columns: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[int], width: int
) -> list[str] | None:
    """The rows without borders, each under its first cell, which has a line of its own; None if they are too wide."""
    lines = [list(line[1:]) for line in (columns, *rows)]
    sizes = [max(map(cell_len, cells)) for cells in zip(*lines, strict=True)]
    if _INDENT + sum(sizes) + _GAP * (len(sizes) - 1) > width:
        return None

    head, *rest = (_aligned(cells, sizes, left) for cells in lines)
    under = [line for row, cells in zip(rows, rest, strict=True) for line in (row[0], cells)]
    return [columns[0], head, "─" * min(width, max(map(cell_len, (head, *under)))), *under]


def _aligned(cells: Sequence[str], sizes: Sequence[int], left: Sequence[int]) -> str:
    """The cells of a row after its first one, as a line."""
    filled = []
    for i, (cell, size) in enumerate(zip(cells, sizes, strict=True), 1):
        space = " " * (size - cell_len(cell))
        filled.append(f"{cell}{space}" if i in left else f"{space}{cell}")
    return (" " * _INDENT + (" " * _GAP).join(filled)).rstrip()


def records(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """The rows as lines `column: value`, each row a paragraph: for widths that no table fits."""
    lines: list[str] = []
    for row in rows:
        lines += [""] * bool(lines)
        cells = [(name, cell) for name, cell in zip(columns, row, strict=True) if cell]
        for number, (name, cell) in enumerate(cells):
            text, indent = f"{name}: {cell}" if name else cell, "  " * (number > 0)
            lines += textwrap.wrap(
                text,
                width,
                initial_indent=indent,
                subsequent_indent=f"{indent}  ",
                break_long_words=False,
                break_on_hyphens=False,
            )
    return lines


def _need(cells: Sequence[str], width: int, *, wraps: bool) -> _Need:
    """The need of a column from its name and cells; words longer than the width are broken anyway and do not count."""
    whole = max(cell_len(cell) for cell in cells)
    unbroken = [word for cell in cells for word in cell.split()] if wraps else [*cells[0].split(), *cells[1:]]
    word = max((size for part in unbroken if (size := cell_len(part)) <= width), default=1)
    return _Need(word, min(whole, max(word, _COMFORTABLE)) if wraps else word, whole)


def _fitting(needs: Sequence[_Need], key: tuple[int, ...], rest: Sequence[int], width: int) -> int | None:
    """The number of columns from `rest` that fit beside the key columns; None if not even one does."""
    for number in range(len(rest), 0, -1):
        if _frame(len(key) + number) + sum(needs[i].least for i in (*key, *rest[:number])) <= width:
            return number
    tight = (*key, *rest[:1])
    return min(len(rest), 1) if _frame(len(tight)) + sum(needs[i].word for i in tight) <= width else None


def _widths(needs: Sequence[_Need], chosen: tuple[int, ...], width: int) -> tuple[int, ...]:
    """The width of each column: what it needs, and an equal share of the rest for those whose text wraps."""
    room = width - _frame(len(chosen))
    fits = sum(needs[i].least for i in chosen) <= room
    given = {i: needs[i].least if fits else needs[i].word for i in chosen}
    spare, waiting = room - sum(given.values()), sorted(chosen, key=lambda i: needs[i].whole - given[i])
    for position, i in enumerate(waiting):
        more = min(needs[i].whole - given[i], spare // (len(waiting) - position))
        given[i], spare = given[i] + more, spare - more
    return tuple(given[i] for i in chosen)


def _frame(columns: int) -> int:
    return _FRAME * columns + _EDGE
