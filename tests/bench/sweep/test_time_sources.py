"""Sources of times: runs, tables, files of shapes; what cannot be fitted together is refused."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.store import journal, runs
from bench.store.status import Flag
from bench.sweep import time_sources
from impls.cost_model.cost_table import Subject
from tests.bench.predict.simulated_times import lines
from tests.bench.report.synthetic_run import ok
from tests.bench.sweep.test_timed_layers import HEADER, file

MACHINE = {"cpu": "Zen", "simd": "AVX512", "threads": 2}
CASE = "mb1ic64ih28oc64kh3ph1"


def run(folder: Path, *rows: object, machine: dict[str, object] | None = None) -> Path:
    path = runs.create(folder, "full", {"environment": machine or MACHINE})
    for row in rows:
        record = {"key": row.case_key, "rows": [row.as_dict()], "samples": {}}  # type: ignore[attr-defined]
        journal.append(path, record)
    return path


def test_rows_of_a_run_become_tables_by_subject(tmp_path: Path) -> None:
    path = run(
        tmp_path,
        ok(CASE, "fft", 1e-3, 1e-5, descriptor=CASE),
        ok(CASE + "a", "torch", 2e-3, descriptor=CASE),
        ok(CASE + "b", "auto", 1e-3, descriptor=CASE, delegate="fft"),
        ok(CASE + "c", "fft", 1e-9, descriptor=CASE, flags=(Flag.IMPOSSIBLE,)),
        ok(CASE + "d", "fft", None, descriptor=CASE, status="failed"),  # type: ignore[arg-type]
    )
    found = time_sources.read([path])
    fft, torch = Subject("cpu", "fft", "fp32", 2), Subject("cpu", "torch", "fp32", 2)
    assert set(found.tables) == {fft, torch}
    assert found.tables[fft].time_s.tolist() == [1e-3]
    assert found.tables[fft].scatter[0] == pytest.approx(0.01)
    assert found.machine["cpu"] == "Zen"
    for reason in ("it only chose another implementation", "flagged impossible", "status failed"):
        assert any(f"1 row left out: {reason}" in note for note in found.notes)


def test_runs_of_two_machines_are_refused(tmp_path: Path) -> None:
    rows = ok(CASE, "fft", 1e-3, descriptor=CASE)
    folders = [run(tmp_path, rows), run(tmp_path, rows, machine={**MACHINE, "cpu": "Xeon"})]
    with pytest.raises(UsageError, match=r"of device cpu are of different machines .*Zen.*Xeon.*no column tells them"):
        time_sources.read(folders)


def times(factors: tuple[float, ...]) -> list[str]:
    """Rows of a table: every layer once for each factor on its time."""
    found = []
    for p in lines()[::4]:
        for factor in factors:
            sizes = (p.in_channels, *p.size, p.out_channels, *p.kernel)
            found.append(f"1,{','.join(map(str, sizes))},1,same,1,1,{factor * p.macs / 1e12:g}")
    return found


def test_a_table_that_mixes_things_is_refused_by_rows(tmp_path: Path) -> None:
    path = file(tmp_path, f"{HEADER},time_s", *times((1.0, 3.0)))
    with pytest.raises(
        UsageError, match=r"layers of 32 .* over 2 × apart .*line 2, .*line 3.*threads or data are mixed"
    ):
        time_sources.read([path])


def test_a_column_tells_them_apart(tmp_path: Path) -> None:
    rows = [f"{row},{1 + n % 2}" for n, row in enumerate(times((1.0, 3.0)))]
    found = time_sources.read([file(tmp_path, f"{HEADER},time_s,threads", *rows)])
    assert {subject.threads for subject in found.tables} == {1, 2}


def test_layers_that_were_measured_again_may_scatter(tmp_path: Path) -> None:
    (table,) = time_sources.read([file(tmp_path, f"{HEADER},time_s", *times((1.0, 1.1)))]).tables.values()
    assert len(table) == 64


def test_files_of_shapes_are_read(tmp_path: Path) -> None:
    line = {"seed": 1, "descriptor": CASE, "precision": "fp32", "times_s": {"nchw": {"fft": 1e-3}, "nhwc": {}}}
    written = tmp_path / "t.jsonl"
    written.write_text(json.dumps({"machine": MACHINE}) + "\n" + json.dumps(line) + "\n")
    (table,) = time_sources.read([written]).tables.values()
    assert (table.subject, table.time_s.tolist()) == (Subject("cpu", "fft", "fp32", 2), [1e-3])
    shape = {"descriptor": CASE, "precision": "fp32", "device": "cpu"}
    one = {"implementation": "fft", "layout": "nhwc", "status": "ok", "median_s": 2e-3}
    kernels = {"environment": MACHINE, "shapes": [{**shape, "candidates": [one, {**one, "status": "wrong"}]}]}
    regret = {"environment": MACHINE, "shapes": [{**shape, "layout": "nchw", "times_s": {"fft": 3e-3, "auto": 1.0}}]}
    for name, data, time_s in (("kernels", kernels, 2e-3), ("regret", regret, 3e-3)):
        packed = tmp_path / f"{name}.json.xz"
        packed.write_bytes(lzma.compress(json.dumps(data).encode()))
        (table,) = time_sources.read([packed]).tables.values()
        assert table.time_s.tolist() == [time_s]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.txt", CASE, "has layers without times"),
        ("a.json", "{}", "holds no times of shapes"),
        ("a.json", "{", "holds no times of shapes"),
        ("a.xz", "x", "holds no times of shapes"),
        ("a.jsonl", "{}\n", "holds no times of shapes"),
        ("missing.json", None, "is not there"),
        ("missing", None, "is not a run: it has no run.json"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, name: str, content: str | None, sentence: str) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(UsageError, match=sentence):
        time_sources.read([tmp_path / name])


def test_a_run_without_a_time_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no row with a time"):
        time_sources.read([run(tmp_path)])
