"""Which channels of hwmon are packages, which are parts of them, and which are listed twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.energy.availability import Unavailable
from bench.energy.hwmon_channels import ENERGY, POWER, find_sensors
from tests.bench.energy.forged_hwmon import ForgedHwmon


@pytest.fixture
def forged(tmp_path: Path) -> ForgedHwmon:
    return ForgedHwmon(tmp_path)


def _found(forged: ForgedHwmon, kind: str) -> dict[str, str]:
    """The file of each scope, relative to the folder of all devices."""
    sensors = find_sensors(kind, forged.root, forged.topology)
    return {scope: str(channel.file.relative_to(forged.root)) for scope, channel in sensors.channels.items()}


def test_sockets_are_packages_and_cores_are_skipped(forged: ForgedHwmon) -> None:
    forged.amd_energy(2, [500])
    assert _found(forged, ENERGY) == {"package-0": "hwmon3/energy3_input"}


@pytest.mark.parametrize(
    ("packages", "numbers"),
    [
        ([0, 1], {"package-0": 3, "package-1": 4}),
        ([0, 0, 0, 0], {"package-0": 3}),
        ([0, 0, 1, 1], {"package-0": 3, "package-1": 5}),
        ([1, 0], {"package-0": 4, "package-1": 3}),
        ([0, None, 1], {"package-0": 3, "package-1": 5}),
    ],
    ids=["two sockets", "four nodes on one", "two nodes on each", "the other way round", "a node of memory only"],
)
def test_nodes_of_one_socket_are_counted_once(
    forged: ForgedHwmon, packages: list[int | None], numbers: dict[str, int]
) -> None:
    forged.amd_energy(2, [500] * len(packages))
    forged.nodes(packages)
    assert _found(forged, ENERGY) == {scope: f"hwmon3/energy{n}_input" for scope, n in numbers.items()}


def test_nodes_of_unknown_sockets_are_refused(forged: ForgedHwmon) -> None:
    forged.amd_energy(2, [500, 500])
    with pytest.raises(Unavailable, match=r"counters of 2 NUMA nodes.*some would be counted twice"):
        _found(forged, ENERGY)


def test_cores_without_a_socket_are_no_package(forged: ForgedHwmon) -> None:
    forged.amd_energy(4, [])
    with pytest.raises(Unavailable, match=r"no energy sensor of a processor .*; those of amd_energy are not known"):
        _found(forged, ENERGY)


def test_each_device_of_amd_hsmp_is_a_socket(forged: ForgedHwmon) -> None:
    for number in (10, 9):
        forged.device(number, "amd_hsmp_hwmon", power1_input=90_000_000, power1_cap=400_000_000)
    assert _found(forged, POWER) == {"package-0": "hwmon9/power1_input", "package-1": "hwmon10/power1_input"}


def test_of_the_meters_of_grace_each_socket_is_used_once(forged: ForgedHwmon) -> None:
    labels = ("Module Power Socket 0", "Grace Power Socket 0", "CPU Power Socket 0", "SysIO Power Socket 0",
              "Grace Power Socket 1", "Grace Power Socket 1")  # fmt: skip
    for number, label in enumerate(labels, 1):
        forged.device(
            number, "power_meter", inside=True, power1_average=9_000_000, power1_oem_info=label,
            power1_average_interval=50,
        )  # fmt: skip
    assert _found(forged, POWER) == {
        "package-0": "hwmon2/device/power1_average", "package-1": "hwmon5/device/power1_average",
    }  # fmt: skip
    sensors = find_sensors(POWER, forged.root, forged.topology)
    assert sensors.channels["package-0"].average_s == 0.05


def test_the_parts_of_grace_alone_are_no_package_and_no_machine(forged: ForgedHwmon) -> None:
    forged.device(1, "power_meter", power1_average=9_000_000, power1_oem_info="CPU Power Socket 0")
    with pytest.raises(Unavailable, match="no power sensor of a processor"):
        _found(forged, POWER)


def test_a_single_meter_without_a_label_is_the_machine(forged: ForgedHwmon) -> None:
    forged.device(0, "power_meter", power1_average=200_000_000, power1_is_battery=0)
    assert _found(forged, POWER) == {"system": "hwmon0/power1_average"}


def test_several_meters_without_a_label_may_be_sums_of_each_other(forged: ForgedHwmon) -> None:
    for number in range(2):
        forged.device(number, "power_meter", power1_average=200_000_000)
    with pytest.raises(Unavailable, match="those of power_meter are not known"):
        _found(forged, POWER)


def test_packages_are_preferred_to_the_machine(forged: ForgedHwmon) -> None:
    forged.device(0, "power_meter", power1_average=200_000_000)
    forged.device(1, "fam15h_power", power1_input=60_000_000)
    assert _found(forged, POWER) == {"package-0": "hwmon1/power1_input"}


@pytest.mark.parametrize("driver", ["amdgpu", "xe", "nvme", "corsairpsu"])
def test_the_power_of_other_devices_is_not_a_processors(forged: ForgedHwmon, driver: str) -> None:
    forged.device(0, driver, power1_input=30_000_000, power1_label="pkg", energy1_input=5, energy1_label="pkg")
    for kind in (POWER, ENERGY):
        with pytest.raises(Unavailable, match=f"those of {driver} are not known"):
            _found(forged, kind)


@pytest.mark.parametrize(
    ("label", "scope"),
    [("package", "package-0"), ("Package 1", "package-1"), ("socket0", "package-0"), ("socket-2 power", "package-2"),
     ("core0", None), ("DIMM", None), ("package temperature", None), ("", None)],
)  # fmt: skip
def test_labels_of_an_unknown_driver(forged: ForgedHwmon, label: str, scope: str | None) -> None:
    forged.device(0, "scmi_sensors", power1_input=30_000_000, power1_label=label)
    if scope is None:
        with pytest.raises(Unavailable, match="those of scmi_sensors are not known"):
            _found(forged, POWER)
    else:
        assert _found(forged, POWER) == {scope: "hwmon0/power1_input"}


def test_two_packages_without_numbers_cannot_be_told_apart(forged: ForgedHwmon) -> None:
    for number in range(2):
        forged.device(number, "scmi_sensors", power1_input=30_000_000, power1_label="package")
    with pytest.raises(Unavailable, match="several channels 'package' without a number"):
        _found(forged, POWER)


def test_files_that_are_listed_twice_are_one_sensor(forged: ForgedHwmon) -> None:
    folder = forged.device(0, "fam15h_power", power1_input=60_000_000)
    (folder / "device").mkdir()
    (folder / "device" / "power1_input").write_text("60000000\n")
    (folder / "device" / "power").mkdir()
    assert _found(forged, POWER) == {"package-0": "hwmon0/power1_input"}


def test_a_machine_without_sensors_is_explained(forged: ForgedHwmon) -> None:
    forged.device(0, "coretemp", temp1_input=45_000)
    for kind, module in ((ENERGY, "amd_energy"), (POWER, "amd_hsmp")):
        with pytest.raises(Unavailable, match=f"no {kind} sensor of a processor") as raised:
            _found(forged, kind)
        assert str(raised.value.remedy).startswith(f"sudo modprobe {module}")
