"""The notebook of docs/ is that of its cells, was executed, and its cells still run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.docs.notebook import FILE, notebook
from tests.docs.notebook_cells import CELLS, Words

MOST_BYTES = 600_000


@pytest.fixture(scope="module")
def committed() -> Any:
    return json.loads(FILE.read_text(encoding="utf-8"))


def test_its_cells_are_those_that_are_written(committed: Any) -> None:
    assert [("".join(cell["source"]), cell["cell_type"]) for cell in committed["cells"]] == [
        (cell.source, "markdown" if isinstance(cell, Words) else "code") for cell in CELLS
    ]


def test_it_has_the_form_of_jupyter_and_the_output_of_every_cell(committed: Any) -> None:
    assert (committed["nbformat"], committed["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in committed["cells"]}) == len(committed["cells"])
    code = [cell for cell in committed["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert all(cell["outputs"] for cell in code)
    assert not any(output["output_type"] == "error" for cell in code for output in cell["outputs"])
    assert FILE.stat().st_size < MOST_BYTES


@pytest.mark.slow
@pytest.mark.full
def test_its_cells_run_and_give_output_of_the_same_kinds(committed: Any) -> None:
    def kinds(cells: list[Any]) -> list[list[tuple[str, list[str]]]]:
        return [[(o["output_type"], sorted(o.get("data", ()))) for o in cell.get("outputs", ())] for cell in cells]

    assert kinds(notebook()["cells"]) == kinds(committed["cells"])
