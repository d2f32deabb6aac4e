"""Markdown as the tests of the documentation read it: links, headings, code."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_FENCE = re.compile(r"^```(?P<language>[\w{}]*)[^\n]*\n(?P<body>.*?)^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")


def written_pages() -> list[Path]:
    """Every page that people write; reference pages are made from the code, and only their index is written."""
    return [
        *(
            ROOT / name
            for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "results/README.md", "reports/README.md")
        ),
        *sorted(DOCS.glob("*.md")),
        DOCS / "reference" / "index.md",
    ]


def fences(text: str, language: str) -> list[str]:
    """The code blocks of a language."""
    return [match["body"] for match in _FENCE.finditer(text) if match["language"] == language]


def spans(text: str) -> list[str]:
    """Code within lines; a span ends on the line on which it begins."""
    return re.findall(r"`([^`\n]+)`", _FENCE.sub("", text))


def links(text: str) -> list[str]:
    """The targets of links and pictures."""
    return [match["target"] for match in _LINK.finditer(_FENCE.sub("", text))]


def anchors(text: str) -> set[str]:
    """The anchors of the headings, as GitHub and MyST make them."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(text: str) -> list[str]:
    """Every line of a terminal and every piece of code that calls convcost, from that word on."""
    lines = [line for block in fences(text, "console") for line in block.splitlines()]
    found = (re.search(r"(?:^| )convcost (.+)", line.partition(" #")[0]) for line in [*lines, *spans(text)])
    return [match[1] for match in found if match]
