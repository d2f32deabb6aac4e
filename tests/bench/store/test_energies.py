"""The joules of a run's rows: measured, modelled, bracketed, or null with the reason; never 0 for missing."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.energy.model import PowerModel
from bench.errors import InfrastructureError
from bench.store import energies, journal, runs, stored
from bench.store.schema import Row
from bench.store.status import Status
from tests.bench.energy.bracket.forged import BRACKET

MODEL = PowerModel(idle_w=60.0, max_w=180.0, socket_cores=16, allotted=2, source="somebody, 2025")
NO_SENSOR = {"cpu": "no sensor: nothing here"}
ROW = Row(case_key="k", implementation="direct", time_s=2e-3, threads=2, direct_flops=10**6)
FIGURE: dict[str, Any] = {
    "method": "counter", "source": "rapl-perf", "scope": "package-0", "plan": "quick", "tau_s": 1e-3, "window_s": 0.5,
    "windows": 3, "rejected": 0, "gross_j": 0.05, "gross_u95_j": 0.002, "net_j": 0.04, "u95_j": 0.003, "gain_rel": None,
    "idle_w": 5.0, "idle_u95_w": 0.1, "power_w": 25.0, "idle_subtracted": True, "check_rel": None,
    "flags": ["few-windows", "throttled"], "reason": None,
}  # fmt: skip


def test_measured_joules_have_one_line_a_scope_with_joules_per_flop() -> None:
    measured = {("k", "direct"): [FIGURE, {**FIGURE, "scope": "dram-0", "net_j": None}]}
    package, dram = energies.lines([ROW], measured, MODEL, {})
    assert (package.scope, package.method, package.net_j, package.u95_j) == ("package-0", "counter", 0.04, 0.003)
    assert (package.gross_j_per_direct_flop, package.net_j_per_direct_flop) == pytest.approx((0.05e-6, 0.04e-6))
    assert (package.flags, package.modelled_j) == (("few-windows", "throttled"), None)
    assert (dram.scope, dram.net_j, dram.net_j_per_direct_flop) == ("dram-0", None, None)


def test_a_second_meter_may_show_less_and_net_joules_may_be_lost_below_zero() -> None:
    below = {**FIGURE, "check_rel": -0.0013, "net_j": -1e-6}
    (line,) = energies.lines([ROW], {("k", "direct"): [below]}, None, {})
    assert (line.check_rel, line.net_j) == (-0.0013, -1e-6)
    assert line.net_j_per_direct_flop == pytest.approx(-1e-12)
    with pytest.raises(ValueError, match="gross_j is -1"):
        energies.lines([ROW], {("k", "direct"): [{**FIGURE, "gross_j": -1.0}]}, None, {})


@pytest.mark.parametrize(
    ("device", "time_s", "waits"),
    # 0.05 J at 25 W: a call every 2 ms.
    [("cuda", 2e-3, False), ("cuda", 1.9e-3, False), ("cuda", 1e-3, True), ("cuda", None, False), ("cpu", 1e-3, False)],
)
def test_joules_of_a_gpu_that_waited_for_launches_say_so(device: str, time_s: float | None, waits: bool) -> None:
    row = replace(ROW, device=device, time_s=time_s)
    (line,) = energies.lines([row], {("k", "direct"): [FIGURE]}, None, {})
    assert ("device-waits" in line.flags) is waits


def test_without_a_sensor_joules_are_modelled_in_a_column_of_their_own() -> None:
    (line,) = energies.lines([ROW], {}, MODEL, NO_SENSOR)
    # 2 of 16 cores, both busy, at 180 W: 22.5 W for 2 ms.
    assert (line.method, line.modelled_j) == ("model", pytest.approx(0.045))
    assert line.modelled_j_per_direct_flop == pytest.approx(0.045e-6)
    assert (line.gross_j, line.net_j, line.u95_j, line.power_w) == (None, None, None, None)
    assert line.reason == NO_SENSOR["cpu"]


@pytest.mark.parametrize(
    ("row", "model", "without", "reason"),
    [
        (ROW, None, NO_SENSOR, "no sensor: nothing here"),
        (ROW, MODEL, {}, "not sampled"),
        (Row(case_key="k", device="cuda", time_s=1.0), MODEL, {**NO_SENSOR, "cuda": "no driver"}, "no driver"),
        (Row(case_key="k", time_s=None), MODEL, NO_SENSOR, "no sensor: nothing here"),
    ],
)
def test_joules_neither_measured_nor_modelled_are_null_with_the_reason(
    row: Row, model: PowerModel | None, without: dict[str, str], reason: str
) -> None:
    (line,) = energies.lines([row], {}, model, without)
    assert (line.method, line.reason) == ("unavailable", reason)
    numbers = [v for name, v in line.as_dict().items() if name.endswith(("_j", "_w", "_flop"))]
    assert numbers == [None] * len(numbers)


def test_without_a_sensor_and_a_model_joules_are_bracketed_from_the_interval_of_the_time() -> None:
    row = replace(ROW, time_low_s=1e-3, time_high_s=3e-3)
    (line,) = energies.lines([row], {}, None, NO_SENSOR, BRACKET)
    assert (line.method, line.source, line.scope) == ("bracket", "bracket", "machine-share")
    assert (line.bracket_class, line.bracket_machines, line.reason) == ("Forged servers", 20, NO_SENSOR["cpu"])
    power = BRACKET.power_w(2)
    assert (line.power_low_w, line.power_high_w) == (power.low, power.high)
    assert (line.low_j, line.high_j) == pytest.approx((1e-3 * power.low, 3e-3 * power.high))
    assert (line.low_j_per_direct_flop, line.high_j_per_direct_flop) == pytest.approx(
        (1e-9 * power.low, 3e-9 * power.high)
    )
    # Two threads are one core or two, of 1 to 2 W each when idle.
    assert (line.idle_low_j, line.idle_high_j) == pytest.approx((1e-3, 12e-3))
    assert (line.gross_j, line.net_j, line.modelled_j, line.power_w, line.idle_w) == (None,) * 5


@pytest.mark.parametrize("interval", [(None, None), (1e-3, None), (0.0, 3e-3)])
def test_a_time_without_an_interval_is_bracketed_too(interval: tuple[float | None, float | None]) -> None:
    row = replace(ROW, time_low_s=interval[0], time_high_s=interval[1])
    (line,) = energies.lines([row], {}, None, NO_SENSOR, BRACKET)
    power = BRACKET.power_w(2)
    assert (line.low_j, line.high_j) == pytest.approx((2e-3 * power.low, 2e-3 * power.high))


@pytest.mark.parametrize(
    ("row", "without"),
    [
        (ROW, {}),
        (replace(ROW, device="cuda"), {**NO_SENSOR, "cuda": "no driver"}),
        (replace(ROW, time_s=None), NO_SENSOR),
        (replace(ROW, time_s=0.0), NO_SENSOR),
    ],
    ids=["sensor", "gpu", "no time", "time of 0"],
)
def test_no_bracket_stands_for_a_sensor_a_gpu_or_a_time(row: Row, without: dict[str, str]) -> None:
    (line,) = energies.lines([row], {}, None, without, BRACKET)
    assert (line.method, line.low_j, line.high_j, line.bracket_class) == ("unavailable", None, None, None)


def test_measured_joules_have_no_bracket_and_a_model_replaces_it() -> None:
    (measured,) = energies.lines([ROW], {("k", "direct"): [FIGURE]}, None, NO_SENSOR, BRACKET)
    assert (measured.method, measured.low_j) == ("counter", None)
    (modelled,) = energies.lines([ROW], {}, MODEL, NO_SENSOR, BRACKET)
    assert (modelled.method, modelled.low_j) == ("model", None)


def test_rows_that_are_not_ok_have_no_line() -> None:
    assert energies.lines([Row(status=Status.UNSUPPORTED), Row(status=Status.WRONG)], {}, MODEL, NO_SENSOR) == []


def test_a_problem_without_flops_has_no_joules_per_flop() -> None:
    row = Row(case_key="k", time_s=1e-3, threads=2, direct_flops=0)
    assert energies.lines([row], {}, MODEL, NO_SENSOR)[0].modelled_j_per_direct_flop is None


def _run(tmp_path: Path, **terms: Any) -> Path:
    folder = runs.create(tmp_path, "test", {"energy": terms} if terms else {})
    journal.append(folder, {"key": "k", "rows": [ROW.as_dict()], "samples": {}, "spent_s": 1.0})
    return folder


def test_the_joules_of_a_run_are_read_from_its_journal_and_written_as_a_table(tmp_path: Path) -> None:
    folder = _run(tmp_path, model=asdict(MODEL), without={})
    journal.append(folder, {"key": "k", "energy": {"direct": [FIGURE]}, "windows": []})
    run = runs.load(folder)
    assert set(stored.read(folder).energy) == {"k"}
    assert run.energy.net_j.tolist() == [0.04]
    assert len(run.measurements) == 1, "a record of energy is no visit"
    runs.write_tables(run)
    kept = pd.read_parquet(folder / "energy.parquet")
    assert kept.columns.tolist() == run.energy.columns.tolist()
    assert kept.modelled_j.isna().all()


def test_the_bracket_of_a_run_is_in_its_table_with_both_ends(tmp_path: Path) -> None:
    folder = _run(tmp_path, model=None, without=NO_SENSOR, bracket=BRACKET.as_dict())
    runs.write_tables(runs.load(folder))
    (line,) = pd.read_parquet(folder / "energy.parquet").to_dict("records")
    assert (line["method"], line["bracket_machines"]) == ("bracket", 20)
    assert 0 < line["low_j"] < line["high_j"]
    assert 0 < line["idle_low_j"] < line["idle_high_j"] < line["high_j"]


def test_runs_before_schema_2_3_have_no_bracket(tmp_path: Path) -> None:
    run = runs.load(_run(tmp_path, model=None, without=NO_SENSOR))
    assert run.energy.method.tolist() == ["unavailable"]
    assert run.energy[["low_j", "high_j", "bracket_class", "bracket_machines"]].isna().all(axis=None)


def test_runs_before_schema_1_3_have_the_reason_not_recorded(tmp_path: Path) -> None:
    (reason,) = runs.load(_run(tmp_path)).energy.reason
    assert reason == "not recorded"


def test_damaged_terms_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match=r"run\.json is damaged"):
        runs.load(_run(tmp_path, model={"idle_w": 1.0}, without={}))
