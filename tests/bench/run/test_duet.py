"""A duet: both sides take turns on each case, into two runs, and one failure ends a row on both."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.compare.duet import pairs
from bench.compare.duet.sides import AskedSide, DuetSide, of_environments
from bench.errors import UsageError
from bench.run.duet import DuetVisit, duet
from bench.run.duet_job import for_duet
from bench.store import runs, visits
from bench.sweep.overrides import Overrides
from impls import registry

SMALL = "mb1ic4ih8oc4kh3ph1"
PLUG_IN = """
import time
import impls
import torch


@impls.register
class Mine(impls.Implementation):
    name = "mine"
    algorithm = "direct"
    provider = "test"
    devices = ("cpu",)

    def plan(self, case, weight, bias):
        p = case.problem

        def call(x):
            time.sleep({sleep_s})
            return torch.nn.functional.conv2d(x, weight, bias, p.stride, p.padding[0][0], p.dilation, p.groups)

        return call


@impls.register
class Breaks(Mine):
    name = "breaks"

    def plan(self, case, weight, bias):
        call = super().plan(case, weight, bias)
        return lambda x: call(x) * {factor}
"""


@pytest.fixture
def sides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[DuetSide, DuetSide]:
    """Two files of one plug-in: in the second a call takes at least 2 ms more, and one result is wrong."""
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))
    files = []
    for name, sleep_s, factor in (("old.py", 0.001, 1), ("new.py", 0.003, 2)):
        (tmp_path / name).write_text(PLUG_IN.format(sleep_s=sleep_s, factor=factor))
        files.append(tmp_path / name)
    return of_environments(AskedSide(load=(files[0],)), AskedSide(load=(files[1],)))


@pytest.mark.slow
@pytest.mark.full
def test_two_files_of_a_plug_in_are_measured_in_turns(sides: tuple[DuetSide, DuetSide], tmp_path: Path) -> None:
    asked = Overrides(implementations=("mine", "breaks"), threads=1, processes=3, max_seconds=0.45, devices=("cpu",))
    job = for_duet(SMALL, asked, sides, (), "convcost duet")
    seen: list[DuetVisit] = []
    found = duet(job, sides, tmp_path / "results", seen.append)
    assert [(visit.pair, visit.visit) for visit in seen] == [(n, m) for n in (1, 2, 3) for m in (1, 2, 3)]
    a, b = (next(iter(visits.read(folder).values())) for folder in (found.a, found.b))
    assert (a.count, b.count) == (9, 9)
    # Wrong on one side: it has one visit on both, and no time on the other side that could be compared.
    assert {row.implementation: row.status for row in b.rows} == {"mine": "ok", "breaks": "wrong"}
    ratios = pairs.read(found.a, found.b)
    assert ratios.rows == (("mb1ic4ih8oc4kh3ph1|nobias|fp32|nchw|forward|cpu|threads1|warm", "mine"),)
    # At least 2 ms over at least 1 ms, on a machine however busy; much above 1 wherever sleeping is not endless.
    assert (ratios.logs > 0).all()
    for folder, letter in ((found.a, "A"), (found.b, "B")):
        meta = runs.read_meta(folder)
        assert (meta["duet"]["side"], meta["configuration"]["processes"]) == (letter, 3)
        assert "finished_utc" in meta
        assert (folder / "measurements.parquet").is_file()
    assert json.loads((found.b / "run.json").read_text())["duet"]["sides"]["B"].endswith("new.py")


@pytest.mark.slow
@pytest.mark.full
def test_sides_without_a_shared_implementation_are_refused(sides: tuple[DuetSide, DuetSide], tmp_path: Path) -> None:
    alone = (sides[0], of_environments(AskedSide(), AskedSide())[1])
    asked = Overrides(implementations=("mine",), threads=1, processes=3, devices=("cpu",))
    job = for_duet(SMALL, asked, alone, (), "convcost duet")
    with pytest.raises(UsageError, match=r"the sides share none of mine: A .* has .*; B \(this environment\) has "):
        duet(job, alone, tmp_path / "results", lambda _visit: None)
    assert not (tmp_path / "results").exists()


def test_a_duet_sets_no_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sides = of_environments(AskedSide(), AskedSide())
    monkeypatch.setattr("bench.sweep.jobs.require_possible", lambda tunings: None)
    asked = Overrides(axes=("governor=performance",), devices=("cpu",), implementations=("torch",))
    job = for_duet("quick", asked, sides, (), "convcost duet")
    with pytest.raises(UsageError, match="a duet sets no clock or power"):
        duet(job, sides, tmp_path, lambda _visit: None)


@pytest.mark.parametrize(
    ("what", "cases", "processes", "visits"),
    [("quick", 10, 6, 3), (SMALL, 1, 6, 3), ("benchdnn --conv " + SMALL, 1, 6, 3)],
)
def test_a_job_is_of_a_sweep_or_of_one_problem(what: str, cases: int, processes: int, visits: int) -> None:
    sides = of_environments(AskedSide(), AskedSide())
    job = for_duet(what, Overrides(implementations=("torch",), devices=("cpu",)), sides, (), "convcost duet")
    assert len(job.cases) >= cases
    assert (job.config.processes, job.config.visits, job.config.energy) == (processes, visits, "none")


def test_files_of_a_side_are_no_settings_of_both(sides: tuple[DuetSide, DuetSide]) -> None:
    job = for_duet(SMALL, Overrides(implementations=("mine",), devices=("cpu",)), sides, (), "convcost duet")
    assert job.implementations == ("mine",)
    assert job.settings.load == ()


def test_two_pairs_of_processes_are_refused() -> None:
    sides = of_environments(AskedSide(), AskedSide())
    with pytest.raises(UsageError, match="is for 2 processes; a duet needs at least 3 pairs of them"):
        for_duet(SMALL, Overrides(processes=2), sides, (), "convcost duet")
