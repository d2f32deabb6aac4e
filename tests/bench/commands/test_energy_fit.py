"""`convcost energy-fit`: a file of coefficients from a run with measured joules."""

from __future__ import annotations

import json
from pathlib import Path

from tests.bench.commands.running import Refuse, Run, assert_says, refusals
from tests.bench.predict.simulated_energy import META, run_of, simulated


@refusals(
    ("energy-fit", "missing argument 'RUN'"),
    ("energy-fit {given}/no-run", "missing option '--write'"),
    ("energy-fit {given}/no-run --write x.json", "is not a run: it has no run.json"),
    ("energy-fit {given}/missing --write x.json", "is not a run"),
    ("energy-fit {given}/no-run --write x.json now", "unexpected extra argument"),
)
def test_bad_input_is_refused(refuse: Refuse, line: str, sentence: str) -> None:
    assert_says(refuse(line), sentence)


def test_a_run_with_measured_joules_becomes_a_file(convcost: Run, here: Path) -> None:
    run = run_of(here / "results", simulated(12, 0.02))
    done = convcost("energy-fit", str(run), "--write", "zen4.json")
    assert (done.code, done.err) == (0, "")
    assert_says(done.out, "Joules on zen4, fitted to 72 rows…How far off it is…written: zen4.json")
    assert json.loads((here / "zen4.json").read_text())["microarchitecture"] == "zen4"


def test_a_run_without_measured_joules_becomes_none(convcost: Run, here: Path) -> None:
    blind = {**META, "energy": {"without": {"cpu": "no sensor: nothing here"}, "model": None}}
    run = run_of(here / "results", simulated(12), meta=blind, figure=None)
    done = convcost("energy-fit", str(run), "--write", "zen4.json")
    assert done.code == 2
    assert_says(done.err, "has no measured joules: no sensor; allowed: a run with measured joules of one device")
    assert not (here / "zen4.json").exists()
