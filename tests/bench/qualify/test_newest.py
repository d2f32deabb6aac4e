"""How much two runs differ on this machine, by the newest qualification that tells."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

import pytest

from bench.compare.shared import RunThreshold
from bench.qualify.newest import difference_between_runs, threshold_between_runs


def _write(results: Path, name: str, value: float | None, **more: Any) -> None:
    threshold = None if value is None else {"time_s": {"p95": {"value": value}}}
    data = {"format_version": "2.0", "device": "cpu", "environment": {"host": platform.node()}, "threshold": threshold}
    (results / "qualify").mkdir(exist_ok=True)
    (results / "qualify" / f"{name}.json").write_text(json.dumps(data | more))


def test_the_newest_of_this_machine_tells(tmp_path: Path) -> None:
    _write(tmp_path, "20260101T000000Z-here", 0.05)
    _write(tmp_path, "20260201T000000Z-here", 0.04)
    assert difference_between_runs(tmp_path, "cpu") == 0.04
    assert difference_between_runs(tmp_path, "cuda") is None


@pytest.mark.parametrize(
    "more",
    [
        {"environment": {"host": "another"}},
        {"device": "cuda"},
        {"format_version": "1.1", "threshold": {"value": 0.5, "of": "time_fast_s"}},
        {"threshold": None},
    ],
)
def test_others_are_passed_over(tmp_path: Path, more: dict[str, Any]) -> None:
    _write(tmp_path, "20260101T000000Z-here", 0.05)
    _write(tmp_path, "20260201T000000Z-there", 0.04, **more)
    assert difference_between_runs(tmp_path, "cpu") == 0.05


def test_a_damaged_file_or_none_is_no_error(tmp_path: Path) -> None:
    assert difference_between_runs(tmp_path, "cpu") is None
    (tmp_path / "qualify").mkdir()
    (tmp_path / "qualify" / "20270101T000000Z-here.json").write_text("{")
    assert difference_between_runs(tmp_path, "cpu") is None


def test_a_comparison_reads_the_threshold_of_a_host_with_the_number_of_its_quiet_runs(tmp_path: Path) -> None:
    runs = [{"run": n, "condition": "quiet" if n % 2 else "busy"} for n in range(6)]
    _write(tmp_path, "20260101T000000Z-there", 0.05, environment={"host": "there"}, runs=runs)
    assert threshold_between_runs(tmp_path, "there", "cpu") == RunThreshold(0.05, 3)
    assert threshold_between_runs(tmp_path, "there", "cuda") is None
    assert threshold_between_runs(tmp_path, "here", "cpu") is None
