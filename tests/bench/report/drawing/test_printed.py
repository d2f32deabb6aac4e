"""A figure for print has the wanted width and font, its caption as title, and no title above the axes."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from matplotlib.axes import Axes

from bench.report.document.drawings import Drawing
from bench.report.drawing import canvas, printed

LONG = "energy per call, bracketed: time × a low and a high power of machines of the same class"
CAPTION = "Time <a> & “b”, 95 % intervals · µ"


def _draw(axes: Axes) -> None:
    axes.plot([1, 2], [1, 2], label="implicit-gemm")
    axes.set_xlabel(LONG)


DRAWING = Drawing(_draw, "A title", "words", (5.4, 4.2))


@pytest.mark.parametrize("width_mm", [50.0, 89.0, 183.0])
def test_an_svg_has_the_width_and_the_height_by_aspect(tmp_path: Path, width_mm: float) -> None:
    path = tmp_path / "a.svg"
    printed.save(DRAWING, [path], width_mm / 25.4, "DejaVu Sans", CAPTION)
    root = ElementTree.parse(path).getroot()
    width_pt, height_pt = (float(root.attrib[name].removesuffix("pt")) for name in ("width", "height"))
    assert width_pt == pytest.approx(width_mm / 25.4 * 72, abs=0.01)
    assert height_pt == pytest.approx(width_pt * 4.2 / 5.4, abs=0.01)
    assert root.findtext("{http://www.w3.org/2000/svg}title") == CAPTION
    assert b"<dc:date>" not in path.read_bytes()
    assert b"A title" not in path.read_bytes()


def test_a_wide_figure_is_less_flat_than_on_the_page(tmp_path: Path) -> None:
    printed.save(Drawing(_draw, "A", "words", (9.0, 3.0)), [tmp_path / "a.svg"], 3.5, "DejaVu Sans", CAPTION)
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    assert float(root.attrib["height"].removesuffix("pt")) == pytest.approx(252 * 0.62, abs=0.01)


def test_a_pdf_and_a_png_have_the_width_and_the_caption(tmp_path: Path) -> None:
    printed.save(DRAWING, [tmp_path / f"a.{ending}" for ending in ("pdf", "png")], 3.5, "DejaVu Sans", CAPTION)
    pdf, png = ((tmp_path / f"a.{ending}").read_bytes() for ending in ("pdf", "png"))
    box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]", pdf)
    assert box is not None
    assert [float(side) for side in box.groups()] == pytest.approx([252.0, 196.0], abs=0.5)
    assert b"/Title" in pdf
    assert b"CreationDate" not in pdf
    assert int.from_bytes(png[16:20], "big") == 2100
    assert CAPTION.encode() in png


def test_text_lines_and_marks_shrink_together() -> None:
    with canvas.style(printed.TEXT_PT, "DejaVu Sans Mono"):
        assert canvas.scaled(9.0) == pytest.approx(7.0)
        axes = canvas.figure(DRAWING, (3.5, 2.7), with_title=False).axes[0]
        assert axes.xaxis.label.get_fontsize() == pytest.approx(7.0)
        assert axes.xaxis.label.get_fontfamily()[0] == "DejaVu Sans Mono"
        assert axes.get_title("left") == ""


def test_a_label_that_is_longer_than_its_axis_is_broken() -> None:
    with canvas.style(printed.TEXT_PT):
        figure = canvas.figure(DRAWING, (3.5, 2.7), with_title=False)
        printed._wrap_labels(figure, 3.5, 2.7)
        lines = figure.axes[0].get_xlabel().splitlines()
    assert len(lines) == 2
    assert " ".join(lines) == LONG


def test_a_linear_axis_has_few_ticks_and_chosen_ones_stay() -> None:
    with canvas.style(printed.TEXT_PT):
        free, chosen = (canvas.figure(DRAWING, (3.5, 2.7), with_title=False) for _ in range(2))
        free.axes[0].set_xlim(0, 0.7)
        chosen.axes[0].set_xticks(range(12))
        printed._thin_ticks(free)
        printed._thin_ticks(chosen)
    assert len(free.axes[0].get_xticks()) <= 7
    assert len(chosen.axes[0].get_xticks()) == 12
