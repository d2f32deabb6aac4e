"""The energy sources in their order, and the chosen one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pynvml
import pytest

import bench.energy
from bench.doctor import sensors
from bench.energy import all_meters, compare, meter
from bench.energy.all_meters import MEASURED, choose, meters
from bench.energy.asked import VARIABLE, Asked
from bench.energy.cpu_conditions import cpu_conditions
from bench.energy.meter import Found
from bench.energy.model import PowerModel
from bench.report.findings import joules
from tests.bench.energy.forged_gpu import ForgedGpu
from tests.bench.energy.forged_hwmon import ForgedHwmon

ROOT = Path(__file__).parents[3]
MODEL = PowerModel(idle_w=10, max_w=30, socket_cores=4, allotted=2, source="somebody")


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, Any]:
    """A machine without a counter in its processor."""
    missing = {name: tmp_path / f"no-{name}" for name in ("perf", "powercap", "hwmons", "topology", "supplies")}
    return {**missing, "wanted": Asked()}


@pytest.fixture
def with_rapl(tmp_path: Path, bare: dict[str, Any]) -> dict[str, Any]:
    zone = tmp_path / "powercap" / "intel-rapl:0"
    zone.mkdir(parents=True)
    for name, content in (("name", "package-0"), ("max_energy_range_uj", "65532610987"), ("energy_uj", "5")):
        (zone / name).write_text(content)
    return {**bare, "powercap": zone.parent}


def test_every_source_is_listed_in_order(gpu: ForgedGpu, with_rapl: dict[str, Any]) -> None:
    found = meters(MODEL, **with_rapl)
    assert [(f.source, f.method, f.available) for f in found] == [
        ("nvml", "counter", True),
        ("nvml", "power_integral", True),
        ("battery", "counter", False),
        ("wall-meter", "power_integral", False),
        ("rapl-perf", "counter", False),
        ("rapl-powercap", "counter", True),
        ("hwmon", "counter", False),
        ("hwmon", "power_integral", False),
        ("model", "model", True),
    ]
    assert gpu.users == 0


def test_each_missing_source_has_a_reason(gpu: ForgedGpu, bare: dict[str, Any]) -> None:
    gpu.refuses["nvmlInit"] = pynvml.NVML_ERROR_LIBRARY_NOT_FOUND
    found = meters(**bare)
    assert not any(f.available for f in found)
    assert all(f.why_not and f.open is None and f.method in (*MEASURED, "model") for f in found)
    assert found[-1].why_not == "no figures of the processor were given"
    assert "--cpu-idle-w, --cpu-max-w and --cpu-cores" in str(found[-1].remedy)


def test_the_best_measured_source_is_chosen(gpu: ForgedGpu, with_rapl: dict[str, Any]) -> None:
    found = meters(MODEL, **with_rapl)
    chosen = [choose(device, found) for device in ("cuda", "cpu", "tpu")]
    assert [f and (f.source, f.method) for f in chosen] == [("nvml", "counter"), ("rapl-powercap", "counter"), None]
    gpu.refuses["nvmlDeviceGetTotalEnergyConsumption"] = pynvml.NVML_ERROR_NOT_SUPPORTED
    power = choose("cuda", meters(MODEL, **with_rapl))
    assert power is not None
    assert power.method == "power_integral"


def test_counters_in_the_processor_come_before_its_sampled_power(
    gpu: ForgedGpu, with_rapl: dict[str, Any], tmp_path: Path
) -> None:
    forged = ForgedHwmon(tmp_path)
    energy = forged.amd_energy(0, [500])
    power = forged.device(0, "amd_hsmp_hwmon", power1_input=90_000_000)
    everything = {**with_rapl, "hwmons": forged.root}
    counter = with_rapl["powercap"] / "intel-rapl:0" / "name"
    for file, named in (
        (None, "rapl-powercap counter"),
        (counter, "hwmon counter"),
        (energy / "energy1_input", "hwmon power_integral"),
        (power / "power1_input", None),
    ):
        if file is not None:
            file.unlink()
        chosen = choose("cpu", meters(MODEL, **everything))
        assert (chosen and f"{chosen.source} {chosen.method}") == named


def test_a_meter_that_is_asked_for_comes_first_and_no_other_takes_its_place(
    gpu: ForgedGpu, with_rapl: dict[str, Any], tmp_path: Path
) -> None:
    battery = tmp_path / "supplies" / "BAT0"
    battery.mkdir(parents=True)
    for name, content in (("type", "Battery"), ("status", "Discharging"), ("energy_now", "40000000")):
        (battery / name).write_text(content)
    machine = {**with_rapl, "supplies": battery.parent}

    def chosen(wanted: Asked, device: str = "cpu") -> str | None:
        found = choose(device, meters(MODEL, **{**machine, "wanted": wanted}))
        return None if found is None else found.source

    assert chosen(Asked()) == "rapl-powercap", "a battery was not asked for"
    assert chosen(Asked("battery")) == "battery"
    assert chosen(Asked("csv", str(tmp_path / "log.csv"))) is None, "there is no such file"
    assert chosen(Asked(error="CONVCOST_METER is 'x'")) is None
    assert chosen(Asked(error="CONVCOST_METER is 'x'"), "cuda") == "nvml"
    (battery / "status").write_text("Charging")
    assert chosen(Asked("battery")) is None


def test_a_model_is_never_chosen(gpu: ForgedGpu, bare: dict[str, Any]) -> None:
    found = meters(MODEL, **bare)
    assert found[-1].available
    assert choose("cpu", found) is None
    assert "model" not in MEASURED


def test_available_sources_open_with_their_scopes(gpu: ForgedGpu, with_rapl: dict[str, Any]) -> None:
    for found in meters(MODEL, **with_rapl):
        if found.open is None:
            continue
        opened = found.open()
        assert (opened.source, opened.device, opened.method, opened.scopes) == (
            found.source, found.device, found.method, found.scopes,
        )  # fmt: skip
        first, second = opened.read(), opened.read()
        assert tuple(first.joules) == opened.scopes
        assert second.time_s >= first.time_s
        assert all(second.joules[scope] >= first.joules[scope] >= 0 for scope in opened.scopes)
        assert isinstance(opened.conditions(), dict)
        assert opened.gain_rel is None or opened.gain_rel > 0
        opened.close()


def test_detection_on_this_machine_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    found = bench.energy.meters()
    # Only a Mac has that.
    assert [f.source for f in found if f.source != "powermetrics"] == [
        "nvml", "nvml", "battery", "wall-meter", "rapl-perf", "rapl-powercap", "hwmon", "hwmon", "model",
    ]  # fmt: skip
    assert all(isinstance(f, Found) and f.available == (f.open is not None) for f in found)


@pytest.mark.slow
def test_detection_loads_no_heavy_library() -> None:
    program = (
        "import sys, bench.energy; light = 'pynvml' not in sys.modules; bench.energy.meters(); "
        "print(light, *sorted({'torch', 'numpy', 'pandas', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stdout.split() == ["True"], done.stderr


def test_conditions_of_the_processor_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (1.5, 0.0, 0.0), raising=False)
    assert cpu_conditions(tmp_path) == {"load": 1.5}
    for number, governor in enumerate(("performance", "powersave")):
        folder = tmp_path / f"cpu{number}" / "cpufreq"
        folder.mkdir(parents=True)
        (folder / "scaling_governor").write_text(f"{governor}\n")
        (folder / "scaling_cur_freq").write_text("2000000\n")
    assert cpu_conditions(tmp_path) == {
        "governor": "performance,powersave", "clocks_hz": {"cpu": 2e9}, "load": 1.5,
    }  # fmt: skip


def test_slow_downs_for_heat_are_summed_over_processors(tmp_path: Path) -> None:
    for number, (core, package) in enumerate([(3, 10), (4, 10)]):
        folder = tmp_path / f"cpu{number}" / "thermal_throttle"
        folder.mkdir(parents=True)
        (folder / "core_throttle_count").write_text(f"{core}\n")
        (folder / "package_throttle_count").write_text(f"{package}\n")
        # Milliseconds, not a count.
        (folder / "core_throttle_total_time_ms").write_text("1000\n")
    assert cpu_conditions(tmp_path)["throttle_count"] == 27


def test_methods_that_measure_are_listed_once() -> None:
    lists = [vars(module)["MEASURED"] for module in (meter, compare, all_meters, sensors, joules)]
    assert all(one is lists[0] for one in lists)
    assert meter.Method.BRACKET not in lists[0]
