"""A run that holds others: what adds up over them is the sum, and what tells of all names all."""

from __future__ import annotations

from typing import Any

import pytest

from bench.store.together import begun, with_run


def _ceilings(*precisions: str, device: str = "cpu") -> dict[str, Any]:
    return {"device": device, "threads": 2, "peaks": [{"precision": p, "flops_per_s": 1e9} for p in precisions]}


def _spent(joules: float, scope: str = "package-0") -> dict[str, Any]:
    return {"device": "cpu", "scope": scope, "method": "counter", "source": "rapl", "joules": joules}


ONE = {
    "name": "a", "environment": {"host": "x", "cpu": "c"}, "wall_s": 2.0, "sampling_s": 1.0, "journal_lines": 4,
    "finished_utc": "2026-01-01T00:00:00Z", "own_energy": [_spent(3.0)], "calibration": [_ceilings("fp32")],
}  # fmt: skip
OTHER = {
    "environment": {"host": "y", "cpu": "c"}, "wall_s": 5.0, "own_energy": [_spent(4.0), _spent(1.0, "dram-0")],
    "calibration": [_ceilings("fp32", "fp16"), _ceilings("fp32", device="cuda")],
}  # fmt: skip


def test_times_and_joules_add_up_and_ceilings_come_together() -> None:
    found = with_run(with_run(begun(ONE), ONE, ["x"]), OTHER, ["x", "y"])
    assert (found["name"], found["environment"]) == ("a", {"host": "x, y", "cpu": "c"})
    assert (found["wall_s"], found["sampling_s"]) == (7.0, 1.0)
    assert [(one["scope"], one["joules"]) for one in found["own_energy"]] == [("package-0", 7.0), ("dram-0", 1.0)]
    peaks = {one["device"]: [peak["precision"] for peak in one["peaks"]] for one in found["calibration"]}
    assert peaks == {"cpu": ["fp32", "fp16"], "cuda": ["fp32"]}
    assert not found.keys() & {"journal_lines", "finished_utc"}


@pytest.mark.parametrize(("hosts", "named"), [(["b", "a", "b"], "a, b"), (list("abcd"), "4 machines")])
def test_a_few_hosts_are_named_and_many_counted(hosts: list[str], named: str) -> None:
    assert with_run({}, {}, hosts)["environment"]["host"] == named
