"""RAPL counters in a forged /sys/class/powercap."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.energy.meter import MeterError
from bench.energy.rapl_powercap import PowercapMeter, find

RANGE_UJ = 262_143_328_850


def _zone(root: Path, folder: str, name: str, energy_uj: int) -> Path:
    zone = root / folder
    zone.mkdir(parents=True)
    (zone / "name").write_text(f"{name}\n")
    (zone / "max_energy_range_uj").write_text(f"{RANGE_UJ}\n")
    (zone / "energy_uj").write_text(f"{energy_uj}\n")
    return zone / "energy_uj"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two packages with memory, a platform, and the first package listed a second time."""
    (tmp_path / "intel-rapl").mkdir()
    for folder, name in (
        ("intel-rapl:0", "package-0"),
        ("intel-rapl:0:0", "core"),
        ("intel-rapl:0:1", "uncore"),
        ("intel-rapl:0:2", "dram"),
        ("intel-rapl:1", "package-1"),
        ("intel-rapl:1:0", "dram"),
        ("intel-rapl:2", "psys"),
        ("intel-rapl-mmio:0", "package-0"),
        ("intel-rapl-mmio:0:0", "dram"),
    ):
        _zone(tmp_path, folder, name, 1_000_000)
    (tmp_path / "dtpm").mkdir()
    return tmp_path


def _denied(file: Path, flags: int) -> int:
    raise PermissionError(13, "Permission denied", str(file))


def test_packages_memory_and_platform_are_the_scopes(root: Path) -> None:
    meter = PowercapMeter(root)
    assert meter.scopes == ("packages", "package-0", "dram-0", "package-1", "dram-1", "psys")
    assert (meter.source, meter.method, meter.device) == ("rapl-powercap", "counter", "cpu")
    meter.close()


def test_each_scope_has_its_own_joules(root: Path) -> None:
    meter = PowercapMeter(root, clock=lambda: 3.0)
    (root / "intel-rapl:0" / "energy_uj").write_text("11330000\n")
    (root / "intel-rapl:0:0" / "energy_uj").write_text("9000000\n")
    (root / "intel-rapl:0:2" / "energy_uj").write_text("1500000\n")
    (root / "intel-rapl:1" / "energy_uj").write_text("3000000\n")
    (root / "intel-rapl-mmio:0" / "energy_uj").write_text("77000000\n")
    reading = meter.read()
    assert reading.time_s == 3.0
    assert reading.joules == pytest.approx(
        {"packages": 12.33, "package-0": 10.33, "dram-0": 0.5, "package-1": 2, "dram-1": 0, "psys": 0}
    )
    meter.close()


def test_nested_zones_are_found(tmp_path: Path) -> None:
    _zone(tmp_path, "intel-rapl:0", "package-0", 1)
    _zone(tmp_path, "intel-rapl:0/intel-rapl:0:0", "core", 1)
    _zone(tmp_path, "intel-rapl:0/intel-rapl:0:1", "dram", 1)
    assert find(tmp_path).scopes == ("package-0", "dram-0")


def test_a_wrap_around_is_counted(tmp_path: Path) -> None:
    file = _zone(tmp_path, "intel-rapl:0", "package-0", RANGE_UJ - 4_330_000)
    meter = PowercapMeter(tmp_path)
    seen = []
    for microjoules in (RANGE_UJ - 1_000_000, 1_000_000, 6_000_000):
        file.write_text(f"{microjoules}\n")
        seen.append(meter.read().joules["package-0"])
    assert seen == pytest.approx([3.33, 5.33, 10.33], rel=1e-12)
    meter.close()


def test_a_reset_memory_counter_is_lost_and_packages_are_kept(root: Path) -> None:
    meter = PowercapMeter(root)
    (root / "intel-rapl:0:2" / "energy_uj").write_text("0\n")
    reading = meter.read()
    assert reading.joules["packages"] == 0
    assert "dram-0" not in reading.joules
    assert "RAPL dram-0 ran backwards" in reading.lost["dram-0"]
    # A lost counter stays lost: the energy in between is unknown.
    (root / "intel-rapl:0:2" / "energy_uj").write_text("1500000\n")
    assert "dram-0" not in meter.read().joules
    meter.close()


@pytest.mark.parametrize(("power_w", "is_lost"), [(300.0, False), (2_500.0, False), (9_000.0, True)])
def test_a_platform_may_draw_more_than_a_socket(root: Path, power_w: float, is_lost: bool) -> None:
    now_s = [0.0]
    (root / "intel-rapl:2" / "energy_uj").write_text(f"{RANGE_UJ - 1_000}\n")
    meter = PowercapMeter(root, clock=lambda: now_s[0])
    now_s[0] = 20.0
    (root / "intel-rapl:2" / "energy_uj").write_text(f"{int(20e6 * power_w)}\n")
    for zone in ("0", "0:2", "1", "1:0"):
        (root / f"intel-rapl:{zone}" / "energy_uj").write_text("2000000\n")
    reading = meter.read()
    assert ("psys" in reading.lost) == is_lost
    assert reading.joules["packages"] == 2.0
    meter.close()


def test_a_reset_is_an_error(root: Path) -> None:
    meter = PowercapMeter(root)
    (root / "intel-rapl:0" / "energy_uj").write_text("0\n")
    with pytest.raises(MeterError, match="package-0 ran backwards"):
        meter.read()
    meter.close()


def test_a_counter_that_never_moves_is_an_error(root: Path) -> None:
    now_s = [0.0]
    meter = PowercapMeter(root, clock=lambda: now_s[0])
    now_s[0] = 10.0
    with pytest.raises(MeterError, match="package-0 has not moved"):
        meter.read()
    meter.close()


@pytest.mark.parametrize("text", ["", "<unknown>"])
def test_a_file_without_a_number_is_an_error(root: Path, text: str) -> None:
    meter = PowercapMeter(root)
    (root / "intel-rapl:0" / "energy_uj").write_text(text)
    with pytest.raises(MeterError, match="package-0 can no longer be read"):
        meter.read()
    meter.close()


def test_a_vanished_file_is_an_error(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meter = PowercapMeter(root)

    # The error of sysfs for an open file without its device.
    def gone(descriptor: int, size: int, offset: int) -> bytes:
        raise OSError(19, "No such device")

    monkeypatch.setattr(os, "pread", gone)
    with pytest.raises(MeterError, match="No such device"):
        meter.read()
    meter.close()


def test_denied_permission_has_a_remedy(root: Path) -> None:
    found = find(root, _denied)
    files = [root / f"intel-rapl:{zone}" / "energy_uj" for zone in ("0", "0:2", "1", "1:0", "2")]
    assert not found.available
    assert "CVE-2020-8694" in str(found.why_not)
    assert str(found.remedy) == f"sudo chmod a+r {' '.join(map(str, files))} (until the next boot)"
    assert (found.scopes, found.open) == ((), None)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_permission_denied_by_the_system(root: Path) -> None:
    (root / "intel-rapl:0" / "energy_uj").chmod(0)
    assert "only root" in str(find(root).why_not)


def test_a_missing_package_is_explained(tmp_path: Path) -> None:
    assert "no RAPL package" in str(find(tmp_path).why_not)
    assert "no RAPL package" in str(find(tmp_path / "none").why_not)
    _zone(tmp_path, "intel-rapl:0", "psys", 1)
    assert "no RAPL package" in str(find(tmp_path).why_not)


def test_an_incomplete_zone_is_reported(root: Path) -> None:
    (root / "intel-rapl:1" / "max_energy_range_uj").unlink()
    assert "intel-rapl:1 cannot be read" in str(find(root).why_not)


def test_files_are_closed(root: Path) -> None:
    opened = []

    def opening(file: Path, flags: int) -> int:
        opened.append(os.open(file, flags))
        return opened[-1]

    PowercapMeter(root, opening).close()
    assert len(opened) == 5
    for descriptor in opened:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)
