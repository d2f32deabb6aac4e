"""Two revisions as sides: work trees inside of the repository's own folder, and this Python where it will do."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.compare.duet import revisions
from bench.compare.duet.revisions import check_out, of_revisions
from bench.compare.duet.sides import AskedSide
from bench.errors import InfrastructureError, UsageError

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
BOTH = (AskedSide(), AskedSide())
PROJECT = '[project]\nname = "x"\ndependencies = ["torch>=2.11"]\n'


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=t", "-c", "user.email=t@t"]
    return subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def commit(folder: Path, **files: str) -> str:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_py", ".py").replace("_toml", ".toml").replace("_txt", ".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "change")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    commit(folder, mine_py="old")
    git(folder, "tag", "v1")
    commit(folder, mine_py="new")
    return folder


def test_each_revision_has_its_work_tree_and_the_users_is_untouched(repository: Path) -> None:
    old, new = check_out("v1..", repository)
    assert ((old.tree / "mine.py").read_text(), (new.tree / "mine.py").read_text()) == ("old", "new")
    assert (old.name, new.name) == ("v1", "HEAD")
    assert old.tree.is_relative_to(repository / ".git")
    assert git(repository, "status", "--porcelain") == ""
    # A second duet takes the same work trees.
    assert check_out("v1..HEAD", repository) == (old, new)


def test_a_work_tree_that_was_changed_is_not_measured(repository: Path) -> None:
    old, _ = check_out("v1..HEAD", repository)
    (old.tree / "mine.py").write_text("edited")
    with pytest.raises(
        InfrastructureError, match="is not as the revision has it; to make it anew: git worktree remove"
    ):
        check_out("v1..HEAD", repository)


def test_plug_ins_are_taken_from_their_revision(repository: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text("")
    a, b = of_revisions("v1..HEAD", BOTH, (repository / "mine.py", other), repository)
    assert [path.read_text() for path in (a.load[0], b.load[0])] == ["old", "new"]
    assert a.load[1] == b.load[1] == other
    assert a.interpreter.python == sys.executable
    assert a.words == f"v1, {git(repository, 'rev-parse', 'v1')[:10]}"


@pytest.mark.parametrize(
    ("span", "sentence"),
    [
        ("v1", "--revisions is 'v1'; allowed: two revisions as in v1.0..HEAD"),
        ("..HEAD", "allowed: two revisions"),
        ("v1...HEAD", "allowed: two revisions"),
        ("v2..HEAD", "'v2' is no revision of"),
        ("HEAD..HEAD", "HEAD and HEAD are the same commit, "),
        ("v1..HEAD", "is not convcost itself; name the plug-in file to compare, as in --load mine.py"),
    ],
)
def test_spans_that_compare_nothing_are_refused(repository: Path, span: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        of_revisions(span, BOTH, (), repository)


def test_a_file_that_one_revision_lacks_is_refused(repository: Path) -> None:
    commit(repository, later_py="")
    with pytest.raises(UsageError, match=r"later\.py is not in v1; give a file that both revisions have"):
        of_revisions("v1..HEAD", BOTH, (repository / "later.py",), repository)


def test_outside_of_a_repository_there_are_no_revisions(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is in no git repository"):
        check_out("v1..HEAD", tmp_path)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of convcost: two revisions that want the same libraries, and a third that wants others."""
    folder = tmp_path / "own"
    folder.mkdir()
    git(folder, "init", "-q")
    pins = "torch==2.13.0\nruff==1\n"
    commit(folder, bench__worker__entry_py="one", pyproject_toml=PROJECT, constraints_txt=pins)
    git(folder, "tag", "one")
    commit(folder, bench__worker__entry_py="two", constraints_txt=pins.replace("ruff==1", "ruff==2"))
    git(folder, "tag", "two")
    commit(folder, constraints_txt=pins.replace("2.13.0", "2.12.0"))
    git(folder, "tag", "three")
    git(folder, "checkout", "-q", "two")
    monkeypatch.setattr(revisions, "PACKAGES", folder)
    return folder


def test_this_python_runs_revisions_that_want_its_libraries(own: Path) -> None:
    a, b = of_revisions("one..two", BOTH, (), own)
    assert a.interpreter.python == b.interpreter.python == sys.executable
    assert a.interpreter.packages is not None
    assert (a.interpreter.packages / "bench" / "worker" / "entry.py").read_text() == "one"


def test_other_libraries_get_an_environment_once(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run: list[list[str]] = []

    def forged(words: list[str]) -> None:
        run.append(words)
        if "venv" in words:
            python = Path(words[-1]) / "bin" / "python"
            python.parent.mkdir(parents=True)
            python.write_text('#!/bin/sh\necho \'{"version": [3, 12], "own": "/x/bench", "missing": []}\'\n')
            python.chmod(0o755)

    monkeypatch.setattr(revisions, "_run", forged)
    for _ in range(2):
        _, b = of_revisions("two..three", BOTH, (), own)
    tree = b.interpreter.packages
    assert tree is not None
    assert b.interpreter.python == str(tree.with_name(tree.name + "-environment") / "bin" / "python")
    made, installed = run
    assert made[1:3] == ["-m", "venv"]
    assert installed[1:] == ["-m", "pip", "install", "--quiet", "-c", str(tree / "constraints.txt"), "-e", str(tree)]
