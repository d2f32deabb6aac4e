"""Files of other programs: samples by process, and one sentence for what cannot be read."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from bench.errors import InfrastructureError, UsageError
from bench.store.foreign import files
from bench.store.foreign.value import ForeignCase


def write(path: Path, data: Any) -> Path:
    text = json.dumps(data)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def timed(name: str, value: float, **more: Any) -> dict[str, Any]:
    return {"name": name, "run_type": "iteration", "real_time": value, "cpu_time": 1.0, "time_unit": "us"} | more


def google(*lines: dict[str, Any]) -> dict[str, Any]:
    return {"context": {"host_name": "box", "num_cpus": 8}, "benchmarks": list(lines)}


def suite(*benchmarks: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {"version": "1.0", "metadata": metadata, "benchmarks": list(benchmarks)}


def bench(name: str, *runs: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, **metadata}, "runs": list(runs)}


def test_repetitions_of_google_benchmark_are_samples_of_one_process(tmp_path: Path) -> None:
    lines = [
        timed("BM_A/8", 2.0, run_name="BM_A/8", repetition_index=0),
        timed("BM_A/8", 3.0, run_name="BM_A/8", repetition_index=1),
        timed("BM_A/8_mean", 2.5, run_name="BM_A/8", run_type="aggregate", aggregate_name="mean"),
        timed("BM_B", 5.0, time_unit="ms"),
        timed("BM_C", 0.0, error_occurred=True, error_message="no GPU"),
    ]
    found = files.read(write(tmp_path / "g.json", google(*lines)))
    assert found.program == "google-benchmark"
    assert found.machine == {"host_name": "box", "num_cpus": "8"}
    a, b, c = found.cases
    assert (a.name, a.samples_s) == ("BM_A/8", (pytest.approx((2e-6, 3e-6)),))
    assert b.samples_s == ((pytest.approx(5e-3),),)
    assert c == ForeignCase("BM_C", (), "no GPU")


def test_a_benchmark_that_failed_once_has_no_samples(tmp_path: Path) -> None:
    lines = [timed("BM", 1.0), timed("BM", 0.0, error_occurred=True)]
    (case,) = files.read(write(tmp_path / "g.json", google(*lines))).cases
    assert case == ForeignCase("BM", (), "it failed")


@pytest.mark.parametrize("ending", ["json", "json.gz"])
def test_runs_of_pyperf_are_processes(tmp_path: Path, ending: str) -> None:
    data = suite(
        bench(
            "fast",
            {"metadata": {"calibrate_loops": 8}, "warmups": [[8, 0.5]]},
            {"values": [1.0, 1.5], "warmups": [[8, 9.0]]},
            {"values": [2.0]},
        ),
        bench("memory", {"values": [4096]}, unit="byte"),
        bench("empty", {"warmups": [[1, 1.0]]}),
        hostname="box",
        cpu_model_name="Example CPU",
    )
    found = files.read(write(tmp_path / f"p.{ending}", data))
    assert found.program == "pyperf"
    assert found.cases == (ForeignCase("fast", ((1.0, 1.5), (2.0,))), ForeignCase("empty", (), "it has no values"))
    assert found.passed_over == ("memory: its unit is byte, not second",)
    assert found.machine == {"hostname": "box", "cpu_model_name": "Example CPU"}


def test_a_name_that_the_whole_suite_shares_stands_above(tmp_path: Path) -> None:
    """pyperf writes what is common to all benchmarks once: of a suite of one, also its name."""
    data = {"version": "1.0", "metadata": {"name": "only"}, "benchmarks": [{"runs": [{"values": [1.0]}]}]}
    assert files.read(write(tmp_path / "p.json", data)).cases == (ForeignCase("only", ((1.0,),)),)


def test_pyperf_writes_what_is_read(tmp_path: Path) -> None:
    library = pytest.importorskip("pyperf", reason="pyperf is not installed: pip install pyperf")
    metadata = {"name": "b", "unit": "second"}
    runs = [library.Run(values, metadata=metadata, collect_metadata=False) for values in ([1.0, 2.0], [3.0])]
    library.BenchmarkSuite([library.Benchmark(runs)]).dump(str(tmp_path / "p.json"))
    assert files.read(tmp_path / "p.json").cases == (ForeignCase("b", ((1.0, 2.0), (3.0,))),)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"results": []}, "is of no program that is read; allowed: JSON of google-benchmark and pyperf"),
        ({"version": "0.8", "benchmarks": []}, "has pyperf's format 0.8; allowed: 1.0"),
        (google(timed("BM_mean", 1.0, run_type="aggregate")), "has aggregates only; measure again without"),
        (google(timed("BM", 1.0, time_unit="h")), "has times in 'h'; allowed: ns, us, ms, s"),
        (google(timed("BM", 0.0)), "has samples that are not above 0, of BM"),
    ],
)
def test_what_cannot_be_compared_is_refused(tmp_path: Path, data: Any, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        files.read(write(tmp_path / "x.json", data))


@pytest.mark.parametrize(
    "data", [google({"run_type": "iteration"}), suite({"runs": []}), suite(bench("b", {"values": ["x"]}))]
)
def test_damage_is_named(tmp_path: Path, data: Any) -> None:
    with pytest.raises(InfrastructureError, match=r"x\.json is damaged"):
        files.read(write(tmp_path / "x.json", data))


def test_what_is_no_json_is_damaged_and_what_is_missing_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{")
    (tmp_path / "x.json.gz").write_bytes(b"no gzip")
    for name in ("x.json", "x.json.gz"):
        assert files.is_foreign(tmp_path / name)
        with pytest.raises(InfrastructureError, match="is damaged or cannot be read"):
            files.read(tmp_path / name)
    with pytest.raises(UsageError, match="is not there"):
        files.read(tmp_path / "y.json")
    assert not files.is_foreign(tmp_path)
