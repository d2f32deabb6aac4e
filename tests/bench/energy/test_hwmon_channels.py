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


@pytest.mark.parametrize(
    ("devices", "scopes"),
    [
        (
            [[("VDD_IN", 5_000, 1_200), ("VDD_CPU_GPU_CV", 5_000, 400), ("VDD_SOC", 5_000, 300)]],
            {"cpu-gpu-rail": "hwmon0/in2_input", "module": "hwmon0/in1_input"},
        ),
        (
            [[("VDD_GPU_SOC", 843, 6_170), ("VDD_CPU_CV", 780, 3_437), ("VIN_SYS_5V0", 4_968, 953)],
             [("NC", 0, 0), ("VDDQ_VDD2_1V8AO", 1_800, 600), ("NC", 0, 0)]],
            {"cpu-rail": "hwmon0/in2_input"},
        ),
        (
            [[("VDD_SYS_GPU", 19_000, 10), ("VDD_SYS_SOC", 19_000, 30), ("VDD_4V0_WIFI", 4_000, 5)],
             [("VDD_IN", 19_000, 200), ("VDD_SYS_CPU", 19_000, 20), ("VDD_SYS_DDR", 19_000, 60)]],
            {"cpu-rail": "hwmon1/in2_input", "module": "hwmon1/in1_input"},
        ),
        ([[("POM_5V_IN", 5_000, 700), ("POM_5V_GPU", 5_000, 8), ("POM_5V_CPU", 5_000, 150)]],
         {"cpu-rail": "hwmon0/in3_input", "module": "hwmon0/in1_input"}),
        ([[("VDD_IN", 5_000, 700)]], {"module": "hwmon0/in1_input"}),
    ],
    ids=["Orin NX", "AGX Orin", "TX2", "Nano", "the module alone"],
)  # fmt: skip
def test_rails_of_jetson_modules(
    forged: ForgedHwmon, devices: list[list[tuple[str, int, int]]], scopes: dict[str, str]
) -> None:
    for number, rails in enumerate(devices):
        forged.rails(number, *rails)
    found = _found(forged, POWER)
    assert list(found.items()) == list(scopes.items()), "candidates are ranked by the first"
    with pytest.raises(Unavailable, match="no energy sensor"):
        _found(forged, ENERGY)


def test_a_rail_that_is_off_and_two_of_one_part_are_not_used(forged: ForgedHwmon) -> None:
    folder = forged.rails(0, ("VDD_IN", 5_000, 700), ("VDD_CPU", 5_000, 100), ("VDD_CPU_CV", 5_000, 100))
    with pytest.raises(Unavailable, match="several rails of one part, VDD_CPU and VDD_CPU_CV"):
        _found(forged, POWER)
    (folder / "in2_enable").write_text("0\n")
    (folder / "update_interval").write_text("200\n")
    assert _found(forged, POWER) == {"cpu-rail": "hwmon0/in3_input", "module": "hwmon0/in1_input"}
    assert find_sensors(POWER, forged.root, forged.topology).channels["module"].average_s == 0.2


def test_rails_that_feed_no_processor_are_named(forged: ForgedHwmon) -> None:
    forged.rails(0, ("VDD_MUX", 19_000, 300), ("VDD_5V_IO_SYS", 5_000, 100), ("VDD_3V3_SYS", 3_300, 10))
    with pytest.raises(Unavailable, match="those of ina3221 are not known"):
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
