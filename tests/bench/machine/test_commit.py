"""The commit of a file: of its repository, marked where the work tree differs, and none for files git does not know."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from bench.machine.commit import CHANGED, commit_of


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=t", "-c", "user.email=t@t"]
    return subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_commit_is_that_of_the_work_tree(tmp_path: Path) -> None:
    file = tmp_path / "code.py"
    file.write_text("1")
    git(tmp_path, "init", "-q")
    assert commit_of(file) is None
    git(tmp_path, "add", "code.py")
    git(tmp_path, "commit", "-q", "-m", "one")
    # A tag must not take the place of the digits.
    git(tmp_path, "tag", "-a", "v1", "-m", "one")
    head = git(tmp_path, "rev-parse", "HEAD")
    assert commit_of(file) == head
    file.write_text("2")
    assert commit_of(file) == head + CHANGED
    other = tmp_path / ".venv" / "code.py"
    other.parent.mkdir()
    other.write_text("1")
    assert commit_of(other) is None


def test_without_git_the_commit_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit_of(Path(__file__)) is None
