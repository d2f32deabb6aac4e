"""A run's folder in a world of its own, and commands that are run in it, in this process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench import cli
from impls import registry
from tests.bench.commands.running import Done
from tests.faults.inputs import forged

Command = Callable[..., Done]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a run in results/run, another in results/other, and files that are nobody's business."""
    here = tmp_path / "world"
    (here / "results").mkdir(parents=True)
    (here / "private").mkdir()
    (here / "private" / "notes.txt").write_text("mine")
    for name in ("run", "other"):
        forged.folder(here / "results" / name, forged.meta(), forged.few_rows())
    monkeypatch.chdir(here)
    return here


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """Runs a command as a user would type it: its exit code and what it wrote."""
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))

    def run(*words: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["convcost", *words])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capfd.readouterr()
        return Done(ended.value.code if isinstance(ended.value.code, int) else 0, said.out, said.err)

    return run


def files_below(folder: Path, *but: str) -> dict[str, bytes]:
    """The content of each file below a folder, by its path, but for those below the folders `but`."""
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if not name.startswith(but or ("\0",))}
