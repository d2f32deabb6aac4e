"""Files of other programs get the statistics of runs."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.compare import foreign_runs
from bench.compare.comparison import ComparisonTerms, compare_folders
from bench.compare.quantities import TIME
from bench.compare.verdicts import ChangeVerdict
from bench.errors import UsageError
from bench.store import runs

NAMES = [f"bench{n:02}" for n in range(20)]


def pyperf(path: Path, seed: int, **ratios: float) -> Path:
    """A suite of 20 benchmarks in 10 processes each, whose processes scatter by 0.5 %."""
    rng = np.random.default_rng(seed)

    def benchmark(name: str) -> dict[str, Any]:
        middle = 1e-3 * ratios.get(name, 1.0)
        processes = [{"values": [middle * math.exp(0.005 * rng.normal())] * 3} for _ in range(10)]
        return {"metadata": {"name": name}, "runs": processes}

    metadata = {"hostname": "box", "cpu_model_name": "Example CPU", "cpu_count": 8, "unit": "second"}
    path.write_text(json.dumps({"version": "1.0", "metadata": metadata, "benchmarks": [benchmark(n) for n in NAMES]}))
    return path


def test_suites_of_pyperf_are_compared_like_runs(tmp_path: Path) -> None:
    old, new = pyperf(tmp_path / "old.json", 1), pyperf(tmp_path / "new.json", 2, bench03=1.5)
    found = compare_folders([old], [new], ComparisonTerms())
    (time,) = found.of(TIME)
    assert [(row.case_key, row.implementation) for row in time.of(ChangeVerdict.SLOWER)] == [("bench03", "pyperf")]
    assert time.unit == "process"
    assert len(time.rows) == len(NAMES)
    assert found.old[0].environment == {"host": "box", "cpu": "Example CPU", "cores": "8"}
    assert all(run.is_finished for run in (*found.old, *found.new))


def test_a_benchmark_that_fails_now_is_broken(tmp_path: Path) -> None:
    def google(path: Path, line: dict[str, Any]) -> Path:
        other = {"name": "other", "run_type": "iteration", "real_time": 1.0, "time_unit": "us"}
        path.write_text(json.dumps({"context": {"host_name": "box"}, "benchmarks": [line, other]}))
        return path

    fine = {"name": "BM", "run_type": "iteration", "real_time": 2.0, "time_unit": "us"}
    old = google(tmp_path / "old.json", fine)
    new = google(tmp_path / "new.json", {**fine, "error_occurred": True, "error_message": "no memory"})
    found = compare_folders([old], [new], ComparisonTerms())
    (fate,) = found.matched.broken
    assert (fate.case_key, fate.implementation, fate.reason) == ("BM", "google-benchmark", "no memory")


def test_a_path_that_is_neither_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[]")
    with pytest.raises(UsageError, match="is of no program that is read"):
        foreign_runs.read(tmp_path / "x.json")
    with pytest.raises(UsageError, match="is not a run"):
        foreign_runs.read(tmp_path)
    assert not list(tmp_path.glob(f"*/{runs.META_NAME}"))
