"""Containers and virtual machines: limits of both versions of control groups, and the marks that engines leave."""

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
        # The tightest of the group and those above it.
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
        # The host's path, which is not there: the mount's root counts.
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
def test_processor_time(forge: Forge, files: Mapping[str, str], value: str, remedy: str | None) -> None:
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
        # How v1 says that there is none.
        (
            {**MEMINFO, **V1, "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712"},
            "no limit, 16.0 GiB",
            "fine",
        ),
    ],
)
def test_memory(forge: Forge, files: Mapping[str, str], value: str, verdict: str) -> None:
    found = _look(forge, files)["memory"]
    assert (found.value, found.verdict) == (value, verdict)


@pytest.mark.parametrize(
    ("files", "value"),
    [
        ({}, "none seen"),
        ({"/proc/self/cgroup": "0::/user.slice/session-1.scope"}, "none seen"),
        ({"/.dockerenv": ""}, "Docker"),
        ({"/run/.containerenv": ""}, "Podman"),
        ({"/proc/1/cgroup": "0::/kubepods.slice/pod1"}, "Kubernetes"),
        ({"/proc/self/cgroup": "1:name=systemd:/docker/0123"}, "Docker"),
    ],
)
def test_containers(forge: Forge, files: Mapping[str, str], value: str) -> None:
    found = _look(forge, files)["container"]
    assert (found.value, found.verdict) == (value, "fine")


@pytest.mark.parametrize(
    ("files", "value"),
    [
        ({}, "none seen"),
        ({"/proc/cpuinfo": cpuinfo(), "/sys/class/dmi/id/sys_vendor": "Dell Inc."}, "none seen"),
        ({"/proc/cpuinfo": cpuinfo(flags="fpu hypervisor")}, "yes (its maker is hidden)"),
        # Arm has no flag for it.
        (
            {"/sys/class/dmi/id/sys_vendor": "Amazon EC2", "/sys/class/dmi/id/product_name": "m7g.large"},
            "yes (Amazon EC2 m7g.large)",
        ),
        ({"/sys/hypervisor/type": "xen"}, "yes (xen)"),
    ],
)
def test_virtual_machines(forge: Forge, files: Mapping[str, str], value: str) -> None:
    found = _look(forge, files)["virtual machine"]
    assert (found.value, found.verdict) == (value, "fine" if value == "none seen" else "mind")
