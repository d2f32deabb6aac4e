"""Makes an SVG small: no metadata, no names of groups, no line breaks, and no more digits than an eye can see."""

from __future__ import annotations

import re

_METADATA = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
_HEAD = re.compile(r"^.*?(?=<svg\b)", re.DOTALL)
# Names of groups serve nobody here; those of definitions are referred to.
_GROUP = re.compile(r'<g id="[^"]*"')
_BETWEEN = re.compile(r">\s+<")
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")
# A hundredth of a point is less than any screen or printer shows.
_DIGITS = 2


def compact(svg: str) -> str:
    """The same picture in fewer bytes; the text of the reader is left as it is."""
    plain = _HEAD.sub("", _METADATA.sub("", svg), count=1)
    plain = _BETWEEN.sub("><", _GROUP.sub("<g", plain))
    # Text stands between tags, and numbers to round within them.
    return re.sub(r"<[^>]+>", lambda tag: _LONG_NUMBER.sub(_rounded, tag[0]).replace("\n", " "), plain).strip()


def _rounded(number: re.Match[str]) -> str:
    text = f"{float(number[0]):.{_DIGITS}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
