"""Writes the notebooks of docs/: runs the cells of each, one after the other, and keeps what they show.

`python -m tests.docs.notebook [NAME…]` writes them anew, or those of these names. It needs no Jupyter: the cells are
plain Python.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import pyplot
from matplotlib.axes import Axes

from tests.docs import lesson_cells, notebook_cells
from tests.docs.markdown import DOCS
from tests.docs.notebook_cells import Python, Words

LESSON = DOCS / "lessons" / "flops-are-not-a-cost.ipynb"
NOTEBOOKS: Mapping[Path, tuple[Words | Python, ...]] = {
    DOCS / "run-in-a-notebook.ipynb": notebook_cells.CELLS,
    LESSON: lesson_cells.CELLS,
}
_DOTS_PER_IN = 80


def notebook(written: Sequence[Words | Python], folder: Path) -> dict[str, Any]:
    """The notebook of these cells with their output, run in a folder."""
    matplotlib.use("Agg")
    names: dict[str, Any] = {}
    cells: list[dict[str, Any]] = []
    with contextlib.chdir(folder):
        for number, cell in enumerate(written, 1):
            made = {"id": f"cell-{number}", "metadata": {}, "source": cell.source.splitlines(keepends=True)}
            if isinstance(cell, Words):
                cells.append({"cell_type": "markdown", **made})
            else:
                count = sum(one["cell_type"] == "code" for one in cells) + 1
                outputs = run(cell.source, names, count)
                cells.append({"cell_type": "code", "execution_count": count, "outputs": outputs, **made})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def run(source: str, names: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """The output of a cell, in the form of Jupyter: printed text, figures, and the value of its last line."""
    tree = ast.parse(source)
    end = tree.body[-1]
    last = end if isinstance(end, ast.Expr) else None
    if last is not None:
        tree.body.pop()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "cell", "exec"), names)
        value = None if last is None else eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    outputs: list[dict[str, Any]] = []
    if text := printed.getvalue():
        outputs.append({"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)})
    # Axes are shown as the figure that they are on.
    if value is not None and not isinstance(value, Axes):
        outputs.append(
            {"output_type": "execute_result", "execution_count": count, "metadata": {}, "data": _forms(value)}
        )
    outputs += [
        {"output_type": "display_data", "metadata": {}, "data": {"image/png": _png(number)}}
        for number in pyplot.get_fignums()
    ]
    pyplot.close("all")
    return outputs


def _forms(value: Any) -> dict[str, list[str]]:
    forms = {"text/plain": repr(value).splitlines(keepends=True)}
    if hasattr(value, "_repr_html_"):
        forms["text/html"] = value._repr_html_().splitlines(keepends=True)
    return forms


def _png(number: int) -> str:
    content = io.BytesIO()
    # Without the version of matplotlib; as notebooks do, with all that is outside of the axes.
    pyplot.figure(number).savefig(
        content, format="png", dpi=_DOTS_PER_IN, bbox_inches="tight", metadata={"Software": None}
    )
    return base64.b64encode(content.getvalue()).decode("ascii")


if __name__ == "__main__":
    wanted = sys.argv[1:] or [file.stem for file in NOTEBOOKS]
    for file, cells in NOTEBOOKS.items():
        if file.stem not in wanted:
            continue
        made = notebook(cells, file.parent)
        file.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
