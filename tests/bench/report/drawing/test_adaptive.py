"""A drawing has colours for dark screens, in which everything stays legible, and the fonts of the system."""

from __future__ import annotations

import pytest

from bench.report.drawing.adaptive import DARK_PAPER, adapt, contrast, on_dark
from bench.report.drawing.marks import BUILT_IN, MODELLED, marks_for

SVG = '<svg a="b">\n <metadata></metadata><path style="fill: #ffffff; stroke: #0072b2"/></svg>'


def test_every_colour_has_a_counterpart_on_dark_screens_only() -> None:
    adapted = adapt(SVG)
    dark = adapted.index("@media screen and (prefers-color-scheme:dark)")
    assert f'[style*="fill: #ffffff"]{{fill:{DARK_PAPER}!important}}' in adapted[dark:]
    assert f'[style*="stroke: #0072b2"]{{stroke:{on_dark("#0072b2")}!important}}' in adapted[dark:]
    assert adapted.endswith('<path style="fill: #ffffff; stroke: #0072b2"/></svg>')
    assert "system-ui" in adapted[:dark]


def test_a_drawing_without_metadata_is_adapted_too() -> None:
    assert adapt('<svg a="b"><g/></svg>').startswith('<svg a="b"><style>')


@pytest.mark.parametrize("name", [*BUILT_IN, *(f"plugin-{i}" for i in range(7))])
def test_marks_stand_out_on_white_and_on_dark_paper(name: str) -> None:
    """WCAG 2.2, 1.4.11: graphics need a contrast of 3."""
    colour = marks_for([name, *(f"plugin-{i}" for i in range(7))])[name].colour.lower()
    assert contrast(colour, "#ffffff") >= 3
    assert contrast(on_dark(colour), DARK_PAPER) >= 3


@pytest.mark.parametrize("ink", ["#222222", "#333333", "#444444", "#666666", MODELLED])
def test_words_stand_out_too(ink: str) -> None:
    """WCAG 2.2, 1.4.3: text needs a contrast of 4.5."""
    assert contrast(ink, "#ffffff") >= 4.5
    assert contrast(on_dark(ink), DARK_PAPER) >= 4.5


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
