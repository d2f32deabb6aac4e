"""LaTeX shows measured text as it is, needs no package, and splits long tables."""

from __future__ import annotations

import re

import pytest

from bench.report.document import latex
from bench.report.document.blocks import table


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("winograd_f4 & 50 %", r"winograd\_f4 \& 50 \%"),
        ("a\\b{c}$d#e~f^g", r"a\textbackslash{}b\{c\}\$d\#e\textasciitilde{}f\textasciicircum{}g"),
        ("0.9–2.1 × 3 µs ± 1", r"0.9--2.1 $\times$ 3 $\mu$s $\pm$ 1"),
        ("kg CO₂e †", r"kg CO$_2$e \dag{}"),
        ("--cpu-idle-w", "-{}-cpu-idle-w"),
        ('<b> | "q" [x]*', "$<$b$>$ $|$ ''q'' {[}x{]}{*}"),
        ("one\n\ntwo\n% three", r"one two \% three"),
        ("Türkiye", "Türkiye"),
    ],
)
def test_text_is_escaped(text: str, shown: str) -> None:
    assert latex.escape(text) == shown


def test_a_table_has_its_caption_and_no_package() -> None:
    made = latex.tables(table(("case", "kWh"), "lr", [("a_b", "1–2")]), "A year", "Said of it.")
    assert made.splitlines() == [
        r"\begin{table}",
        r"\centering\small\setlength{\tabcolsep}{4pt}",
        r"\caption[{A year}]{A year. Said of it.}",
        r"\begin{tabular}{lr}",
        r"\hline",
        r"case & kWh \\",
        r"\hline",
        r"a\_b & 1--2 \\",
        r"\hline",
        r"\end{tabular}",
        r"\end{table}",
    ]


def test_long_tables_become_several_and_long_words_wrap() -> None:
    rows = [(f"case {n}", "word " * 10) for n in range(latex.MOST_ROWS + 1)]
    made = latex.tables(table(("case", "why"), "ll", rows), "A year", "Said of it.")
    assert made.count(r"\begin{table}") == made.count(r"\end{table}") == 2
    assert r"A year (continued). Said of it." in made
    assert re.findall(r"\\begin\{tabular\}\{(.*)\}", made) == [r"lp{0.28\linewidth}"] * 2
    assert made.count(r"case 40 & ") == 1
