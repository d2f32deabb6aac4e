"""Markdown shows measured text as it is."""

from __future__ import annotations

import pytest

from bench.report.document import markdown
from bench.report.document.blocks import Cell, table


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a | b", r"a \| b"),
        ("<b> & c", "&lt;b&gt; &amp; c"),
        ("`x` *y* [z]", r"\`x\` \*y\* \[z\]"),
        ("one\n# two", "one # two"),
        ("# one", r"\# one"),
        ("---", r"\---"),
        ("--one", "--one"),
        (markdown.Raw("**x**"), "**x**"),
    ],
)
def test_text_is_escaped_unless_it_is_raw(text: str, shown: str) -> None:
    assert markdown.escape(text) == shown


def test_a_table_has_alignment_bold_and_small_text() -> None:
    made = markdown.table(table(("name", "time"), "lr", [("x|y", Cell("1 ms", "no interval", "best"))]))
    assert made.splitlines() == ["| name | time |", "|---|---:|", r"| x\|y | **1 ms** (no interval) |"]


def test_every_line_of_code_is_indented() -> None:
    assert markdown.code("a\n```\n# b") == "````\na\n```\n# b\n````"
