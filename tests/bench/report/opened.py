"""What holds of every page without an explorer: one file, no script, no request, balanced tags, and no bare None."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path


class OpenTags(HTMLParser):
    """Holds the tags that are open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def checked(page: Path) -> str:
    """The text of a page, with a plain space for each that may not break."""
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "http://" not in text
    assert "https://" not in text
    assert not re.search(r"<(link|iframe|object)\b|@import|url\(", text)
    images = re.findall(r'<img[^>]* src="([^"]+)" alt="([^"]+)">', text)
    assert len(images) == text.count("<img")
    for source, _ in images:
        head, _, data = source.partition(",")
        assert head == "data:image/svg+xml;base64"
        svg = base64.b64decode(data)
        assert b"<svg" in svg
        assert b"<script" not in svg
    without = re.sub(r'src="[^"]*"', "", text)
    assert not re.search(r"\b(nan|None|NaN|inf)\b", without)
    tags = OpenTags()
    tags.feed(text)
    assert tags.open == []
    return text.replace("\u00a0", " ")
