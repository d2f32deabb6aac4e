"""The folder in which the page of a run is written: beside its results, in whatever folder the command runs."""

from __future__ import annotations

from pathlib import Path

from bench.store.runs import DEFAULT_RESULTS

DEFAULT_REPORTS = Path("reports")


def reports_for(results: Path, given: Path | None = None) -> Path:
    """The folder of the pages of the runs in `results`: the given one, else `reports` beside a folder `results`.

    For results in a folder of another name, and no given one, it is `reports` in the current folder. The path is
    absolute unless it is below the current folder.
    """
    here, results = Path.cwd(), results.resolve()
    if given is not None:
        return given if given.resolve().is_relative_to(here) else given.resolve()
    if results.name != DEFAULT_RESULTS.name:
        return DEFAULT_REPORTS
    beside = results.with_name(DEFAULT_REPORTS.name)
    return beside.relative_to(here) if beside.is_relative_to(here) else beside
