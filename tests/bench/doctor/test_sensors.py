"""Energy sources, and how the energy of each device will be obtained."""

from __future__ import annotations

import pytest

from bench.doctor.sensors import energy, sensors
from bench.energy.meter import Found, Method
from tests.bench.energy.bracket.forged import BRACKET
from tests.bench.energy.executed.forged import MODEL as EXECUTED

COUNTER = Found("rapl-perf", "cpu", Method.COUNTER, ("package-0", "dram-0"))
LOCKED = Found(
    "rapl-perf", "cpu", Method.COUNTER, why_not="no permission", remedy="sudo sysctl kernel.perf_event_paranoid=0"
)
POWERCAP = Found("rapl-powercap", "cpu", Method.COUNTER, ("package-0",))
MODEL = Found("model", "cpu", Method.MODEL, ("package",))
NO_MODEL = Found("model", "cpu", Method.MODEL, why_not="no watts were given")
HINTED = Found("model", "cpu", Method.MODEL, why_not="no watts were given", remedy="pass --watts")
BOARD = Found("nvml", "cuda", Method.POWER_INTEGRAL, ("gpu-board",))
NO_BOARD = Found("nvml", "cuda", Method.COUNTER, why_not="there is no NVIDIA driver")
PERF = "measured by rapl-perf (energy counter: package-0, dram-0)"
METAL = Found("rapl-perf", "cpu", Method.COUNTER, why_not="no events", remedy="sudo modprobe rapl (on bare metal)")
BATTERY, WALL = (
    Found(name, "cpu", Method.COUNTER, why_not="not asked for", remedy=f"set CONVCOST_METER={name}", is_asked_for=False)
    for name in ("battery", "wall")
)
FIGURES = "convcost sweep quick --cpu-idle-w WATTS --cpu-max-w WATTS --cpu-cores N (own figures of the socket)"


@pytest.mark.parametrize(
    ("device", "found", "method", "source", "text"),
    [
        ("cpu", [COUNTER, POWERCAP, MODEL], "measured", "rapl-perf", PERF),
        (
            "cpu",
            [LOCKED, POWERCAP, MODEL],
            "measured",
            "rapl-powercap",
            "measured by rapl-powercap (energy counter: package-0)",
        ),
        # A sensor is preferred to a model, in any order.
        ("cpu", [MODEL, COUNTER], "measured", "rapl-perf", PERF),
        ("cpu", [LOCKED, MODEL], "model", "model", "modelled by model (an assumption)"),
        ("cpu", [LOCKED, NO_MODEL], "unavailable", None, "missing: pass --cpu-idle-w --cpu-max-w --cpu-cores"),
        ("cpu", [LOCKED, HINTED], "unavailable", None, "missing: pass --watts"),
        ("cpu", [BOARD], "unavailable", None, "missing: pass --cpu-idle-w --cpu-max-w --cpu-cores"),
        ("cuda", [COUNTER, BOARD], "measured", "nvml", "measured by nvml (power, integrated: gpu-board)"),
        ("cuda", [COUNTER, NO_BOARD], "unavailable", None, "missing: there is no NVIDIA driver"),
        ("cuda", [], "unavailable", None, "missing: no energy source is known for it"),
    ],
)
def test_the_best_source_is_used(device: str, found: list[Found], method: str, source: str | None, text: str) -> None:
    outlook = energy(device, found)
    assert (outlook.quantity, outlook.method, outlook.source, outlook.text) == (
        f"energy ({device})",
        method,
        source,
        text,
    )


@pytest.mark.parametrize(
    ("found", "is_virtual", "remedy"),
    [
        ([LOCKED, NO_MODEL], False, LOCKED.remedy),
        ([LOCKED, NO_MODEL], True, LOCKED.remedy),
        ([METAL, LOCKED], True, LOCKED.remedy),
        ([METAL, NO_MODEL], False, METAL.remedy),
        # No driver can be loaded there.
        ([METAL, NO_MODEL], True, FIGURES),
        ([], False, FIGURES),
        # Meters that must be asked for come after all sensors, and no virtual machine has them.
        ([BATTERY, WALL, LOCKED], False, LOCKED.remedy),
        ([BATTERY, WALL], False, BATTERY.remedy),
        ([BATTERY, WALL], True, FIGURES),
    ],
)
def test_without_a_sensor_a_cpu_is_bracketed_with_the_one_command_that_improves_it(
    found: list[Found], is_virtual: bool, remedy: str
) -> None:
    outlook = energy("cpu", found, bracket=BRACKET, is_virtual=is_virtual)
    assert (outlook.method, outlook.source) == ("bracket", "Forged servers, 20 machines")
    assert outlook.text == "bracketed by the published power of Forged servers, 20 machines (forged), not measured"
    assert outlook.remedy == remedy


def test_a_sensor_or_a_model_replaces_the_bracket() -> None:
    measured, modelled = (energy("cpu", found, bracket=BRACKET) for found in ([COUNTER], [LOCKED, MODEL]))
    assert (measured.method, measured.remedy) == ("measured", None)
    assert (modelled.method, modelled.remedy) == ("model", LOCKED.remedy)


def test_a_model_of_executed_work_comes_before_a_bracket_and_after_a_sensor() -> None:
    outlook = energy("cpu", [LOCKED, NO_MODEL], bracket=BRACKET, executed=EXECUTED)
    assert (outlook.method, outlook.source, outlook.remedy) == ("model", "executed-model", LOCKED.remedy)
    assert outlook.text == (
        "modelled from what is executed (zen4, fitted to 96 rows of 8 implementations by rapl-perf (package-0, "
        "counter)), not measured"
    )
    assert energy("cpu", [COUNTER], bracket=BRACKET, executed=EXECUTED).method == "measured"


def test_a_gpu_that_torch_cannot_use_is_not_measured() -> None:
    outlook = energy("cuda", [COUNTER, BOARD], lambda: "this torch has no CUDA")
    assert (outlook.method, outlook.source) == ("unavailable", None)
    assert outlook.text == "missing: nvml would measure it, but nothing can run there: this torch has no CUDA"
    assert energy("cuda", [BOARD], lambda: None).method == "measured"


def test_torch_is_not_loaded_for_a_device_without_a_sensor() -> None:
    assert energy("cuda", [COUNTER, NO_BOARD], pytest.fail).method == "unavailable"


@pytest.mark.parametrize(
    ("found", "name", "value", "verdict"),
    [
        (COUNTER, "rapl-perf (cpu)", "energy counter: package-0, dram-0", "fine"),
        (BOARD, "nvml (cuda)", "power, integrated: gpu-board", "fine"),
        (MODEL, "model (cpu)", "time × an assumed power: package", "mind"),
        (LOCKED, "rapl-perf (cpu)", "no permission", "missing"),
        (NO_BOARD, "nvml (cuda)", "there is no NVIDIA driver", "missing"),
    ],
)
def test_each_source_has_a_finding(found: Found, name: str, value: str, verdict: str) -> None:
    (finding,) = sensors([found])
    assert (finding.name, finding.value, finding.verdict) == (name, value, verdict)


def test_two_methods_of_one_library_have_different_names() -> None:
    found = sensors([NO_BOARD, BOARD, COUNTER])
    assert [f.name for f in found] == ["nvml (cuda, counter)", "nvml (cuda, power_integral)", "rapl-perf (cpu)"]


def test_the_remedy_of_a_source_is_shown() -> None:
    (finding,) = sensors([LOCKED])
    assert finding.remedy == LOCKED.remedy


def test_a_system_without_sources_is_missing_energy() -> None:
    (finding,) = sensors([])
    assert (finding.value, finding.verdict) == (None, "missing")
