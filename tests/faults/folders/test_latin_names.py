"""Every command takes files and folders with names in Latin-1, and writes UTF-8."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from bench.store import runs
from tests.bench.worker.plugins import HEAD
from tests.faults.conftest import Tried
from tests.faults.folders.conftest import Command

# café, as the system names a file of those bytes.
NAME = os.fsdecode(b"caf\xe9")
_OPTIONS = (
    "--device", "cpu", "--threads", "1", "--processes", "1", "--max-seconds", "0.05", "--no-energy", "-i", "torch",
    "-i", "good",
)  # fmt: skip
_LAYER, _TOML = "mb1ic4ih8oc4kh3ph1\n", 'base = "mb1ic4ih8oc4kh3ph1"\nlayers = ["{name}.txt"]\n'


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with layers, a sweep, a plug-in and inputs; all names but theirs ends are NAME."""
    folder = tmp_path / NAME
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system has no names but in UTF-8")
    (folder / f"{NAME}.txt").write_text(_LAYER)
    (folder / f"{NAME}.toml").write_bytes(os.fsencode(_TOML.format(name="café")))
    (folder / "café.txt").write_text(_LAYER)
    (folder / f"{NAME}.py").write_text(HEAD)
    monkeypatch.chdir(folder)
    return folder


def _sweep(command: Command, what: str, *more: str) -> None:
    done = command("sweep", what, "--results", NAME, "--reports", f"{NAME}-pages", "--load", f"{NAME}.py", *_OPTIONS,
                   *more)  # fmt: skip
    assert (done.code, "Traceback" in done.err) == (0, False), done.err


def test_commands_take_names_in_latin_1(place: Path, command: Command, tried: Tried) -> None:
    for what in (f"{NAME}.txt", f"{NAME}.toml"):
        tried("names: a sweep in Latin-1")
        _sweep(command, what)
    one, two = sorted(map(str, (place / NAME).iterdir()))
    assert runs.read_meta(Path(one))["settings"]["load"] == [str(place / f"{NAME}.py")]
    for run in (one, two):
        shutil.move(run, f"{run}-{NAME}")
    one, two = f"{one}-{NAME}", f"{two}-{NAME}"
    exported = ("csv", "json", "parquet", "pyperf", "asv", "benchdnn")
    commands = (
        (0, "report", one, "--figures", "svg,pdf"),
        (0, "report", "--results", NAME),
        (0, "results", "list", "--results", NAME),
        (0, "results", "show", one),
        (0, "results", "check", one, two),
        (0, "results", "repair", one),
        (0, "results", "show", "--results", NAME),
        (2, "results", "merge", one, two, "--to", f"{NAME}-both"),
        (0, "archive", two, f"{NAME}-archive"),
        (0, "results", "merge", one, "--to", f"{NAME}-both"),
        (0, "compare", one, two, "--page", f"{NAME}.html"),
        (0, "compare", one, two, "--json"),
        (0, "compare", one, two, "--markdown", "--github"),
        (2, "history", "--results", NAME),
        (0, "cost", one, "--calls-per-day", "1", "--latex"),
        (0, "count", f"{NAME}.txt"),
        (0, "count", f"{NAME}.txt", "--json"),
        (0, "choose", f"{NAME}.txt"),
        (2, "sweep", "--resume", one),
        (0, "sweep", f"{NAME}.toml", "--dry-run"),
        *((0, "export", one, "--to", name, *(("--commit", "a" * 40) if name == "asv" else ())) for name in exported),
    )  # fmt: skip
    for code, *words in commands:
        tried("names: Latin-1 in a command")
        done = command(*words)
        assert (done.code, "Traceback" in done.err) == (code, False), (words, done.err)
        assert code == 0 or done.err.count("\n") == 1, done.err
    written = [path for path in place.rglob("*") if path.suffix in (".html", ".md", ".json", ".csv", ".txt", ".jsonl")]
    assert len(written) > 20
    for path in written:
        text = path.read_bytes().decode("utf-8")
        if path.suffix == ".json":
            json.loads(text)


def test_inputs_in_latin_1(place: Path, command: Command, tried: Tried) -> None:
    import numpy as np

    tried("names: inputs in Latin-1")
    np.save(place / f"{NAME}.npy", np.ones((1, 4, 8, 8), dtype=np.float32))
    _sweep(command, f"{NAME}.txt", "--data", f"file:{NAME}.npy")
    (run,) = (place / NAME).iterdir()
    assert runs.read_meta(run)["configuration"]["data"] == [f"file:{place / NAME}.npy"]
    assert command("results", "check", str(run)).code == 0
    assert command("report", str(run)).code == 0


_OF_NOTHING = (
    "sweep {}.toml", "report {}", "results show {}", "count {}.csv", "choose {}.csv", "sweep --load {}.py",
    "network {}.onnx", "predict {}.json resnet-18", "compare {}.json {}", "measure {}.txt", "validate {}.txt",
    "regret {}.txt", "measure mb1ic4ih8oc4kh3ph1 --data file:{}.npy",
)  # fmt: skip


@pytest.mark.parametrize("line", _OF_NOTHING)
def test_names_of_nothing_are_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command, tried: Tried, line: str
) -> None:
    tried("names: of nothing, in Latin-1")
    monkeypatch.chdir(tmp_path)
    done = command(*line.format(*2 * [NAME]).split())
    assert (done.code, done.err.count("\n"), "Traceback" in done.err) == (2, 1, False), done.err
    assert "caf" in done.err
