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


# The languages of code blocks whose lines are typed into a terminal.
SHELLS = ("console", "sh", "bash", "shell")
_CALL = re.compile(r"(?:\w+=\S+ )*(?:\S*/)?(?:convcost|nox|pip|pipx|python3?|perf|pytest|\.) \S")


def shell_lines(text: str) -> list[str]:
    """Every line of a terminal, and every piece of code that calls a program: all commands that a reader may type.

    A command's name alone is a call of it in a table, and in prose its name.
    """
    blocks = [block for language in SHELLS for block in fences(text, language)]
    lines = [re.sub(r"(?:^|\s+)#.*", "", line).strip() for block in blocks for line in block.splitlines()]
    bare = _FENCE.sub("", text)
    cells = {span for line in bare.splitlines() if line.startswith("|") for span in spans(line)}
    calls = [span for span in spans(text) if _CALL.match(span) and (span in cells or not _is_name(span))]
    return [line for line in (*lines, *calls) if line]


def _is_name(span: str) -> bool:
    return re.fullmatch(r"convcost [a-z-]+", span) is not None


def commands(text: str) -> list[str]:
    """Every call of convcost, from that word on."""
    found = (re.search(r"(?:^|[ /])convcost (.+)", line) for line in shell_lines(text))
    return [match[1] for match in found if match]
