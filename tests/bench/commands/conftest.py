"""Fixtures that run commands, and the folders they run in."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from bench import cli
from bench.calibration.value import FMA, Calibration, Level, Peak
from bench.machine import devices
from bench.worker.crew import Crew
from bench.worker.protocol import Calibrate
from impls import registry
from tests.bench.commands.running import FILES, ROOT, Done, Refuse, Run


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A folder of files for commands to read, beside the working directory."""
    folder = tmp_path / "given"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_text(content.replace("{folder}", str(folder)))
    (folder / "no-run").mkdir()
    return folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def convcost(here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process; `{name}` in an argument is replaced by the keyword of that name."""
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))
    # Worker processes must find the packages from any working directory.
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def run(*arguments: str, **places: object) -> Done:
        words = [word.format(**places) if places else word for word in arguments]
        monkeypatch.setattr(sys, "argv", ["convcost", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        code = ended.value.code
        return Done(code if isinstance(code, int) else 0, captured.out, captured.err)

    return run


@pytest.fixture
def forged_ceilings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ceilings that no processor reaches, in place of seconds of measuring."""

    def forged(crew: Crew, wanted: Calibrate) -> Calibration:
        peaks = tuple(Peak(precision, 1e15, FMA) for precision in wanted.precisions)
        return Calibration(wanted.device, crew.settings.threads, peaks, (Level("memory", None, 1e15, "read"),))

    monkeypatch.setattr(Crew, "calibrate", forged)


@pytest.fixture
def refuse(convcost: Run, given: Path, here: Path, monkeypatch: pytest.MonkeyPatch) -> Refuse:
    """Runs a line on a machine without a GPU: it must end with exit code 2 and one sentence, and write nothing."""
    monkeypatch.setattr(devices, "available", lambda: ("cpu",))

    def run(line: str) -> str:
        done = convcost(*shlex.split(line), given=given)
        assert (done.code, done.out) == (2, ""), done.err
        assert done.err.startswith("convcost: ")
        assert done.err.count("\n") == 1
        assert "Traceback" not in done.err
        assert list(here.iterdir()) == []
        return done.err

    return run


@pytest.fixture
def forged_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a GPU, for tests that make jobs but start no process."""
    monkeypatch.setattr(devices, "available", lambda: ("cpu", "cuda"))
