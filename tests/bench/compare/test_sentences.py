"""What a comparison says: the most important first, in words with their numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.compare.comparison import ComparisonTerms, compare_folders
from bench.compare.sentences import case_names, duration, percent, sentences
from bench.store.status import Status
from tests.bench.compare.made_runs import CASES, ENVIRONMENT, slower, write_run


@pytest.mark.parametrize(
    ("ratio", "words"),
    [(1.031, "+3.1 %"), (0.8, "−20 %"), (1.0, "0.0 %"), (4.0, "×4.0"), (0.999, "−0.1 %"), (2.5, "+150 %")],
)
def test_a_ratio_is_told_as_a_change(ratio: float, words: str) -> None:
    assert percent(ratio) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, "–"), (5.0, "1 min"), (61.0, "2 min"), (7200.0, "2 h"), (1e7, "> 100 h")]
)
def test_measuring_is_told_in_minutes(seconds: float | None, words: str) -> None:
    assert duration(seconds) == words


def test_cases_are_named_by_what_differs() -> None:
    names = case_names(["p|nobias|fp32|warm", "p|nobias|bf16|warm", "q|nobias|fp32|warm"])
    assert list(names.values()) == ["p fp32", "p bf16", "q fp32"]


def _said(old: Path, new: Path, terms: ComparisonTerms = ComparisonTerms()) -> list[str]:  # noqa: B008
    return sentences(compare_folders([old], [new], terms))


def test_a_wrong_result_comes_first_then_what_is_shared_then_rows(tmp_path: Path) -> None:
    old = write_run(tmp_path, 1)
    new = write_run(tmp_path, 2, statuses={(CASES[0], "fft"): Status.WRONG}, factor=slower("direct", 1.3, CASES[2]))
    wrong, shared, rows, *_ = _said(old, new)
    assert wrong == f"Wrong: 1 row was right and is not: fft on {CASES[0]} (wrong)."
    assert shared.startswith("All rows together, beside torch and onednn, which cannot have changed: ")
    assert rows.startswith(f"Of 41 rows beside what all share: 1 slower (direct on {CASES[2]} +")


def test_a_difference_that_was_allowed_is_in_the_first_line(tmp_path: Path) -> None:
    old, new = write_run(tmp_path, 1), write_run(tmp_path, 2, environment=ENVIRONMENT | {"torch": "2.14.0"})
    first = _said(old, new, ComparisonTerms(across=("torch",)))[0]
    assert first.startswith("Across torch (2.13.0 → 2.14.0): All rows share ")


def test_a_changed_implementation_another_choice_and_lonely_rows_are_said(tmp_path: Path) -> None:
    old = write_run(tmp_path, 1, columns={"delegate": "direct"})
    new = write_run(tmp_path, 2, cases=CASES[1:], factor=slower("fft", 1.2), columns={"peak_bytes": 2 * 10**6})
    said = " ".join(_said(old, new))
    assert "In all its cases, beside what all share, slower: fft +" in said
    assert f"Another choice: torch on {CASES[1]} (direct → itself)" in said
    assert f"Only on the old side: torch on {CASES[0]}" in said
    assert "Not tested: peak memory of 35 rows differs by more than 10 %, most of torch on" in said


def test_nothing_changed_is_a_sentence(tmp_path: Path) -> None:
    sides = [[write_run(tmp_path, 2 * n + side) for n in range(3)] for side in range(2)]
    said = sentences(compare_folders(sides[0], sides[1], ComparisonTerms()))
    assert "Nothing changed: all 42 rows are the same within 2 % beside what all share." in said
