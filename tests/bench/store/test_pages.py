"""The folder of pages is beside the results, in whatever folder a command runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.store.pages import reports_for


@pytest.mark.parametrize(
    ("results", "given", "expected"),
    [
        ("results", None, "reports"),
        ("work/results", None, "work/reports"),
        ("../far/results", None, "{above}/far/reports"),
        # Not a folder of runs by its name: as before, in the current folder.
        ("../far/runs", None, "reports"),
        ("results/reference", None, "reports"),
        ("results", "pages", "pages"),
        ("../far/results", "../pages", "{above}/pages"),
        ("results", "{above}/here/pages", "{above}/here/pages"),
    ],
)
def test_pages_are_beside_results(
    results: str, given: str | None, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    asked = None if given is None else Path(given.format(above=tmp_path))
    assert reports_for(Path(results), asked) == Path(expected.format(above=tmp_path))
