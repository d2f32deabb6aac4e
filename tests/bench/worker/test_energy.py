"""The energy of a case in the worker: real plans, and a powercap tree with a running counter."""

from __future__ import annotations

import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from bench.energy.availability import Unavailable
from bench.energy.meter import Found, Method
from bench.energy.plan import Windows
from bench.energy.rapl_powercap import PowercapMeter
from bench.machine import memory
from bench.store.status import Status
from bench.worker import client as client_module
from bench.worker import energy
from bench.worker.beacon import HARNESS, Beacon
from bench.worker.client import Worker
from bench.worker.energy import measure_energy
from bench.worker.integrity import known
from bench.worker.process import ProcessLost
from bench.worker.protocol import MeasureEnergy
from bench.worker.settings import Settings
from bench.worker.turns import Turns
from impls import Case, ConvProblem, Implementation, Work, register, registry
from tests.bench.worker.running_counter import POWER_W, RunningCounter

PLAN = Windows("test", window_s=0.04, periods=4, windows=2, idle_s=0.0, warm_up_s=0.1, budget_s=5.0)
CASE = Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1"))


def _task(*names: str) -> MeasureEnergy:
    return MeasureEnergy(CASE, names, 3, PLAN)


class Remembers(Implementation):
    """Right at the gate, wrong from the twentieth call on."""

    name = "goes-wrong"
    bounds = ("direct",)

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Any:
        calls = [0]

        def run(x: torch.Tensor) -> torch.Tensor:
            calls[0] += 1
            return torch.nn.functional.conv2d(x, weight, bias, padding=1) * (1 if calls[0] < 20 else 2)

        return run


class RemembersByAddress(Implementation):
    """Computes once for each input tensor: free of charge where the input stays as it is."""

    name = "remembers"
    bounds = ("direct",)

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Any:
        known: dict[int, torch.Tensor] = {}

        def run(x: torch.Tensor) -> torch.Tensor:
            if x.data_ptr() not in known:
                known[x.data_ptr()] = torch.nn.functional.conv2d(x, weight, bias, padding=1)
            return known[x.data_ptr()].clone()

        return run


class Raises(Remembers):
    name = "raises"

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Any:
        raise RuntimeError("no plan today")


class Large(Remembers):
    """Its plan fits no memory beside the others."""

    name = "large"

    def work(self, case: Case) -> Work:
        return Work(plan_bytes=2**40)


def test_real_plans_have_the_joules_of_a_running_counter(counter: RunningCounter, beacon: Beacon) -> None:
    found = measure_energy(_task("direct", "torch"), beacon)
    for name in ("direct", "torch"):
        (figure,) = found["energy"][name]
        assert (figure["method"], figure["source"], figure["scope"]) == ("counter", "rapl-powercap", "package-0")
        # Two were asked for. Where other programs disturb one, of either candidate, all take further windows.
        assert figure["windows"] == len(found["windows"][name]) >= 2
        # A constant power: whatever the machine does, joules are watts times seconds.
        assert figure["power_w"] == pytest.approx(POWER_W, rel=0.2)
        # The mean over windows, which another process may have slowed one of.
        call_s = statistics.fmean(w["window_s"] / w["calls"] for w in found["windows"][name])
        assert figure["gross_j"] == pytest.approx(POWER_W * call_s, rel=0.2)
        assert figure["net_j"] is None, "idle power was not measured"
    assert found["stopped_by"] == "windows"
    assert all(sorted(names) == ["direct", "torch"] for names in found["rounds"])


def test_wrong_and_failing_plans_have_no_joules_and_the_others_do(
    counter: RunningCounter, beacon: Beacon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))
    for kind in (Remembers, RemembersByAddress, Raises, Large):
        register(kind)
    names = ("goes-wrong", "remembers", "raises", "large", "torch")
    found = measure_energy(_task(*names), beacon)["energy"]
    (wrong,), (stale,), (raised,), (large,), (fine,) = (found[name] for name in names)
    assert wrong["reason"].startswith("wrong after its energy was measured: ")
    # The input changes before every call of a window too.
    assert stale["reason"].startswith("wrong after its energy was measured: ")
    assert raised["reason"].startswith("RuntimeError: no plan today (test_energy.py, line ")
    assert large["reason"] == "MemoryError: its plan does not fit in memory beside those of the others"
    assert [f["gross_j"] for f in (wrong, stale, raised, large)] == [None] * 4
    assert fine["gross_j"] > 0


def test_a_plan_over_the_limit_of_plans_is_left_out_for_that_reason(
    beacon: Beacon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine has room: memory was an untrue reason."""
    monkeypatch.setattr(memory, "usable_bytes", lambda: 100 * 2**30)
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))
    monkeypatch.setattr(Large, "work", lambda self, case: Work(plan_bytes=3 * 2**30 // 2))
    for name in ("mid", "mid2"):
        register(type(name, (Large,), {"name": name}))
    works, judges = energy._made(_task("mid", "mid2"), Turns(beacon, ("mid", "mid2")), known())
    assert list(judges) == ["mid"]
    with pytest.raises(MemoryError, match=r"^with its plan of 1\.5 GiB.* limit of 2\.0 GiB; .* -i mid2$"):
        works["mid2"]()


def test_the_meter_is_opened_after_all_plans_are_proven(
    counter: RunningCounter, beacon: Beacon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proving may take longer than a counter may go unread; until the first window no candidate is blamed."""
    told: list[object] = []
    (found,) = energy.meters()
    proven, opening, read = energy._proven, found.open, PowercapMeter.read
    assert opening is not None

    def proving(*given: Any) -> Any:
        told.append("proven")
        return proven(*given)

    def opened() -> Any:
        told.append("opened")
        return opening()

    def reading(self: PowercapMeter) -> Any:
        told.append(beacon.read()[1])
        return read(self)

    monkeypatch.setattr(energy, "_proven", proving)
    monkeypatch.setattr(energy, "meters", lambda: (replace(found, open=opened),))
    monkeypatch.setattr(PowercapMeter, "read", reading)
    figures = measure_energy(MeasureEnergy(CASE, ("direct", "torch"), 3, replace(PLAN, idle_s=0.04)), beacon)["energy"]
    assert figures["torch"][0]["gross_j"] > 0
    assert told[:3] == ["proven", "proven", "opened"]
    readings = told[3:]
    # The update period alone takes more than so many.
    assert readings[:20] == [HARNESS] * 20
    assert {0, 1} <= set(readings)


def test_a_meter_that_does_not_open_is_the_reason(
    counter: RunningCounter, beacon: Beacon, monkeypatch: pytest.MonkeyPatch
) -> None:
    (found,) = energy.meters()
    monkeypatch.setattr(energy, "meters", lambda: (replace(found, open=_refusing),))
    (figure,) = measure_energy(_task("torch"), beacon)["energy"]["torch"]
    assert (figure["gross_j"], figure["reason"]) == (None, "it does not open")


def test_without_the_second_meter_the_first_still_measures(
    counter: RunningCounter, beacon: Beacon, monkeypatch: pytest.MonkeyPatch
) -> None:
    (found,) = energy.meters()
    beside = Found("other", "cpu", Method.POWER_INTEGRAL, ("package-0",), open=_refusing)
    monkeypatch.setattr(energy, "meters", lambda: (found, beside))
    (figure,) = measure_energy(_task("torch"), beacon)["energy"]["torch"]
    assert figure["gross_j"] > 0
    assert figure["check_rel"] is None


def _refusing() -> Any:
    raise Unavailable("it does not open")


@pytest.mark.parametrize("scopes", [("wall",), ("packages", "package-0"), ()])
def test_a_meter_of_other_parts_does_not_check_the_first(
    counter: RunningCounter, beacon: Beacon, monkeypatch: pytest.MonkeyPatch, scopes: tuple[str, ...]
) -> None:
    (found,) = energy.meters()
    beside = Found("wall-meter", "cpu", Method.POWER_INTEGRAL, scopes, open=lambda: pytest.fail("it was opened"))
    monkeypatch.setattr(energy, "meters", lambda: (found, beside))
    (figure,) = measure_energy(_task("torch"), beacon)["energy"]["torch"]
    assert (figure["gross_j"] > 0, figure["check_rel"]) == (True, None)


def test_a_vanished_counter_is_the_reason(
    counter: RunningCounter, beacon: Beacon, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(self: PowercapMeter) -> Any:
        raise Unavailable("the counter is gone")

    monkeypatch.setattr(PowercapMeter, "read", gone)
    (figure,) = measure_energy(_task("torch"), beacon)["energy"]["torch"]
    assert (figure["gross_j"], figure["reason"]) == (None, "the counter is gone")


@pytest.mark.parametrize("found", [(), (Found("rapl-perf", "cpu", Method.COUNTER, why_not="none here"),)])
def test_without_a_sensor_figures_are_null(
    beacon: Beacon, monkeypatch: pytest.MonkeyPatch, found: tuple[Found, ...]
) -> None:
    monkeypatch.setattr(energy, "meters", lambda: found)
    (figure,) = measure_energy(_task("torch"), beacon)["energy"]["torch"]
    assert (figure["method"], figure["gross_j"], figure["reason"]) == ("unavailable", None, "the sensor is gone")


class FakeProcess:
    """Lost while `bad` runs, as long as that is among the candidates."""

    def __init__(self, settings: Settings, folder: Path, ends_at: float) -> None:
        self.has_ended = False

    def wait_until_ready(self) -> dict[str, Any]:
        return {}

    def answer(self, task: MeasureEnergy, _wanted: str) -> dict[str, Any]:
        self.running = task.implementations.index("bad") if "bad" in task.implementations else HARNESS
        if self.running >= 0:
            raise ProcessLost(Status.CRASHED, "signal 11")
        figures = {name: [{"gross_j": 1.0}] for name in task.implementations}
        return {"energy": figures, "rounds": []}

    def stop(self) -> None:
        pass


def test_a_candidate_that_loses_the_process_has_no_joules_and_the_others_are_measured_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client_module, "Process", FakeProcess)
    with Worker(Settings(1)) as worker:
        found = worker.energy(_task("good", "bad", "fine"))
    assert [found["energy"][n][0]["gross_j"] for n in ("good", "fine")] == [1.0, 1.0]
    (lost,) = found["energy"]["bad"]
    assert (lost["gross_j"], lost["reason"]) == (None, "crashed: signal 11")
    assert found["rounds"] == []
    assert worker.processes_started == 2
