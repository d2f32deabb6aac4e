"""Every command and every code block of the README and the pages is run as it is written, long ones shortened."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.predict import time_model
from bench.store import journal, runs
from bench.store.samples import to_columns
from bench.store.schema import Row, Sample
from bench.store.status import Status
from bench.sweep.config import parse
from tests.bench.commands.running import STOPPED, Run, stop
from tests.bench.commands.test_help import WORK
from tests.bench.compare.duet.forged_environment import forged
from tests.bench.compare.made_runs import write_run
from tests.bench.predict.simulated_times import CPU, lines, table
from tests.bench.report.synthetic_run import layers
from tests.docs.examples import AROUND, CALLS, COMMANDS, NOT_RUN, PYTHON, SHORTER, TOML, Shorter, python_of
from tests.docs.markdown import DOCS, ROOT, fences

FILES = {
    "layers.txt": 'mb1ic4ih8oc4kh3ph1n"small*3"\n',
    "layers.csv": "n,c_in,h,w,c_out,kh,kw,stride,padding,dilation,groups\n1,4,8,8,4,3,3,1,same,1,1\n",
    "my_model.py": "import torch\n\n\ndef make():\n    return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3))\n",
    "mine.py": next(block for block in fences((DOCS / "adding-an-implementation.md").read_text("utf-8"), "python")),
    "mine.toml": next(block for block in fences((DOCS / "using.md").read_text("utf-8"), "toml")),
}
OURS = [line for line in CALLS if line.startswith("convcost ")]
OTHERS = [line for line in CALLS if not line.startswith("convcost ")]
PROFILER = "perf record "
# Those of ours that the default tier reads, without a profiler before them.
READ = [
    line.removeprefix(PROFILER) for line in (*CALLS, *NOT_RUN) if line.removeprefix(PROFILER).startswith("convcost ")
]
RESUMED = "convcost sweep --resume results/RUN"


@pytest.fixture
def place(here: Path) -> Path:
    """The folder of a reader: the files and runs that the pages speak of."""
    for name, content in FILES.items():
        (here / name).write_text(content, encoding="utf-8")
    terms = {"without": {"cpu": "no sensor"}, "model": None, "allotted_cores": 2}
    made = runs.create(here / "made", "net", {"energy": terms, "settings": {"threads": 2}})
    row = Row(case_key="k", descriptor="mb1ic4ih8oc4kh3ph1", implementation="torch", status=Status.OK, time_s=1e-3,
              threads=2, direct_flops=10**6, layers=layers(("net", "a", 2)))  # fmt: skip
    samples = to_columns([Sample(process=process, time_s=1e-3) for process in (0, 0, 1, 1)])
    journal.append(made, {"key": "k", "rows": [row.as_record()], "samples": {"torch": samples}, "spent_s": 1.0})
    model, _ = time_model.fit({CPU: table(lines(), CPU)}, "flops", {})
    time_model.write(model, here / "model.json")
    shutil.copytree(made, here / "visit")
    shutil.copytree(made, here / "results" / "RUN")
    (here / "results" / "reference").symlink_to(ROOT / "results" / "reference")
    (here / "docs").symlink_to(DOCS)
    forged(here / ".venv-new")
    return here


def words_of(line: str) -> list[str]:
    return shlex.split(f"{line} {SHORTER.get(line, Shorter()).appended}")


@pytest.mark.parametrize("table", [SHORTER, NOT_RUN], ids=["shorter", "not-run"])
def test_tables_name_only_commands_of_the_pages(table: dict[str, Any]) -> None:
    assert set(table) - set(COMMANDS) == set()


def test_a_command_is_shortened_or_left_out_and_not_both() -> None:
    assert set(SHORTER) & set(NOT_RUN) == set()
    assert all(NOT_RUN.values())
    assert set(AROUND) <= set(PYTHON)


@pytest.fixture
def amounts(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts the smaller amounts of a command in place."""

    def put(line: str) -> None:
        for name, value in SHORTER.get(line, Shorter()).amounts.items():
            monkeypatch.setattr(name, value)

    return put


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("line", READ)
def test_options_and_arguments_are_right(
    convcost: Run,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    amounts: Callable[[str], None],
    line: str,
) -> None:
    if line == RESUMED:
        # The run of the fixture has no configuration: only the full tier resumes a real one.
        monkeypatch.setattr("bench.run.resume.job_to_resume", stop)
    if NOT_RUN.get(line, "").startswith("it changes the clock"):
        request.getfixturevalue("forged_gpu")
        monkeypatch.setattr("bench.sweep.jobs.require_possible", lambda tunings: None)
    if "--device cuda" in line:
        request.getfixturevalue("forged_gpu")
        # On a machine whose torch has no CUDA every implementation refuses.
        monkeypatch.setattr("bench.sweep.jobs._require_something_to_run", lambda *given: None)
    # No example reaches a store.
    monkeypatch.setattr("bench.store.remote.fetched", lambda uri: Path("results", "RUN"))
    amounts(line)
    for work in WORK:
        monkeypatch.setattr(work, stop)
    done = convcost(*words_of(line)[1:])
    assert done.code == 0 or done.err.splitlines()[-1] == STOPPED.strip(), done.err


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("line", OURS)
def test_commands_run(
    convcost: Run, place: Path, request: pytest.FixtureRequest, amounts: Callable[[str], None], line: str
) -> None:
    if line != "convcost calibrate":
        # Measuring the ceilings would be half of each sweep.
        request.getfixturevalue("forged_ceilings")
    if line == RESUMED:
        make_interrupted_run(convcost, place / "results" / "RUN")
    make_models(place, line)
    make_sides(place, line)
    amounts(line)
    done = convcost(*(found for word in words_of(line)[1:] for found in expanded(place, word)))
    assert done.code in SHORTER.get(line, Shorter()).codes, done.err
    assert done.out


def make_sides(place: Path, line: str) -> None:
    """The runs that a command compares."""
    for number, side in enumerate(("old", "new")):
        if f"RUN-{side}" in line:
            write_run(place / "made", number).rename(place / "results" / f"RUN-{side}")
        if f"results/{side}/*" in line:
            for run in range(2):
                write_run(place / "results" / side, 2 * run + number)


def expanded(place: Path, word: str) -> list[str]:
    """A word as a shell hands it on."""
    return sorted(str(path) for path in place.glob(word)) if "/*" in word else [word]


def make_models(place: Path, line: str) -> None:
    """The file of a network that a command names."""
    if "model.pt2" in line:
        import torch

        program = torch.export.export(torch.nn.Conv2d(4, 4, 3), (torch.zeros(1, 4, 8, 8),))
        torch.export.save(program, place / "model.pt2")
    if "model.onnx" in line:
        pytest.importorskip("onnx", reason="the package onnx is not installed: pip install 'convcost[onnx]'")
        from tests.bench.networks.onnx_models import node, save

        save(place / "model.onnx", [node("Conv", "x w", "y")], (1, 4, 8, 8), {"w": (4, 4, 3, 3)})


def make_interrupted_run(convcost: Run, run: Path) -> None:
    """A run whose last visit and end are missing."""
    shutil.rmtree(run)
    assert convcost("sweep", "layers.txt", *shlex.split("-i torch --processes 2 --max-seconds 0.05")).code == 0
    (made,) = run.parent.glob("*-layers*")
    made.rename(run)
    runs.reopen(run)
    *visits, _last, _end = (run / journal.FILE_NAME).read_text().splitlines(keepends=True)
    (run / journal.FILE_NAME).write_text("".join(visits))


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("line", OTHERS)
def test_commands_of_other_programs_run(place: Path, line: str) -> None:
    programs = place / "bin"
    programs.mkdir()
    for name, start in (("convcost", "-m bench.cli"), ("python", ""), ("python3", "")):
        (programs / name).write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {start} "$@"\n')
        (programs / name).chmod(0o755)
    whole = f"{line} {SHORTER.get(line, Shorter()).appended}"
    run_in(place, ["sh", "-ec", whole if can_profile() else whole.removeprefix(PROFILER)], str(programs))


def can_profile() -> bool:
    """Whether perf is here and may be used; without it only the command behind it is run."""
    try:
        return subprocess.run(["perf", "stat", "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("page", PYTHON, ids=lambda page: page.name)
def test_python_blocks_run_in_order(place: Path, page: Path) -> None:
    around = AROUND.get(page)
    blocks = python_of(page) if around is None else [around.before, *python_of(page), around.after]
    (place / "page.py").write_text("\n".join(blocks), encoding="utf-8")
    run_in(place, [sys.executable, "page.py"])


def run_in(place: Path, command: list[str], *programs: str) -> None:
    path = os.pathsep.join([*programs, os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    # Into a file: perf would write its own data to a pipe.
    with (place / "output").open("w", encoding="utf-8") as output:
        done = subprocess.run(
            command, cwd=place, env=environment, stdout=output, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PYTHON, ids=lambda page: page.name)
def test_python_blocks_are_python(page: Path) -> None:
    for block in python_of(page):
        compile(block, str(page), "exec")


@pytest.mark.parametrize(("page", "block"), TOML, ids=[page.name for page, _ in TOML])
def test_toml_blocks_are_sweeps_or_parts_of_a_project(page: Path, block: str) -> None:
    if "project" not in tomllib.loads(block):
        assert parse(block, page.stem, page.name).axes
