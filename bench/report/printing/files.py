"""Writes each figure of a page in files of its own, with its data and its caption beside it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from bench.bounds import plain_cell
from bench.report.document.blocks import Alert, Block, Details, Gallery, Section
from bench.report.document.drawings import Drawing, FigureData
from bench.report.drawing import printed
from bench.report.printing.captions import caption
from bench.report.printing.choices import Printing
from bench.report.sections.study import Study
from bench.store.files import UNKNOWN, make_folder, replace_text, replaced

# Beside the page.
FOLDER = "figures"
# Names of files that every file system and archive takes.
_LONGEST = 120


def write(study: Study, shown: Iterable[Drawing], folder: Path, printing: Printing) -> list[Path]:
    """Writes NAME.svg, NAME.pdf, NAME.png as wanted, NAME.csv and NAME.txt for each figure; returns their paths.

    Raises OSError if the folder cannot be written.
    """
    written: list[Path] = []
    named = names(shown)
    if named:
        make_folder(folder)
    for name, drawing in named.items():
        words = caption(study, drawing)
        images = [folder / f"{name}.{format}" for format in printing.formats]
        printed.save(drawing, images, printing.width_in, printing.font, words)
        written += images
        if drawing.data is not None:
            written.append(write_csv(drawing.data, folder / f"{name}.csv"))
        text = folder / f"{name}.txt"
        replace_text(text, words + "\n")
        written.append(text)
    return written


def drawings(sections: Iterable[Section]) -> Iterator[Drawing]:
    """The drawings of a page, in its order."""
    for section in sections:
        yield from _within(section.blocks)


def _within(blocks: Iterable[Block]) -> Iterator[Drawing]:
    for block in blocks:
        if isinstance(block, Gallery):
            yield from (image.drawing for image in block.images)
        elif isinstance(block, Details | Alert):
            yield from _within(block.blocks)


def names(listed: Iterable[Drawing]) -> dict[str, Drawing]:
    """The name of each drawing's files: its title in letters and digits, with a number where two are equal."""
    found: dict[str, Drawing] = {}
    for drawing in listed:
        stem = re.sub(r"[^a-z0-9.]+", "-", drawing.heading.lower()).strip("-.")[:_LONGEST].strip("-.") or "figure"
        name, number = stem, 1
        while name in found:
            number += 1
            name = f"{stem}-{number}"
        found[name] = drawing
    return found


def write_csv(data: FigureData, path: Path) -> Path:
    """Writes numbers with all their digits; what is missing is an empty cell."""
    with replaced(path) as temporary, temporary.open("w", encoding="utf-8", errors=UNKNOWN, newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(data.columns)
        writer.writerows([plain_cell(c) if isinstance(c, str) else c for c in row] for row in data.rows)
    return path
