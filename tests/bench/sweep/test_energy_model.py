"""The model of executed work of a job: the user's file, else one of this microarchitecture, checked beforehand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.energy.executed import files
from bench.energy.executed.form import as_dict
from bench.errors import InfrastructureError, UsageError
from bench.machine import devices
from bench.store import runs
from bench.sweep.jobs import for_resumed, for_sweep
from bench.sweep.overrides import Overrides, from_options
from tests.bench.energy.executed.forged import MODEL, file_of
from tests.bench.sweep.test_jobs import META


@pytest.fixture(autouse=True)
def _cpu_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "available", lambda: ("cpu",))


@pytest.fixture
def zen4(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine for which a file comes with convcost."""
    monkeypatch.setattr(files, "processor_here", {"cpu": "zen4"}.get)
    monkeypatch.setattr(files, "committed", lambda device: MODEL if device == "cpu" else None)


def test_no_file_is_committed_so_no_sweep_has_a_model() -> None:
    assert for_sweep("stride", Overrides(), "").executed is None


@pytest.mark.usefixtures("zen4")
def test_a_file_of_this_microarchitecture_is_used_unless_the_user_gives_another_or_figures(tmp_path: Path) -> None:
    assert for_sweep("stride", Overrides(), "").executed == MODEL
    named = file_of(tmp_path, idle_w=35.0)
    assert for_sweep("stride", Overrides(), "", energy_model=named).executed == replace(MODEL, idle_w=35.0)
    figures = from_options(cpu_idle_w=60.0, cpu_max_w=180.0, cpu_cores=4096)
    assert for_sweep("stride", figures, "").executed is None


@pytest.mark.usefixtures("zen4")
@pytest.mark.parametrize("overrides", [Overrides(cache="cold"), Overrides(energy="none")], ids=["cold", "none"])
def test_nothing_is_modelled_with_cold_caches_or_without_energy(tmp_path: Path, overrides: Overrides) -> None:
    assert for_sweep("stride", overrides, "").executed is None
    with pytest.raises(UsageError, match="in warm caches, and not with energy none; leave out --energy-model"):
        for_sweep("stride", overrides, "", energy_model=file_of(tmp_path))


@pytest.mark.usefixtures("zen4")
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"microarchitecture": "icelake"}, r"model\.json is of icelake, and this machine is of zen4"),
        ({"device": "cuda"}, r"model\.json is of cuda, and this sweep runs on cpu"),
    ],
)
def test_a_file_of_another_microarchitecture_or_device_is_refused_by_name(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        for_sweep("stride", Overrides(), "", energy_model=file_of(tmp_path, **changes))


def test_a_resumed_run_keeps_its_model(tmp_path: Path) -> None:
    energy = {"model": None, "without": {"cpu": "no sensor"}, "executed": as_dict(MODEL)}
    assert for_resumed(runs.create(tmp_path, "mine", {**META, "energy": energy}), "again").executed == MODEL


def test_a_resumed_run_with_a_damaged_model_is_an_error(tmp_path: Path) -> None:
    energy = {"model": None, "without": {}, "executed": {**as_dict(MODEL), "idle_w": -1.0}}
    with pytest.raises(InfrastructureError, match=r"run\.json is damaged"):
        for_resumed(runs.create(tmp_path, "mine", {**META, "energy": energy}), "again")
