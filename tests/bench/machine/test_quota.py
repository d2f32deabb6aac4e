"""The processor time that control groups allow."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.machine.quota import groups, processor_quota, text_of

V2 = {"/proc/self/cgroup": "0::/jobs/one"}
V1 = {"/proc/self/cgroup": "4:memory:/jobs/one\n3:cpu,cpuacct:/jobs/one\n0::/"}
ROOT = "/sys/fs/cgroup"


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({}, None),
        ({f"{ROOT}/cpu.max": "max 100000"}, None),
        ({f"{ROOT}/cpu.max": "nonsense"}, None),
        ({f"{ROOT}/cpu.max": "0 100000"}, None),
        ({f"{ROOT}/cpu.max": "150000 100000"}, 1.5),
        # The tightest of the group and its parents.
        ({**V2, f"{ROOT}/cpu.max": "400000 100000", f"{ROOT}/jobs/cpu.max": "200000 100000"}, 2.0),
        ({**V2, f"{ROOT}/jobs/cpu.max": "max 100000", f"{ROOT}/jobs/one/cpu.max": "50000 100000"}, 0.5),
        ({**V1, f"{ROOT}/cpu/cpu.cfs_quota_us": "-1", f"{ROOT}/cpu/cpu.cfs_period_us": "100000"}, None),
        ({**V1, f"{ROOT}/cpu/jobs/cpu.cfs_quota_us": "300000", f"{ROOT}/cpu/jobs/cpu.cfs_period_us": "100000"}, 3.0),
        ({**V1, f"{ROOT}/cpu/jobs/cpu.cfs_quota_us": "300000"}, None),
    ],
)
def test_the_quota_of_a_process(files: dict[str, str], quota: float | None) -> None:
    assert processor_quota(files.get) == quota


def test_the_groups_of_a_process_begin_at_the_root_of_the_mount() -> None:
    assert groups(V2.get) == [ROOT, f"{ROOT}/jobs", f"{ROOT}/jobs/one"]
    assert groups(V1.get, "memory") == [f"{ROOT}/memory", f"{ROOT}/memory/jobs", f"{ROOT}/memory/jobs/one"]
    assert groups(lambda _: None) == [ROOT]


def test_a_file_that_cannot_be_read_has_no_text(tmp_path: Path) -> None:
    file = tmp_path / "cpu.max"
    assert text_of(str(file)) is None
    file.write_text("max 100000\n", encoding="utf-8")
    assert text_of(str(file)) == "max 100000"


def test_the_quota_of_this_process_is_a_number_above_0_or_none() -> None:
    quota = processor_quota()
    assert quota is None or quota > 0
