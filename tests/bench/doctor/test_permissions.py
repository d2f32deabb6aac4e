"""Permissions, by levels, capabilities and files."""

from __future__ import annotations

import os
from collections.abc import Mapping

import pytest

from bench.doctor.finding import Finding
from bench.doctor.permissions import permissions
from tests.bench.doctor.forging import Forge

PARANOID, STATUS = "/proc/sys/kernel/perf_event_paranoid", "/proc/self/status"
RAPL = "/sys/class/powercap/intel-rapl:{}/energy_uj"


def _look(forge: Forge, files: Mapping[str, str]) -> dict[str, Finding]:
    return {finding.name: finding for finding in permissions(forge(files))}


@pytest.mark.parametrize(
    ("files", "verdict"),
    [
        ({}, "missing"),
        ({PARANOID: "-1"}, "fine"),
        ({PARANOID: "0"}, "fine"),
        ({PARANOID: "1"}, "mind"),
        ({PARANOID: "4", STATUS: "Name:\tpython\nCapEff:\t0000000000000000"}, "mind"),
        # CAP_PERFMON; then CAP_SYS_ADMIN.
        ({PARANOID: "4", STATUS: "CapEff:\t0000004000000000"}, "fine"),
        ({PARANOID: "2", STATUS: "Name:\tpython\nCapEff:\t0000000000200000\nx: y"}, "fine"),
    ],
)
def test_perf_events_need_a_level_or_a_capability(forge: Forge, files: Mapping[str, str], verdict: str) -> None:
    found = _look(forge, files)["perf events"]
    assert found.verdict == verdict
    assert (found.value is None) == (PARANOID not in files)
    if verdict == "mind":
        assert found.remedy == "for RAPL by perf: sudo sysctl kernel.perf_event_paranoid=0"


@pytest.mark.parametrize(
    ("files", "value", "verdict"),
    [
        ({}, None, "missing"),
        ({RAPL.format("0"): "123", RAPL.format("1"): "456"}, "2 of 2 RAPL packages can be read", "fine"),
        # A folder instead of the file: even root cannot read it.
        ({RAPL.format("0"): "123", RAPL.format("1") + "/": ""}, "1 of 2 RAPL packages can be read", "mind"),
    ],
)
def test_unreadable_packages_need_a_remedy(
    forge: Forge, files: Mapping[str, str], value: str | None, verdict: str
) -> None:
    found = _look(forge, files)["powercap"]
    assert (found.value, found.verdict) == (value, verdict)
    if verdict == "mind":
        assert str(found.remedy).endswith("sudo chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj")


@pytest.mark.parametrize(("files", "verdict"), [({}, "missing"), ({"/proc/self/clear_refs": ""}, "fine")])
def test_peak_memory_needs_a_writable_clear_refs(forge: Forge, files: Mapping[str, str], verdict: str) -> None:
    assert _look(forge, files)["clear_refs"].verdict == verdict


def test_refused_pinning_is_missing(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(process: int, processors: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    found = _look(forge, {})["sched_setaffinity"]
    assert (found.value, found.verdict) == ("refused (Operation not permitted)", "missing")


def test_a_system_without_pinning_is_noted(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_setaffinity")
    found = _look(forge, {})["sched_setaffinity"]
    assert (found.value, found.verdict) == (None, "mind")
