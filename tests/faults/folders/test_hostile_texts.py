"""Texts of rows and of run.json that mean something to a page, a summary, a spreadsheet or a terminal stay texts."""

from __future__ import annotations

import copy
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from tests.faults.conftest import Tried
from tests.faults.folders.conftest import Command, few_rows
from tests.faults.inputs import forged

_TEXTS = {
    "text: script": "</script><script>hostile()</script>\"'><img src=x onerror=hostile()>",
    "text: markdown": "\n# hostile\n---\n`| [hostile](x) ```\n# hostile",
    "text: formula": "=hostile()",
    "escape: terminal": "\x1b[2J\x1b]8;;x\x07hostile\x1b]52;c;eA==\x07\x9b31m\u202e\u2066",
}
# Texts of a row that may be any.
_COLUMNS = ("reason", "command", "algorithm", "provider", "delegate")
_COMMANDS = {"\x1b", *map(chr, range(0x80, 0xA0)), "\u202e", "\u2066"}


class _Elements(HTMLParser):
    """The names of all elements and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(f"{tag} {name}" for name, _ in attrs)}


def _elements(page: Path) -> set[str]:
    parser = _Elements()
    parser.feed(page.read_text(encoding="utf-8"))
    return parser.found


def _headings(summary: Path) -> list[str]:
    tokens = MarkdownIt("commonmark").parse(summary.read_text(encoding="utf-8"))
    return [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]


_LONG = "畳み込み" * 2_500_000


def _long() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A run with a text of 10 million characters wherever a row, its samples or run.json have one."""
    meta, lines = forged.meta(), copy.deepcopy(few_rows())
    meta |= {"name": _LONG, "skipped": [_LONG]}
    row = lines[0]["rows"][0]
    row |= {"reason": _LONG, "command": _LONG, "algorithm": _LONG, "points": [[{"axis": "kernel", "value": _LONG}]]}
    row |= {"layers": [{"layer_set": _LONG, "layer": _LONG, "count": 1}]}
    columns = lines[0]["samples"][row["implementation"]]
    columns["flags"] = [[_LONG], *([] for _ in columns["time_s"][1:])]
    return meta, lines


def test_texts_of_ten_million_characters_are_cut(world: Path, command: Command, tried: Tried) -> None:
    forged.folder(world / "results" / "run", *_long())
    for words in (("report", "results/run"), ("results", "show", "results/run")):
        tried("text: 10 MB")
        done = command(*words)
        assert done.code == 0, done.err[:1000]
        assert len(done.out) < 1_000_000
    assert (world / "reports" / "run" / "index.html").stat().st_size < 10_000_000


def _hostile(text: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    meta, lines = forged.meta(), copy.deepcopy(few_rows())
    meta |= {"name": text, "command": text, "skipped": [text]}
    meta["environment"] |= {"host": text, "cpu": text, text[:100]: text}
    for row in lines[0]["rows"]:
        row |= {name: text for name in _COLUMNS if name in row}
    return meta, lines


@pytest.mark.parametrize("name", _TEXTS)
def test_texts_stay_texts(world: Path, command: Command, tried: Tried, name: str) -> None:
    made = world / "reports" / "run"
    assert command("report", "results/run").code == 0
    elements, headings = _elements(made / "index.html"), _headings(made / "summary.md")
    meta, lines = _hostile(_TEXTS[name])
    forged.folder(world / "results" / "run", meta, lines)
    said = []
    for words in (
        ("report", "results/run"),
        ("results", "show", "results/run"),
        ("export", "results/run", "--to", "csv", "--output", "exported"),
    ):
        tried(name)
        done = command(*words)
        assert done.code == 0, done.err
        said.append(done.out + done.err)
    assert not _COMMANDS & set("".join(said))
    assert _elements(made / "index.html") <= elements | {"br"}
    assert [one for one in _headings(made / "summary.md")[1:] if one not in headings] == []
    assert not any(cell.startswith("=") for cell in (world / "exported" / "measurements.csv").read_text().split(","))
