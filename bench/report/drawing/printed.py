"""Draws a figure as a file for print: in a given width and font, without a title, which is in the caption."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import AutoLocator, MaxNLocator

from bench.report.document.drawings import Drawing
from bench.report.drawing import canvas
from bench.store.files import replaced

# Journals ask for text of 5 to 8 points, and for 300 to 600 dots an inch.
TEXT_PT = 7.0
_DOTS_PER_IN = 600
# Letters of an axis label that fit beside an axis: an axis takes about this share of the figure, and a letter this
# share of the size of its text.
_AXIS, _LETTER = 0.8, 0.53
# Of a linear horizontal axis so many parts have room for their labels.
_MOST_PARTS = 5
# The height over the width, at least: figures of the whole width of a page would be flat strips in a column.
_FLATTEST = 0.62
# No date, so that the same run gives the same bytes.
_UNDATED: dict[str, dict[str, Any]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}


def save(drawing: Drawing, paths: Iterable[Path], width_in: float, font: str, caption: str) -> None:
    """Writes each file in the format of its ending, svg, pdf or png; `caption` is the title in the metadata.

    The height has the same ratio to the width as on the page, or one that is less flat. Raises OSError if a file
    cannot be written.
    """
    height_in = width_in * max(drawing.size_in[1] / drawing.size_in[0], _FLATTEST)
    with canvas.style(TEXT_PT, font, are_words_shapes=True):
        figure = canvas.figure(drawing, (width_in, height_in), with_title=False)
        _wrap_labels(figure, width_in, height_in)
        _thin_ticks(figure)
        for path in paths:
            kind = path.suffix[1:]
            metadata = {"Title": caption, **_UNDATED[kind]}
            with replaced(path) as temporary:
                figure.savefig(temporary, format=kind, dpi=_DOTS_PER_IN, metadata=metadata)


def _wrap_labels(figure: Figure, width_in: float, height_in: float) -> None:
    """Breaks labels that are longer than their axis."""
    for axes in figure.axes:
        for axis, length_in in ((axes.xaxis, width_in), (axes.yaxis, height_in)):
            letters = int(length_in * 72 * _AXIS / (TEXT_PT * _LETTER))
            # A number and its unit stay together.
            words = axis.get_label_text().replace(" %", "\u00a0%")
            axis.set_label_text(textwrap.fill(words, letters))


def _thin_ticks(figure: Figure) -> None:
    """Fewer ticks where matplotlib chose them, for a wider figure than this one."""
    for axes in figure.axes:
        if isinstance(axes.xaxis.get_major_locator(), AutoLocator):
            axes.xaxis.set_major_locator(MaxNLocator(_MOST_PARTS))
