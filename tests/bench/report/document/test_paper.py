"""A page without an explorer: written whole, its summary beside it, never through a link."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import InfrastructureError
from bench.report.document import paper
from bench.report.document.first_screen import FirstScreen


def test_a_page_replaces_links(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("mine", encoding="utf-8")
    for name in ("page.html", "page.md"):
        (tmp_path / name).symlink_to(kept)
    page = paper.write(
        tmp_path / "page.html", "The title", FirstScreen("The headline", "detail"), "lead", (), (), has_summary=True
    )
    assert kept.read_text(encoding="utf-8") == "mine"
    assert not any(path.is_symlink() for path in tmp_path.iterdir())
    assert all("The title" in path.read_text(encoding="utf-8") for path in (page, page.with_suffix(".md")))


def test_a_page_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InfrastructureError, match=r"page\.html cannot be written"):
        paper.write(tmp_path / "file" / "page.html", "title", FirstScreen("The headline", "detail"), "lead", (), ())
