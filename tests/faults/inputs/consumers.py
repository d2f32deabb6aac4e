"""What commands do with the folder of a run, in process: each consumer reads a folder and shows what it says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.compare.comparison import ComparisonTerms, compare_folders
from bench.compare.history.history import history
from bench.predict import time_model
from bench.report.changes.told import ToldChanges
from bench.report.render import render
from bench.store import contents
from bench.store.export import formats
from bench.sweep import time_sources
from bench.terminal import compare as compare_table
from bench.terminal import history as history_table
from bench.terminal import results as results_table
from bench.terminal import winners
from bench.terminal.pages import show_changes, show_history
from tests.faults.inputs import forged

_EARLIER_RUNS = 6


def _compare(folder: Path, work: Path) -> None:
    """Both orders of the sides: as a table, as Markdown, as data and as a page."""
    honest = _honest(work, 1)
    found = compare_folders([folder], [honest], ComparisonTerms())
    compare_table.show(found, every=True)
    json.dumps(found.as_dict(), allow_nan=False)
    other = compare_folders([honest], [folder], ComparisonTerms())
    compare_table.show_markdown(other, every=True)
    show_changes(other, ToldChanges.of_runs(other, 0), work / "changes.html")


def _history(folder: Path, work: Path) -> None:
    found = history([folder, *(_honest(work, n) for n in range(1, _EARLIER_RUNS))], work)
    json.dumps(found.as_dict(), allow_nan=False)
    history_table.show(found)
    show_history(found, work / "history.html")


def _honest(work: Path, day: int) -> Path:
    """The run as it was measured, begun on a day of January."""
    folder = work / f"honest-{day}"
    if not folder.is_dir():
        forged.folder(folder, {**forged.meta(), "created_utc": f"2026-01-0{day}T00:00:00Z"}, forged.few_rows())
    return folder


def _results(folder: Path, _: Path) -> None:
    results_table.show_each([contents.examine(folder)])
    results_table.show_list([contents.examine(folder, proves=False)])


def _fit(folder: Path, work: Path) -> None:
    found = time_sources.read([folder])
    model, _ = time_model.fit(found.tables, "flops", found.machine)
    time_model.write(model, work / "model.json")
    time_model.read(work / "model.json")


def _export(folder: Path, work: Path) -> None:
    for name, known in formats.FORMATS.items():
        shutil.rmtree(work / "exported", ignore_errors=True)
        formats.export(folder, name, work / "exported", "a" * 40 if known.has_commit else None)


def _report(folder: Path, work: Path) -> None:
    """The page with all its figures drawn, and the lines in the terminal."""
    render(folder, work / "reports")
    winners.show_in_terminal(folder)


CONSUMERS: Mapping[str, Callable[[Path, Path], None]] = {
    "results": _results, "fit": _fit, "export": _export, "compare": _compare, "history": _history, "report": _report,
}  # fmt: skip
