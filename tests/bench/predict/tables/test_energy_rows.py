"""Rows for a fit of energy: measured joules of one device by one meter, with known work; all else has a reason."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from bench.energy.model import PowerModel
from bench.errors import InfrastructureError, UsageError
from bench.predict.tables.energy_rows import measured_run
from bench.store import journal
from bench.store.status import Flag
from tests.bench.energy.bracket.forged import BRACKET
from tests.bench.predict.simulated_energy import FIGURE, META, run_of, simulated

ROWS = simulated(2)
BLIND = {"cpu": "no sensor: rapl-perf: root only"}


def terms(**changes: Any) -> dict[str, Any]:
    return {**META, "energy": {"without": BLIND, "model": None, "bracket": None, **changes}}


def test_rows_have_their_work_and_their_gross_joules(tmp_path: Path) -> None:
    run = measured_run(run_of(tmp_path, ROWS))
    assert list(run.rows) == ROWS
    assert (run.device, run.microarchitecture, run.threads, run.left_out) == ("cpu", "zen4", 2, {})


def test_a_row_that_chose_another_counts_as_that(tmp_path: Path) -> None:
    run = measured_run(run_of(tmp_path, ROWS, delegate="onednn"))
    assert {row.implementation for row in run.rows} == {"onednn"}


@pytest.mark.parametrize(
    ("meta", "figure", "said"),
    [
        (terms(), None, "has no measured joules: no sensor; allowed: a run with measured joules"),
        (terms(bracket=BRACKET.as_dict()), None, "has no measured joules: they are bracketed"),
        (terms(model=asdict(PowerModel(60.0, 180.0, 16, 2, "x"))), None, "has no measured joules: they are modelled"),
        (META, None, "has no measured joules: not sampled"),
        (META, {**FIGURE, "scope": "psys"}, "has no measured joules"),
        (META, {**FIGURE, "method": "unavailable", "reason": "all throttled"}, "has no measured joules: all throttled"),
        ({**META, "environment": {"simd": "AVX512"}}, FIGURE, "does not say the microarchitecture of its cpu"),
    ],
    ids=["no sensor", "bracket", "model", "not sampled", "platform", "unavailable", "processor"],
)
def test_a_run_without_measured_joules_is_refused(
    tmp_path: Path, meta: dict[str, Any], figure: dict[str, Any] | None, said: str
) -> None:
    with pytest.raises(UsageError) as refused:
        measured_run(run_of(tmp_path, ROWS, meta=meta, figure=figure))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"device": "cuda", "threads": None}, r"mixes devices \(cpu, cuda\).*to measure one: --device cpu"),
        ({"threads": 4}, r"mixes numbers of threads \(2, 4\).*to measure one: --threads N"),
    ],
)
def test_several_devices_or_numbers_of_threads_are_refused(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    calibration = META["calibration"][0]
    both = {**META, "calibration": [calibration, {**calibration, "threads": 4}]}
    run, other = run_of(tmp_path, ROWS, meta=both), run_of(tmp_path, ROWS, meta=both, **changes)
    for record in journal.read(other):
        rows = [{**row, "case_key": f"other {row['case_key']}"} for row in record.get("rows", ())]
        journal.append(run, {**record, "key": f"other {record['key']}", **({"rows": rows} if rows else {})})
    with pytest.raises(UsageError, match=said):
        measured_run(run)


@pytest.mark.parametrize(
    ("changes", "figure", "reason"),
    [
        ({"executed_flops": None}, FIGURE, "its executed FLOPs and bytes are unknown"),
        ({"flags": (Flag.IMPOSSIBLE,)}, FIGURE, "it is flagged impossible"),
        ({"flags": (Flag.KNOWN_INPUTS,)}, FIGURE, "it is flagged faster-on-known-inputs"),
        ({}, {**FIGURE, "flags": ["few-windows", "lost-in-noise"]}, "it is flagged lost-in-noise"),
        ({"data": "zeros"}, FIGURE, "its values are zeros"),
    ],
)
def test_a_row_that_cannot_be_trusted_is_left_out(
    tmp_path: Path, changes: dict[str, Any], figure: dict[str, Any], reason: str
) -> None:
    run = measured_run(run_of(tmp_path, ROWS, figure=figure, **changes))
    (found,) = run.left_out
    assert found.startswith(reason)
    assert (run.left_out[found], run.rows, run.threads) == (len(ROWS), (), None)


def test_flags_that_only_widen_a_figure_are_fine(tmp_path: Path) -> None:
    run = measured_run(run_of(tmp_path, ROWS, figure={**FIGURE, "flags": ["few-windows", "idle-drift"]}))
    assert len(run.rows) == len(ROWS)


def test_most_rows_decide_the_meter(tmp_path: Path) -> None:
    run = run_of(tmp_path, ROWS)
    case = journal.read(run)[-1]
    names = list(case["energy"])
    other = {name: [{**FIGURE, "source": "rapl-powercap", "gross_j": 1.0}] for name in names[:2]}
    journal.append(run, {**case, "energy": {**case["energy"], **other}})
    found = measured_run(run)
    assert (found.source, len(found.rows)) == ("rapl-perf", len(ROWS) - 2)
    assert found.left_out == {"another meter measured it": 2}


def test_a_gpu_is_known_by_its_name(tmp_path: Path) -> None:
    calibration = {**META["calibration"][0], "device": "cuda", "threads": None}
    run = measured_run(run_of(tmp_path, ROWS, meta={**META, "calibration": [calibration]}, device="cuda", threads=None))
    assert (run.device, run.microarchitecture, run.processor, run.threads) == ("cuda", "Forged GPU", "Forged GPU", None)
    assert {row.work.instructions for row in run.rows} <= {"lanes", "matrix"}


def test_damaged_ceilings_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match=r"run\.json is damaged"):
        measured_run(run_of(tmp_path, ROWS, meta={**META, "calibration": [{"device": "cpu"}]}))
