"""The README is one page of questions and commands, and the plug-in of the guide is right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import impls
from bench.gate.gate import gate
from bench.gate.inputs import draw
from bench.run.validate import default_problems
from impls import Case, registry
from tests.docs.markdown import DOCS, ROOT, commands, fences

MOST_LINES = 130
README = (ROOT / "README.md").read_text(encoding="utf-8")
ADDING = (DOCS / "adding-an-implementation.md").read_text(encoding="utf-8")


@pytest.fixture
def _registry() -> Iterator[None]:
    before = dict(registry._registered)
    yield
    registry._registered.clear()
    registry._registered.update(before)


def test_the_readme_is_one_page() -> None:
    assert len(README.splitlines()) <= MOST_LINES


def test_the_readme_answers_ten_questions_by_ten_commands() -> None:
    table = README.partition("| question | command |")[2].partition("\n\n")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ") and line != "|---|---|"]
    assert len(lines) == 10
    assert all(commands(line) for line in lines)


@pytest.mark.usefixtures("_registry")
def test_the_plug_in_is_right_on_all_it_supports(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    (plug_in,) = (block for block in fences(ADDING, "python") if block.startswith("# mine.py"))
    path.write_text(plug_in)
    (name,) = impls.load_file(path)
    implementation, supported = impls.get(name), 0
    for problem in default_problems():
        for layout in ("nchw", "nhwc"):
            case = Case(problem, layout=layout)
            if implementation.why_not(case) is None:
                supported += 1
                assert gate(implementation, case, draw(case, 1)).verdict.reason is None
    assert supported > 5
