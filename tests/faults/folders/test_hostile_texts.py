"""Texts of rows and of run.json that mean something to a page, a summary, a spreadsheet or a terminal stay texts."""

from __future__ import annotations

import copy
import csv
import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bench.bounds import plain_cell
from tests.faults.conftest import Tried
from tests.faults.folders.conftest import Command
from tests.faults.inputs import forged

_TEXTS = {
    "text: script": "</script><script>hostile()</script>\"'><img src=x onerror=hostile()>{{7*7}}{% raw %}",
    "text: markdown": "\n# hostile\n---\n`| [hostile](x) ```\n# hostile\n<b>|\\|`\n| a | b |\n|---|---|",
    "text: LaTeX": "\\input{/etc/passwd}\\end{tabular}%$&_^~`*`|#[",
    "text: formula": "=hostile()",
    "escape: terminal": "\x1b[2J\x1b]8;;x\x07hostile\x1b]52;c;eA==\x07\x9b31m\u202e\u2066\r\x00",
}
# Texts of a row that may be any.
_COLUMNS = ("reason", "command", "algorithm", "provider", "backend", "delegate", "side_effects")
_COMMANDS = {"\x1b", "\r", "\x00", *map(chr, range(0x80, 0xA0)), "\u202e", "\u2066"}
_DATA = re.compile(r'<script type="application/json" id="explore-data">(.*?)</script>', re.DOTALL)


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


def _tokens(summary: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(summary.read_text(encoding="utf-8"))


def _headings(tokens: list[Token]) -> list[str]:
    return [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]


def _kinds(tokens: list[Token]) -> set[str]:
    return {one.type for token in tokens for one in (token, *(token.children or ()))}


_LONG = "畳み込み" * 2_500_000


def _long() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A run with a text of 10 million characters wherever a row, its samples or run.json have one."""
    meta, lines = forged.meta(), copy.deepcopy(forged.few_rows())
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
    """A run with the text wherever there may be any; its first implementation has it as its name, too."""
    meta, lines = forged.meta(), copy.deepcopy(forged.few_rows())
    meta |= {"name": text, "command": text, "skipped": [text]}
    meta["configuration"] |= {"layers": [text], "base": text, "data": [text]}
    meta["environment"] |= {"host": text, "cpu": text, text[:100]: text}
    for row in lines[0]["rows"]:
        row.update(dict.fromkeys(_COLUMNS, text))
    named = forged.as_read(text)
    lines[0]["samples"][named] = lines[0]["samples"].pop(lines[0]["rows"][0]["implementation"])
    lines[0]["rows"][0]["implementation"] = named
    return meta, lines


@pytest.mark.parametrize("name", _TEXTS)
def test_texts_stay_texts(world: Path, command: Command, tried: Tried, name: str) -> None:
    made = world / "reports" / "run"
    assert command("report", "results/run").code == 0
    elements, summary = _elements(made / "index.html"), _tokens(made / "summary.md")
    meta, lines = _hostile(_TEXTS[name])
    forged.folder(world / "results" / "run", meta, lines)
    said = []
    for words in (
        ("report", "results/run"),
        ("results", "show", "results/run"),
        ("results", "check", "results/run"),
        ("cost", "results/run", "--calls-per-day", "1"),
        ("cost", "results/run", "--calls-per-day", "1", "--latex"),
        ("export", "results/run", "--to", "csv", "--output", "exported"),
        ("export", "results/run", "--to", "json", "--output", "exported.json"),
    ):
        tried(name)
        done = command(*words)
        assert done.code == 0, (words, done.err)
        said.append(done.out + done.err)
        if "--latex" in words:
            assert "\\begin{tabular}" in done.out
            assert "\\input" not in done.out
            assert done.out.count("\\end{tabular}") == done.out.count("\\begin{tabular}")
    pages = [(made / page).read_text(encoding="utf-8") for page in ("index.html", "summary.md")]
    assert not _COMMANDS & set("".join([*said, *pages]))
    assert _elements(made / "index.html") <= elements | {"br"}
    hostile = _tokens(made / "summary.md")
    assert [one for one in _headings(hostile)[1:] if one not in _headings(summary)] == []
    assert _kinds(hostile) <= _kinds(summary)
    _require_same(forged.as_read(_TEXTS[name]), pages[0], world)


def _require_same(text: str, page: str, world: Path) -> None:
    """The text comes back from the page's data and from exports, character by character."""
    (found,) = _DATA.findall(page)
    data = json.loads(found)
    assert data["name"] == text
    for column in ("implementation", "algorithm", "provider", "backend", "delegate"):
        assert text in data["rows"][column]["words"], column
    assert text in data["cases"]["command"]
    exported = json.loads((world / "exported.json").read_text(encoding="utf-8"))
    assert exported["run"]["environment"]["host"] == exported["run"]["name"] == text
    with (world / "exported" / "measurements.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for column in _COLUMNS:
        assert {row[column] for row in exported["measurements"]} == {text}, column
        assert {row[column] for row in rows} == {plain_cell(text)}, column
