"""The verdicts on contents in words: one line an implementation, one sentence for time and joules, the literature."""

from __future__ import annotations

import pytest

from bench.estimates.intervals import Ratio
from bench.report.page import in_short
from bench.report.sections import contents
from bench.report.sections.study import Study
from bench.rows.contents import ContentChange, ContentVerdict
from bench.store.schema import Row
from tests.bench.report.findings.test_contents import on, run_of
from tests.bench.report.sections.energy_section import tables, texts
from tests.bench.report.synthetic_run import measured

CHANGES, SAME, UNDECIDED = ContentChange


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (None, "–"),
        (
            ContentVerdict(CHANGES, "subnormal", "zeros", Ratio(93.14, 85.2, 101.8)),
            "changes: 93.1× [85.2–102], subnormal over zeros",
        ),
        (
            ContentVerdict(SAME, "relu", "zeros", Ratio(1.002, 0.99, 1.012), (), 0.0121),
            "does not change, within ± 1.3 %",
        ),
        (ContentVerdict(SAME, "relu", "zeros", Ratio(1.0, 1.0, 1.0), (), 0.0), "does not change, within ± 0.1 %"),
        (
            ContentVerdict(CHANGES, "a", "d", Ratio(2.0, 1.9, 2.1), ("a", "b", "c"), 0.02),
            "changes: 2.00× [1.90–2.10], a over d; b and c too; the others within ± 2.0 %",
        ),
        (
            ContentVerdict(UNDECIDED, "relu", "zeros", Ratio(1.2, 0.9, 1.6)),
            "undecided: 1.20× [0.900–1.60], relu over zeros",
        ),
        (
            ContentVerdict(UNDECIDED, "relu", "zeros", Ratio(1.2, None, None)),
            "undecided: 1.20× (no interval), relu over zeros",
        ),
    ],
)
def test_a_verdict_in_words(verdict: ContentVerdict | None, said: str) -> None:
    assert contents.words(verdict) == said


def _rows() -> list[Row]:
    return [
        on("normal", "loops", 1e-3), on("normal", "torch", 1e-4),
        on("subnormal", "loops", 5e-2), on("subnormal", "torch", 1e-4),
    ]  # fmt: skip


def test_the_section_has_a_line_for_each_implementation_and_the_literature() -> None:
    rows = _rows()
    energy = [measured(row, joules, joules / 1e3) for row, joules in zip(rows, (1e-2, 1.4e-3, 0.5, 1e-3), strict=True)]
    study = Study.of(run_of(rows, energy))
    (section,) = contents.sections(study)
    (table,) = tables(section)
    torch, loops = texts(table)
    assert torch[:2] == ["torch", "does not change, within ± 0.1 %"]
    assert torch[2].startswith("changes: 1.40×")
    assert loops[0] == "loops"
    assert loops[1].startswith("changes: 50.0× [")
    assert loops[1].endswith("], subnormal over normal")
    time, joules = section.answers
    assert time.startswith("The content of tensors changes time in 1 of 2 comparisons, most that of loops on mb1ic8ih8")
    assert time.endswith("; does not change time in 1 of 2 comparisons, within ± 0.1 %.")
    assert joules.startswith("The content of tensors changes joules in 2 of 2 comparisons, most that of loops on ")
    assert any("almost 40 % (arXiv 2409.18324)" in getattr(block, "text", "") for block in section.blocks)
    assert set(section.answers) <= set(in_short(study))


def test_a_run_on_one_content_says_nothing_of_contents() -> None:
    study = Study.of(run_of(_rows()[:2]))
    assert list(contents.sections(study)) == []
    assert contents.answers(study) == ()


def test_where_nothing_is_known_the_sentence_only_counts() -> None:
    rows = [on("normal", "loops", 1e-3), on("zeros", "loops", 1e-3)]
    energy = [measured(row, 1e-3, None) for row in rows]
    _, joules = contents.answers(Study.of(run_of(rows, energy)))
    assert joules == "Content and joules: 1 undecided."
