"""The notebooks of docs/ are those of their cells, were executed, and their cells still run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.notebook.flops_lesson import FlopsLesson
from bench.notebook.loading import load
from bench.notebook.questions import WrongAnswer
from tests.docs.markdown import DOCS, ROOT
from tests.docs.notebook import LESSON, NOTEBOOKS, notebook
from tests.docs.notebook_cells import Python, Words

MOST_BYTES = 600_000
STUDY = ROOT / "results" / "reference" / "intel-xeon-2-cores" / "study"
EACH = pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)


def committed(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def test_every_notebook_has_cells_here() -> None:
    assert set(DOCS.rglob("*.ipynb")) == set(NOTEBOOKS)


@EACH
def test_its_cells_are_those_that_are_written(file: Path) -> None:
    assert [("".join(cell["source"]), cell["cell_type"]) for cell in committed(file)["cells"]] == [
        (cell.source, "markdown" if isinstance(cell, Words) else "code") for cell in NOTEBOOKS[file]
    ]


@EACH
def test_it_has_the_form_of_jupyter_and_the_output_of_every_cell(file: Path) -> None:
    made = committed(file)
    assert (made["nbformat"], made["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in made["cells"]}) == len(made["cells"])
    code = [cell for cell in made["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert all(cell["outputs"] for cell in code)
    assert not any(output["output_type"] == "error" for cell in code for output in cell["outputs"])
    assert file.stat().st_size < MOST_BYTES


def kinds(cells: list[Any]) -> list[list[tuple[str, list[str]]]]:
    return [[(o["output_type"], sorted(o.get("data", ()))) for o in cell.get("outputs", ())] for cell in cells]


@pytest.mark.slow
@pytest.mark.full
@EACH
def test_its_cells_run_and_give_output_of_the_same_kinds(file: Path) -> None:
    assert kinds(notebook(NOTEBOOKS[file], file.parent)["cells"]) == kinds(committed(file)["cells"])


def answered(*answers: object) -> list[Words | Python]:
    """The cells of the lesson with a student's answers in place of the dots."""
    by_source = {f"lesson.check({number}, ...)": answer for number, answer in enumerate(answers, 1)}
    found: list[Words | Python] = []
    for cell in NOTEBOOKS[LESSON]:
        source = cell.source
        for asked, answer in by_source.items():
            source = source.replace(asked, asked.replace("...", repr(answer)))
        found.append(type(cell)(source))
    return found


@pytest.fixture(scope="module")
def lesson() -> FlopsLesson:
    return FlopsLesson(load(STUDY))


@pytest.mark.slow
def test_the_lesson_runs_with_right_answers(lesson: FlopsLesson) -> None:
    cells = notebook(answered(*(question.answer for question in lesson.questions)), LESSON.parent)["cells"]
    said = [text for cell in cells for o in cell.get("outputs", ()) for text in o.get("data", {}).get("text/plain", ())]
    assert sum(text.startswith("Right. ") for text in said) == len(lesson.questions) == 5


@pytest.mark.parametrize("wrong", range(5))
def test_the_lesson_stops_with_a_hint_at_a_wrong_answer(lesson: FlopsLesson, wrong: int) -> None:
    answer = lesson.questions[wrong].answer
    with pytest.raises(WrongAnswer) as raised:
        lesson.check(wrong + 1, "elsewhere" if isinstance(answer, str) else 10 * answer + 7)
    assert str(raised.value) == lesson.questions[wrong].hint
    # A hint does not tell.
    assert str(answer) not in str(raised.value)


def test_the_lesson_asks_what_its_questions_say(lesson: FlopsLesson) -> None:
    asked = [cell.source for cell in NOTEBOOKS[LESSON] if "**Question" in cell.source]
    assert len(asked) == len(lesson.questions)
    checks = [cell.source for cell in NOTEBOOKS[LESSON] if "lesson.check(" in cell.source]
    assert [source.rpartition("lesson.check(")[2] for source in checks] == [f"{n}, ...)" for n in range(1, 6)]
