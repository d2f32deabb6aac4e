"""A finished run gets modelled joules from figures that are given later, and its files stay as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.energy.model import SocketPower
from bench.errors import UsageError
from bench.machine.environment import cpu_name
from bench.store import assumed_power, journal, runs
from bench.store.schema import Row
from tests.bench.energy.bracket.forged import BRACKET

POWER = SocketPower(60.0, 180.0, 16)
ROW = Row(case_key="k", implementation="direct", time_s=2e-3, threads=2, direct_flops=10**6)
FIGURE: dict[str, Any] = {
    "method": "counter", "source": "rapl-perf", "scope": "package-0", "gross_j": 0.05, "net_j": 0.04, "flags": [],
}  # fmt: skip
ENERGY = {"without": {"cpu": "no sensor"}, "model": None, "allotted_cores": 2}
COUNTER = {"device": "cpu", "scope": "package-0", "method": "counter", "source": "rapl-perf", "joules": 50.0}
MODEL = COUNTER | {"scope": "server-share", "method": "model", "source": "model", "joules": 1.0}
BRACKETED = COUNTER | {
    "scope": "machine-share", "method": "bracket", "source": "Forged servers, 20 machines", "joules": None,
    "low_j": 1.0, "high_j": 9.0,
}  # fmt: skip


def made(tmp_path: Path, **meta: Any) -> Path:
    folder = runs.create(tmp_path, "test", {"energy": ENERGY, "settings": {"threads": 2}, "wall_s": 100.0, **meta})
    journal.append(folder, {"key": "k", "rows": [ROW.as_dict()], "samples": {}, "spent_s": 1.0})
    return folder


def test_joules_are_modelled_and_no_file_changes(tmp_path: Path) -> None:
    folder = made(tmp_path)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    (line,) = runs.load(folder, POWER).energy.itertuples()
    # 2 of 16 cores, both busy, at 180 W: 22.5 W for 2 ms.
    assert (line.method, line.modelled_j) == ("model", pytest.approx(0.045))
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert runs.load(folder).energy.method.tolist() == ["unavailable"]


def test_the_given_power_replaces_the_model_of_the_run(tmp_path: Path) -> None:
    model = {
        "idle_w": 1.0,
        "max_w": 2.0,
        "socket_cores": 4,
        "allotted": 2,
        "source": "a table",
        "scope": "server-share",
    }
    run = runs.load(made(tmp_path, energy=ENERGY | {"model": model}, own_energy=[MODEL]), POWER)
    assert run.energy.modelled_j.tolist() == [pytest.approx(0.045)]
    assert run.meta["energy"]["model"]["idle_w"] == 60.0
    (own,) = run.meta["own_energy"]
    assert (own["scope"], own["joules"]) == ("socket-share", pytest.approx(2250.0))


def test_the_given_power_replaces_the_bracket_of_the_run(tmp_path: Path) -> None:
    folder = made(tmp_path, energy=ENERGY | {"bracket": BRACKET.as_dict()}, own_energy=[BRACKETED])
    assert runs.load(folder).energy.method.tolist() == ["bracket"]
    run = runs.load(folder, POWER)
    assert (run.energy.method.tolist(), run.energy.low_j.isna().all()) == (["model"], True)
    assert run.meta["energy"]["bracket"] is None
    assert [one["method"] for one in run.meta["own_energy"]] == ["model"]


def test_measured_joules_of_the_run_itself_stay_alone(tmp_path: Path) -> None:
    assert runs.load(made(tmp_path, own_energy=[COUNTER]), POWER).meta["own_energy"] == [COUNTER]


@pytest.mark.parametrize("without", [{}, {"cuda": "no driver"}])
def test_a_cpu_with_measured_joules_is_not_modelled(tmp_path: Path, without: dict[str, str]) -> None:
    folder = made(tmp_path, energy=ENERGY | {"without": without})
    journal.append(folder, {"key": "k", "energy": {"direct": [FIGURE]}})
    with pytest.raises(
        UsageError, match=r"has no joules of a CPU to model: they were measured.*leave out --cpu-idle-w"
    ):
        runs.load(folder, POWER)
    assert runs.load(folder).energy.modelled_j.isna().all()


def test_impossible_figures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="idle 60 W and maximum 6 W"):
        runs.load(made(tmp_path), SocketPower(60.0, 6.0, 16))


@pytest.mark.parametrize(
    ("meta", "cores"),
    [
        ({"energy": {"allotted_cores": 4}, "environment": {"cpu": "another", "cores": 64}}, 4),
        ({"environment": {"cpu": "another", "cores": 8}}, 8),
        # 64 processors of a socket of 16 cores.
        ({"environment": {"cpu": "another", "cores": 64}}, 16),
        ({}, 1),
    ],
)
def test_the_cores_of_a_run_are_recorded_or_those_of_its_machine(meta: dict[str, Any], cores: int) -> None:
    assert assumed_power._allotted(meta, POWER) == cores


def test_the_cores_of_an_earlier_run_of_this_processor_are_those_allotted_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(assumed_power, "allotted_cores", lambda: 3)
    assert assumed_power._allotted({"environment": {"cpu": cpu_name(), "cores": 64}}, POWER) == 3
