"""The executed work of a row, its joules by a model, and the reasons where they are unknown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.calibration.value import Calibration, Level
from bench.energy.executed.form import as_dict
from bench.energy.executed.model import NotModelled
from bench.energy.model import SocketPower
from bench.errors import InfrastructureError, UsageError
from bench.store import energies, journal, runs
from bench.store.executed_work import ModelledRun, RunWork
from bench.store.schema import Row
from tests.bench.energy.bracket.forged import BRACKET
from tests.bench.energy.executed.forged import MODEL, WORK, file_of

LEVELS = (Level("L1", 2**16, None), Level("L2", 2**20, None), Level("memory", None, None))
CALIBRATION = Calibration("cpu", 2, (), LEVELS)
RUN = RunWork((CALIBRATION,), "AVX512")
ROW = Row(
    case_key="k", implementation="direct", algorithm="direct", time_s=1e-3, threads=2, direct_flops=10**6,
    executed_flops=10**8, bytes_moved=2 * 10**7, compulsory_bytes=500_000, workspace_bytes=500_000,
)  # fmt: skip
NO_SENSOR = {"cpu": "no sensor: nothing here"}
ENERGY = {"without": NO_SENSOR, "model": None, "bracket": BRACKET.as_dict(), "allotted_cores": 2}
META: dict[str, Any] = {
    "energy": ENERGY,
    "environment": {"microarchitecture": "zen4", "simd": "AVX512"},
    "calibration": [CALIBRATION.to_dict()],
}


def test_bytes_count_at_the_smallest_level_that_holds_operands_and_workspace() -> None:
    assert RUN.of_row(ROW) == WORK
    sizes = {0: "L2", 548_576: "L2", 548_577: "memory"}
    for workspace, level in sizes.items():
        assert RUN.of_row(replace(ROW, workspace_bytes=workspace)).level == level


@pytest.mark.parametrize(
    ("changes", "instructions"),
    [
        ({}, "AVX512"),
        ({"algorithm": "fft"}, "AVX512"),
        ({"algorithm": "loops"}, "scalar"),
        ({"device": "cuda", "algorithm": "implicit-gemm", "precision": "bf16"}, "matrix"),
        ({"device": "cuda", "algorithm": "implicit-gemm"}, "lanes"),
        ({"device": "cuda", "algorithm": "direct", "precision": "fp16"}, "lanes"),
        ({"device": "cuda", "algorithm": "loops", "precision": "bf16"}, "lanes"),
    ],
)
def test_flops_are_told_apart_by_their_instructions(changes: dict[str, Any], instructions: str) -> None:
    run = RunWork((CALIBRATION, Calibration("cuda", None, (), LEVELS)), "AVX512")
    assert run.of_row(replace(ROW, **changes)).instructions == instructions


@pytest.mark.parametrize(
    ("row", "run", "reason"),
    [
        (replace(ROW, executed_flops=None), RUN, "its executed FLOPs and bytes are unknown, as those of a library"),
        (replace(ROW, bytes_moved=None), RUN, "its executed FLOPs and bytes are unknown"),
        (replace(ROW, workspace_bytes=None), RUN, "its executed FLOPs and bytes are unknown"),
        (replace(ROW, time_s=None), RUN, "it has no time"),
        (replace(ROW, cache="cold"), RUN, "its caches were cold"),
        (replace(ROW, data="zeros"), RUN, "its values are zeros"),
        (replace(ROW, weights="integers"), RUN, "its values are weights integers"),
        (replace(ROW, threads=8), RUN, "the run has no cache levels"),
        (ROW, replace(RUN, simd=None), "the instructions of its processor are unknown"),
    ],
)
def test_unknown_work_has_a_reason(row: Row, run: RunWork, reason: str) -> None:
    with pytest.raises(NotModelled, match=reason):
        run.of_row(row)


def test_modelled_joules_have_a_source_of_their_own_and_half_their_range() -> None:
    (line,) = energies.lines([ROW], {}, None, NO_SENSOR, None, ModelledRun(MODEL, RUN))
    assert (line.method, line.source, line.scope) == ("model", "executed-model", "package-0")
    assert line.modelled_j == pytest.approx(32e-3)
    # An error of 20 % of measured joules is up to a quarter of modelled ones.
    assert line.modelled_half_j == pytest.approx(8e-3)
    assert line.modelled_j_per_direct_flop == pytest.approx(32e-9)
    assert line.reason == NO_SENSOR["cpu"]
    assert (line.gross_j, line.net_j, line.u95_j, line.low_j, line.power_w) == (None,) * 5


def test_a_vendor_has_no_joules_by_this_model_and_the_reason() -> None:
    vendor = replace(ROW, implementation="torch", executed_flops=None)
    (line,) = energies.lines([vendor], {}, None, NO_SENSOR, BRACKET, ModelledRun(MODEL, RUN))
    assert (line.method, line.modelled_j, line.modelled_half_j, line.low_j) == ("unavailable", None, None, None)
    assert line.reason == (
        "no sensor: nothing here; not modelled: its executed FLOPs and bytes are unknown, as those of a library that "
        "chooses itself"
    )


def test_a_device_with_a_sensor_or_another_device_is_not_modelled() -> None:
    model = ModelledRun(MODEL, RUN)
    (measured,) = energies.lines([ROW], {}, None, {}, None, model)
    assert (measured.method, measured.reason) == ("unavailable", "not sampled")
    gpu = replace(ROW, device="cuda", threads=None)
    (line,) = energies.lines([gpu], {}, None, {"cuda": "no driver"}, None, model)
    assert (line.method, line.reason) == ("unavailable", "no driver")


def made(tmp_path: Path, **meta: Any) -> Path:
    folder = runs.create(tmp_path, "test", {**META, **meta})
    journal.append(folder, {"key": "k", "rows": [ROW.as_record()], "samples": {}, "spent_s": 1.0})
    return folder


def test_a_file_replaces_the_bracket_of_a_finished_run_and_no_file_changes(tmp_path: Path) -> None:
    own = {"device": "cpu", "scope": "machine-share", "method": "bracket", "source": "x", "joules": None,
           "low_j": 1.0, "high_j": 9.0}  # fmt: skip
    folder = made(tmp_path / "results", own_energy=[own])
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    run = runs.load(folder, energy_model=file_of(tmp_path))
    assert run.energy.modelled_j.tolist() == pytest.approx([32e-3])
    assert run.energy.low_j.isna().all()
    assert (run.meta["energy"]["bracket"], run.meta["energy"]["executed"]) == (None, as_dict(MODEL))
    assert run.meta["own_energy"] == [own], "calls are modelled, and the run itself is bracketed as before"
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert runs.load(folder).energy.method.tolist() == ["bracket"]


def test_a_run_keeps_its_model_and_figures_given_later_replace_it(tmp_path: Path) -> None:
    folder = made(tmp_path, energy={**ENERGY, "bracket": None, "executed": as_dict(MODEL)})
    assert runs.load(folder).energy.modelled_half_j.tolist() == pytest.approx([8e-3])
    assumed = runs.load(folder, SocketPower(60.0, 180.0, 16))
    assert assumed.energy.source.tolist() == ["model"]
    assert assumed.energy.modelled_half_j.isna().all()
    assert assumed.meta["energy"]["executed"] is None


@pytest.mark.parametrize(
    ("meta", "changes", "said"),
    [
        ({"environment": {"microarchitecture": "icelake"}}, {}, r"is of zen4, and .*-test is of icelake"),
        ({"environment": {}}, {}, "is of an unknown microarchitecture"),
        ({"energy": {**ENERGY, "without": {}}}, {}, "has no joules of cpu to model: .*leave out --energy-model"),
        ({}, {"device": "cuda"}, "has no joules of cuda to model"),
        ({}, {"format_version": "0.1"}, r"model\.json is no model of energy that can be used"),
        ({}, {"idle_w": -1.0}, r"idle_w is -1\.0"),
    ],
    ids=["machine", "unknown machine", "measured", "device", "version", "negative"],
)
def test_a_file_that_a_run_cannot_use_is_refused(
    tmp_path: Path, meta: dict[str, Any], changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        runs.load(made(tmp_path / "results", **meta), energy_model=file_of(tmp_path, **changes))


def test_a_damaged_model_of_a_run_is_an_error(tmp_path: Path) -> None:
    damaged = {**as_dict(MODEL), "byte_j": {"L2": -1.0}}
    with pytest.raises(InfrastructureError, match=r"run\.json is damaged"):
        runs.load(made(tmp_path, energy={**ENERGY, "executed": damaged}))
