"""Formats, widths and fonts: what is possible is read, and anything else is refused with what is allowed."""

from __future__ import annotations

import pytest

from bench.errors import UsageError
from bench.report.printing import choices
from tests.bench.commands.running import assert_says


@pytest.mark.parametrize(
    ("text", "formats"), [("svg", ("svg",)), ("svg,pdf,png", ("svg", "pdf", "png")), ("PNG, svg,png", ("png", "svg"))]
)
def test_formats(text: str, formats: tuple[str, ...]) -> None:
    assert choices.formats_of(text) == formats


@pytest.mark.parametrize(
    ("text", "length_mm"), [("89mm", 89.0), ("8.9 cm", 89.0), ("3.5in", 88.9), ("252pt", 88.9), ("183MM", 183.0)]
)
def test_widths(text: str, length_mm: float) -> None:
    assert choices.millimetres(text) == pytest.approx(length_mm)


@pytest.mark.parametrize("text", ["", "jpg", "svg,", "svg,jpg", "svg pdf"])
def test_other_formats_are_refused(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        choices.formats_of(text)
    assert_says(str(refused.value), f"--figures is {text!r}; allowed: svg, pdf, png…type --figures svg,pdf,png")


@pytest.mark.parametrize("text", ["", "89", "mm", "-89mm", "89px", "0mm", "49.9mm", "401mm", "1e3mm", "nanmm", "4 m"])
def test_other_widths_are_refused(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        choices.millimetres(text)
    assert_says(
        str(refused.value), f"--width is {text!r}; allowed: a number with its unit, mm, cm, in, pt, from 50mm to 400mm…"
        "type --width 89mm",
    )  # fmt: skip


def test_a_font_is_found_however_it_is_capitalised() -> None:
    assert choices.installed("dejavu  sans mono") == "DejaVu Sans Mono"


def test_a_font_that_is_not_installed_is_refused_with_near_ones() -> None:
    with pytest.raises(UsageError) as refused:
        choices.installed("DejaVu Sanz")
    assert_says(
        str(refused.value), "--font is 'DejaVu Sanz', which is not installed here; allowed: one of the…DejaVu Sans"
    )


def test_the_default_is_one_column_of_a_journal() -> None:
    wanted = choices.printing("pdf")
    assert (wanted.width_mm, wanted.font) == (89.0, "DejaVu Sans")
    assert wanted.width_in == pytest.approx(3.504, abs=1e-3)
