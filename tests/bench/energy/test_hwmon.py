"""Joules of processors from a forged /sys/class/hwmon."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.energy.hwmon import HwmonCounter, HwmonPower, find
from bench.energy.hwmon_channels import ENERGY, POWER, find_sensors
from bench.energy.meter import MeterError
from tests.bench.energy.forged_hwmon import ForgedHwmon

# An interval so long that the background thread takes no sample.
NEVER_S = 3_600.0
RANGE_J = 2**16


class Clock:
    """A clock that the test advances."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def forged(tmp_path: Path) -> ForgedHwmon:
    return ForgedHwmon(tmp_path)


def _counter(forged: ForgedHwmon, clock: Clock) -> HwmonCounter:
    return HwmonCounter(find_sensors(ENERGY, forged.root, forged.topology), clock=clock)


def _power(forged: ForgedHwmon, clock: Clock) -> HwmonPower:
    return HwmonPower(find_sensors(POWER, forged.root, forged.topology), clock=clock, interval_s=NEVER_S)


def _write(file: Path, value: int) -> None:
    file.write_text(f"{value}\n")


def _denied(file: Path, flags: int) -> int:
    raise PermissionError(13, "Permission denied", str(file))


def test_joules_of_two_sockets_are_summed(forged: ForgedHwmon) -> None:
    clock = Clock()
    folder = forged.amd_energy(2, [500, 700])
    forged.nodes([0, 1])
    meter = _counter(forged, clock)
    assert (meter.source, meter.method, meter.device) == ("hwmon", "counter", "cpu")
    assert meter.scopes == ("packages", "package-0", "package-1")
    clock.now_s = 1.0
    _write(folder / "energy1_input", 9_000_000)
    _write(folder / "energy3_input", 510_330_000)
    _write(folder / "energy4_input", 702_000_000)
    reading = meter.read()
    assert reading.time_s == 1.0
    assert reading.joules == pytest.approx({"packages": 12.33, "package-0": 10.33, "package-1": 2.0})
    meter.close()


def test_a_wrap_of_the_register_is_counted(forged: ForgedHwmon) -> None:
    clock = Clock()
    folder = forged.amd_energy(0, [RANGE_J - 4])
    meter = _counter(forged, clock)
    clock.now_s = 0.1
    _write(folder / "energy1_input", 6_330_000)
    assert meter.read().joules["package-0"] == pytest.approx(10.33)
    meter.close()


def test_a_total_above_the_range_of_the_register_counts_on(forged: ForgedHwmon) -> None:
    clock = Clock()
    folder = forged.amd_energy(0, [3 * RANGE_J])
    meter = _counter(forged, clock)
    clock.now_s = 0.1
    _write(folder / "energy1_input", (3 * RANGE_J + 20) * 10**6)
    assert meter.read().joules["package-0"] == pytest.approx(20)
    meter.close()


@pytest.mark.parametrize(
    ("now_s", "joules", "text"),
    [
        (1.0, 9_000, "amd_energy package-0 ran backwards"),
        (3.0, 40_000, "amd_energy package-0 has not moved for 3.0 s"),
        (1.0, 64_000, "amd_energy package-0 leapt by 24000 J"),
        (3_600.0, 40_001, "amd_energy package-0 was not read for 3600 s"),
    ],
    ids=["reset", "stands still", "absurd", "unseen wraps"],
)
def test_faulty_counters_are_named(forged: ForgedHwmon, now_s: float, joules: int, text: str) -> None:
    clock = Clock()
    folder = forged.amd_energy(0, [40_000])
    meter = _counter(forged, clock)
    clock.now_s = now_s
    _write(folder / "energy1_input", joules * 10**6)
    with pytest.raises(MeterError, match=text):
        meter.read()
    meter.close()


def test_a_counter_of_unknown_range_must_not_fall(forged: ForgedHwmon) -> None:
    folder = forged.device(0, "scmi_sensors", energy1_input=4_000_000_000, energy1_label="package")
    meter = _counter(forged, Clock())
    _write(folder / "energy1_input", 1_000)
    with pytest.raises(MeterError, match="scmi_sensors package-0 ran backwards"):
        meter.read()
    meter.close()


def test_power_is_integrated(forged: ForgedHwmon) -> None:
    clock = Clock()
    folders = [forged.device(n, "amd_hsmp_hwmon", power1_input=100_000_000) for n in range(2)]
    meter = _power(forged, clock)
    assert (meter.method, meter.scopes) == ("power_integral", ("packages", "package-0", "package-1"))
    clock.now_s = 2.0
    _write(folders[0] / "power1_input", 300_000_000)
    assert meter.read().joules == {"packages": 0.0, "package-0": 0.0, "package-1": 0.0}, "it moves with each sample"
    meter.step()
    assert meter.read().joules == pytest.approx({"packages": 600.0, "package-0": 400.0, "package-1": 200.0})
    assert meter.conditions()["sensor"] == "amd_hsmp_hwmon"
    meter.close()


def test_the_power_of_a_rail_is_voltage_times_current_and_rails_are_never_added(forged: ForgedHwmon) -> None:
    clock = Clock()
    folder = forged.rails(0, ("VDD_IN", 5_000, 2_000), ("VDD_CPU_CV", 800, 1_000), ("VDD_GPU_SOC", 800, 3_000))
    meter = _power(forged, clock)
    assert (meter.source, meter.method, meter.scopes) == ("hwmon", "power_integral", ("cpu-rail", "module"))
    clock.now_s = 10.0
    _write(folder / "curr2_input", 3_000)
    _write(folder / "in1_input", 5_100)
    meter.step()
    assert meter.read().joules == pytest.approx({"cpu-rail": 16.0, "module": 101.0})
    assert meter.conditions()["sensor"] == "ina3221"
    _write(folder / "curr1_input", -2_000)
    with pytest.raises(MeterError, match=r"ina3221 module reports a negative power, -10\.2 W"):
        meter.step()
    meter.close()


@pytest.mark.parametrize(("milliamperes", "text"), [(0, "reports 0 W"), (3_000_000, "over the 10,000 W")])
def test_absurd_power_of_a_rail_is_named(forged: ForgedHwmon, milliamperes: int, text: str) -> None:
    forged.rails(0, ("VDD_IN", 5_000, milliamperes))
    assert text in str(find(forged.root)[1].why_not)


def test_both_files_of_a_rail_are_opened_closed_and_named(forged: ForgedHwmon) -> None:
    folder = forged.rails(0, ("VDD_IN", 5_000, 2_000))
    remedy = find(forged.root, _denied)[1].remedy
    assert remedy == f"sudo chmod a+r {folder}/in1_input {folder}/curr1_input (until the driver is loaded again)"
    meter = _power(forged, Clock())
    (folder / "curr1_input").write_text("")
    with pytest.raises(MeterError, match="the sensor ina3221 module can no longer be read"):
        meter.step()
    meter.close()
    opened: list[int] = []

    def opening(file: Path, flags: int) -> int:
        if opened:
            raise FileNotFoundError(2, "No such file or directory", str(file))
        opened.append(os.open(file, flags))
        return opened[-1]

    assert "curr1_input cannot be opened" in str(find(forged.root, opening)[1].why_not)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(opened[0])


@pytest.mark.parametrize(
    ("microwatts", "text"),
    [
        (-5_000_000, "amd_hsmp_hwmon package-0 reports a negative power"),
        (0, "amd_hsmp_hwmon package-0 reports 0 W"),
        (20_000_000_000, "amd_hsmp_hwmon package-0 reports 20000 W, over the 10,000 W"),
    ],
)
def test_absurd_power_is_named(forged: ForgedHwmon, microwatts: int, text: str) -> None:
    folder = forged.device(0, "amd_hsmp_hwmon", power1_input=100_000_000)
    meter = _power(forged, Clock())
    _write(folder / "power1_input", microwatts)
    with pytest.raises(MeterError, match=text):
        meter.step()
    meter.close()
    found = find(forged.root)[1]
    assert not found.available
    assert text.split(",")[0] in str(found.why_not)


def test_power_that_stands_still_is_named(forged: ForgedHwmon) -> None:
    clock = Clock()
    forged.device(0, "amd_hsmp_hwmon", power1_input=100_000_000)
    meter = _power(forged, clock)
    meter.step()
    clock.now_s = 301.0
    with pytest.raises(MeterError, match="package-0 stands still: 100 W for 301 s"):
        meter.step()
    meter.close()


def test_the_interval_is_at_least_the_averaging_time(forged: ForgedHwmon) -> None:
    forged.device(0, "power_meter", power1_average=200_000_000, power1_average_interval=1000)
    meter = HwmonPower(find_sensors(POWER, forged.root, forged.topology))
    assert meter.scopes == ("system",)
    assert meter._background._interval_s == 1.0
    meter.close()


@pytest.mark.parametrize("text", ["", "N/A"])
def test_files_without_a_number_are_an_error(forged: ForgedHwmon, text: str) -> None:
    energy = forged.amd_energy(0, [500])
    power = forged.device(0, "amd_hsmp_hwmon", power1_input=100_000_000)
    counter, integral = _counter(forged, Clock()), _power(forged, Clock())
    (energy / "energy1_input").write_text(text)
    (power / "power1_input").write_text(text)
    with pytest.raises(MeterError, match="the sensor amd_energy package-0 can no longer be read"):
        counter.read()
    with pytest.raises(MeterError, match="the sensor amd_hsmp_hwmon package-0 can no longer be read"):
        integral.step()
    counter.close()
    integral.close()


def test_a_vanished_driver_is_an_error(forged: ForgedHwmon, monkeypatch: pytest.MonkeyPatch) -> None:
    forged.amd_energy(0, [500])
    meter = _counter(forged, Clock())

    # The error of sysfs for an open file without its device.
    def gone(descriptor: int, size: int, offset: int) -> bytes:
        raise OSError(19, "No such device")

    monkeypatch.setattr(os, "pread", gone)
    with pytest.raises(MeterError, match="No such device"):
        meter.read()
    meter.close()


def test_denied_permission_has_a_remedy(forged: ForgedHwmon) -> None:
    energy = forged.amd_energy(0, [500])
    power = forged.device(0, "amd_hsmp_hwmon", power1_input=100_000_000)
    counter, integral = find(forged.root, _denied)
    assert "CVE-2020-12912" in str(counter.why_not)
    assert counter.remedy == f"sudo chmod a+r {energy / 'energy1_input'} (until the driver is loaded again)"
    assert "only root may read the sensors of amd_hsmp_hwmon" in str(integral.why_not)
    assert integral.remedy == f"sudo chmod a+r {power / 'power1_input'} (until the driver is loaded again)"


def test_both_methods_are_detected_and_files_are_closed(forged: ForgedHwmon) -> None:
    forged.amd_energy(2, [500, 700])
    forged.nodes([0, 1])
    forged.device(0, "fam15h_power", power1_input=60_000_000)
    opened: list[int] = []

    def opening(file: Path, flags: int) -> int:
        opened.append(os.open(file, flags))
        return opened[-1]

    found = find(forged.root, opening, forged.topology)
    assert [(f.source, f.device, f.method, f.scopes) for f in found] == [
        ("hwmon", "cpu", "counter", ("packages", "package-0", "package-1")),
        ("hwmon", "cpu", "power_integral", ("package-0",)),
    ]
    assert len(opened) == 3
    for descriptor in opened:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)


def test_a_file_that_is_gone_between_listing_and_opening_is_named(forged: ForgedHwmon) -> None:
    forged.amd_energy(0, [500])

    def gone(file: Path, flags: int) -> int:
        raise FileNotFoundError(2, "No such file or directory", str(file))

    assert "energy1_input cannot be opened: No such file" in str(find(forged.root, gone)[0].why_not)
