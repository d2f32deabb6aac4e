"""Containers and virtual machines: limits in both versions of control groups, and the files that reveal an engine."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bench.doctor.finding import Finding
from bench.doctor.limits import limits
from tests.bench.doctor.forging import Forge, cpuinfo

GIB = 2**30
MEMINFO = {"/proc/meminfo": f"MemTotal:  {16 * GIB // 1024} kB\nMemFree: 1 kB"}
V2 = {"/proc/self/cgroup": "0::/jobs/one"}
V1 = {"/proc/self/cgroup": "4:memory:/jobs/one\n3:cpu,cpuacct:/jobs/one\n0::/"}


def _look(forge: Forge, files: Mapping[str, str], processors: int = 4) -> dict[str, Finding]:
    return {finding.name: finding for finding in limits(forge(files), processors)}


@pytest.mark.parametrize(
    ("files", "value", "remedy"),
    [
        ({}, "no limit", None),
        ({**V2, "/sys/fs/cgroup/cpu.max": "max 100000"}, "no limit", None),
        ({**V2, "/sys/fs/cgroup/cpu.max": "200000 100000"}, "2 of 4 processors", "--threads 2"),
        ({**V2, "/sys/fs/cgroup/cpu.max": "800000 100000"}, "8 processors", None),
        # The tightest limit of the group and its parents counts.
        (
            {
                **V2,
                "/sys/fs/cgroup/jobs/one/cpu.max": "max 100000",
                "/sys/fs/cgroup/jobs/cpu.max": "150000 100000",
                "/sys/fs/cgroup/cpu.max": "300000 100000",
            },
            "1.5 of 4 processors",
            "--threads 1",
        ),
        ({**V2, "/sys/fs/cgroup/cpu.max": "50000 100000"}, "0.5 of 4 processors", "raise the limit"),
        # The path is the host's and does not exist here: the root of the mount counts.
        (
            {**V1, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "300000", "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000"},
            "3 of 4 processors",
            "--threads 3",
        ),
        (
            {
                **V1,
                "/sys/fs/cgroup/cpu/jobs/one/cpu.cfs_quota_us": "-1",
                "/sys/fs/cgroup/cpu/jobs/one/cpu.cfs_period_us": "100000",
            },
            "no limit",
            None,
        ),
        ({**V2, "/sys/fs/cgroup/cpu.max": "nonsense"}, "no limit", None),
    ],
)
def test_limits_of_processor_time_are_found(
    forge: Forge, files: Mapping[str, str], value: str, remedy: str | None
) -> None:
    found = _look(forge, files)["processor time"]
    assert (found.value, found.verdict) == (value, "mind" if remedy else "fine")
    assert (found.remedy or "").startswith(remedy or "")


@pytest.mark.parametrize(
    ("files", "value", "verdict"),
    [
        ({}, "no limit", "fine"),
        (MEMINFO, "no limit, 16.0 GiB", "fine"),
        ({**MEMINFO, **V2, "/sys/fs/cgroup/memory.max": "max"}, "no limit, 16.0 GiB", "fine"),
        ({**MEMINFO, **V2, "/sys/fs/cgroup/memory.max": str(4 * GIB)}, "4.0 GiB of 16.0 GiB", "mind"),
        ({**MEMINFO, **V2, "/sys/fs/cgroup/jobs/memory.max": str(2 * GIB)}, "2.0 GiB of 16.0 GiB", "mind"),
        (
            {**MEMINFO, **V1, "/sys/fs/cgroup/memory/jobs/one/memory.limit_in_bytes": str(GIB)},
            "1.0 GiB of 16.0 GiB",
            "mind",
        ),
        # v1 writes "no limit" like this.
        (
            {**MEMINFO, **V1, "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712"},
            "no limit, 16.0 GiB",
            "fine",
        ),
    ],
)
def test_limits_of_memory_are_found(forge: Forge, files: Mapping[str, str], value: str, verdict: str) -> None:
    found = _look(forge, files)["memory"]
    assert (found.value, found.verdict) == (value, verdict)


@pytest.mark.parametrize(
    ("files", "value"),
    [
        ({}, "none found"),
        ({"/proc/self/cgroup": "0::/user.slice/session-1.scope"}, "none found"),
        ({"/.dockerenv": ""}, "Docker"),
        ({"/run/.containerenv": ""}, "Podman"),
        ({"/proc/1/cgroup": "0::/kubepods.slice/pod1"}, "Kubernetes"),
        ({"/proc/self/cgroup": "1:name=systemd:/docker/0123"}, "Docker"),
    ],
)
def test_containers_are_named(forge: Forge, files: Mapping[str, str], value: str) -> None:
    found = _look(forge, files)["container"]
    assert (found.value, found.verdict) == (value, "fine")


@pytest.mark.parametrize(
    ("files", "value"),
    [
        ({}, "none found"),
        ({"/proc/cpuinfo": cpuinfo(), "/sys/class/dmi/id/sys_vendor": "Dell Inc."}, "none found"),
        ({"/proc/cpuinfo": cpuinfo(flags="fpu hypervisor")}, "yes (its maker is hidden)"),
        # Arm has no flag for virtual machines.
        (
            {"/sys/class/dmi/id/sys_vendor": "Amazon EC2", "/sys/class/dmi/id/product_name": "m7g.large"},
            "yes (Amazon EC2 m7g.large)",
        ),
        ({"/sys/hypervisor/type": "xen"}, "yes (xen)"),
    ],
)
def test_virtual_machines_are_named(forge: Forge, files: Mapping[str, str], value: str) -> None:
    found = _look(forge, files)["virtual machine"]
    assert (found.value, found.verdict) == (value, "fine" if value == "none found" else "mind")
