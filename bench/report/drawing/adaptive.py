"""Makes an SVG follow the reader: dark colours on a dark screen, and the fonts of the reader's system.

An image in a page sees the colour scheme of the screen, so one drawing serves both: each colour of the drawing gets
its counterpart. Hues stay, so shades of a family still resemble each other; lightness is turned round.
"""

from __future__ import annotations

import colorsys
import re

# The background of a dark page, as in report.css.
DARK_PAPER = "#15181b"
_FONTS = "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','Liberation Sans',Arial,'DejaVu Sans',sans-serif"
_COLOUR = re.compile(r"\b(fill|stroke): (#[0-9a-f]{6})\b")
_END_OF_HEAD = "</metadata>"
# Of a colour: its lightness on dark paper is the first of these less the second times that on white paper.
_HUE_LIGHT, _HUE_SLOPE = 0.8, 0.4
_GREY_SLOPE = 0.91


def adapt(svg: str) -> str:
    """The drawing with a style sheet for dark screens and system fonts; on paper and light screens it is unchanged."""
    rules = [f'[style*="{what}: {colour}"]{{{what}:{on_dark(colour)}!important}}' for what, colour in _used(svg)]
    dark = f"@media screen and (prefers-color-scheme:dark){{{''.join(rules)}}}"
    style = f"<style>text{{font-family:{_FONTS}!important}}{dark}</style>"
    head, end, rest = svg.partition(_END_OF_HEAD)
    # Without metadata the sheet stands right after the opening tag.
    if not end:
        return re.sub(r"(<svg\b[^>]*>)", lambda found: found[1] + style, svg, count=1)
    return f"{head}{end}{style}{rest}"


def on_dark(colour: str) -> str:
    """The counterpart of a colour (#rrggbb) on dark paper."""
    if colour == "#ffffff":
        return DARK_PAPER
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    hue, light, colourful = colorsys.rgb_to_hls(red, green, blue)
    turned = 1 - _GREY_SLOPE * light if colourful == 0 else _HUE_LIGHT - _HUE_SLOPE * light
    return "#" + "".join(f"{round(255 * part):02x}" for part in colorsys.hls_to_rgb(hue, turned, colourful))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (WCAG 2.2, "contrast ratio")."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    """The relative luminance (WCAG 2.2, "relative luminance")."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _used(svg: str) -> list[tuple[str, str]]:
    """Each property with each of its colours, once."""
    return sorted(set(_COLOUR.findall(svg)))
