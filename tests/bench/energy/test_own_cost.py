"""The energy of a whole sweep: joules since its start, a limit, and the sum over sessions."""

from __future__ import annotations

from typing import Any

import pytest

from bench.energy import own_cost
from bench.energy.meter import Found, MeterError, Method, Reading
from bench.energy.model import PowerModel
from bench.energy.own_cost import Limit, OwnCost, Spent, together, total_j
from bench.errors import UsageError
from tests.bench.energy.bracket.forged import BRACKET

MODEL = PowerModel(60.0, 180.0, 16, 2, "somebody")


class FakeMeter:
    """Each reading adds 10 J in the first scope and 1 J in the second; fails from reading `fails_at` on."""

    source, method, device, gain_rel = "rapl-perf", Method.COUNTER, "cpu", None
    scopes = ("package-0", "psys")

    def __init__(self, fails_at: int = 10**6) -> None:
        self.reads, self.fails_at, self.is_closed = 0, fails_at, False

    def read(self) -> Reading:
        self.reads += 1
        if self.reads >= self.fails_at:
            raise MeterError("gone")
        return Reading(float(self.reads), {"package-0": 10.0 * self.reads, "psys": 1.0 * self.reads})

    def conditions(self) -> dict[str, Any]:
        return {}

    def close(self) -> None:
        self.is_closed = True


def _sources(meter: FakeMeter) -> tuple[Found, ...]:
    return (Found("rapl-perf", "cpu", Method.COUNTER, meter.scopes, open=lambda: meter),)


def test_joules_since_the_start_are_listed_by_scope() -> None:
    meter = FakeMeter()
    with OwnCost(["cpu", "cpu"], _sources(meter), MODEL, 2) as cost:
        assert cost.is_known
        cost.spent()
        spent = cost.spent()
    assert [(s.scope, s.joules, s.is_measured) for s in spent] == [("package-0", 20.0, True), ("psys", 2.0, True)]
    assert total_j(spent) == 20.0, "the platform includes the package"
    assert meter.is_closed


def test_a_failed_meter_keeps_its_last_reading_and_a_limit_ends_the_sweep() -> None:
    meter = FakeMeter(fails_at=4)
    with OwnCost(["cpu"], _sources(meter), None, 2) as cost:
        limit = Limit(cost, 1e6)
        assert not limit.is_reached
        assert [total_j(cost.spent()) for _ in range(3)] == [20.0, 20.0, 20.0]
        assert cost.failed == "gone"
        assert limit.is_reached, "the used energy can no longer be known"
        assert not Limit(cost, None).is_reached


def test_without_a_sensor_the_processor_is_modelled_and_a_gpu_is_not() -> None:
    with OwnCost(["cuda", "cpu"], (), MODEL, 2) as cost:
        (spent,) = cost.spent()
    assert (spent.device, spent.scope, spent.method, spent.is_measured) == ("cpu", "socket-share", "model", False)
    assert spent.joules is not None
    assert spent.joules > 0
    with OwnCost(["cuda"], (), MODEL, 2) as cost:
        assert (cost.is_known, cost.spent()) == (False, [])


def test_without_a_sensor_and_a_model_the_processor_is_bracketed() -> None:
    now_s = [50.0]
    with OwnCost(["cuda", "cpu"], (), None, 2, BRACKET, clock=lambda: now_s[0]) as cost:
        assert (cost.is_known, cost.spent()) == (True, []), "no time has passed"
        now_s[0] = 60.0
        (spent,) = cost.spent()
    assert (spent.device, spent.scope, spent.method, spent.source) == (
        "cpu", "machine-share", "bracket", "Forged servers, 20 machines",
    )  # fmt: skip
    assert (spent.is_measured, spent.is_bracketed, spent.joules) == (False, True, None)
    # From one busy thread to both.
    assert (spent.low_j, spent.high_j) == (10 * BRACKET.power_w(1).low, 10 * BRACKET.power_w(2).high)
    with OwnCost(["cuda"], (), None, 2, BRACKET) as cost:
        assert (cost.is_known, cost.spent()) == (False, [])


@pytest.mark.parametrize("model", [None, MODEL])
def test_a_sensor_or_a_model_replaces_the_bracket(model: PowerModel | None) -> None:
    sources = _sources(FakeMeter()) if model is None else ()
    with OwnCost(["cpu"], sources, model, 2, BRACKET) as cost:
        assert not any(s.is_bracketed for s in cost.spent())


def test_of_a_bracket_the_high_end_counts_towards_a_limit() -> None:
    now_s, power_w = [0.0], BRACKET.power_w(2).high
    with OwnCost(["cpu"], (), None, 2, BRACKET, clock=lambda: now_s[0]) as cost:
        limit = Limit(cost, 10 * power_w)
        now_s[0] = 9.0
        assert not limit.is_reached
        now_s[0] = 10.0
        assert limit.is_reached


def test_measured_modelled_and_bracketed_joules_are_never_added() -> None:
    measured, modelled = (
        Spent("cuda", "gpu-board", "counter", "nvml", 5.0),
        Spent("cpu", "share", "model", "model", 7.0),
    )
    assert [total_j(s) for s in ([measured, modelled], [modelled], [measured], [])] == [5.0, 7.0, 5.0, None]
    bracketed = Spent("cpu", "machine-share", "bracket", "Forged servers", None, 2.0, 9.0)
    assert [total_j(s) for s in ([measured, bracketed], [bracketed])] == [5.0, 9.0]


def test_the_sum_of_packages_is_not_added_to_them() -> None:
    parts = [Spent("cpu", scope, "counter", "rapl-perf", j) for scope, j in (("package-0", 3.0), ("package-1", 4.0))]
    assert total_j([Spent("cpu", "packages", "counter", "rapl-perf", 7.0), *parts]) == 7.0
    assert total_j(parts) == 7.0


@pytest.mark.parametrize("scope", ["system", "battery", "wall", "module", "cpu-gpu-ane"])
def test_nothing_is_added_to_the_joules_of_a_whole_machine(scope: str) -> None:
    machine = Spent("cpu", scope, "power_integral", "wall-meter", 20.0)
    board = Spent("cuda", "gpu-board", "counter", "nvml", 5.0)
    assert total_j([board, machine]) == total_j([machine, board]) == 20.0


@pytest.mark.parametrize(("part", "whole"), [("cpu-rail", "module"), ("cpu-clusters", "cpu-gpu-ane")])
def test_a_part_is_not_added_to_what_holds_it(part: str, whole: str) -> None:
    both = [Spent("cpu", scope, "power_integral", "forged", j) for scope, j in ((part, 3.0), (whole, 20.0))]
    assert total_j(both) == 20.0
    assert total_j(both[:1]) == 3.0


def test_a_module_of_gpu_and_processor_holds_the_package() -> None:
    package = Spent("cpu", "package-0", "power_integral", "hwmon", 3.0)
    assert total_j([package, Spent("cuda", "module", "counter", "nvml", 20.0)]) == 20.0


def test_sessions_of_a_run_add_up_by_scope() -> None:
    first = Spent("cpu", "package-0", "counter", "rapl-perf", 5.0)
    second = Spent("cpu", "package-0", "counter", "rapl-perf", 2.5)
    other = Spent("cpu", "share", "model", "model", 1.0)
    assert together([first], [second, other], []) == [Spent("cpu", "package-0", "counter", "rapl-perf", 7.5), other]


def test_both_ends_of_brackets_add_up_and_stay_apart_from_joules() -> None:
    first = Spent("cpu", "machine-share", "bracket", "Forged servers, 20 machines", None, 1.0, 4.0)
    second = Spent("cpu", "machine-share", "bracket", "Forged servers, 20 machines", None, 2.0, 5.0)
    measured = Spent("cuda", "gpu-board", "counter", "nvml", 7.0)
    assert together([first, measured], [second]) == [
        Spent("cpu", "machine-share", "bracket", "Forged servers, 20 machines", None, 3.0, 9.0), measured,
    ]  # fmt: skip


def test_a_limit_is_reached_by_the_used_joules() -> None:
    with OwnCost(["cpu"], _sources(FakeMeter()), None, 2) as cost:
        limit = Limit(cost, 25.0)
        assert [limit.is_reached for _ in range(4)] == [False, False, True, True]
        assert not Limit(cost, None).is_reached


def test_a_limit_needs_a_sensor_or_a_model() -> None:
    with (
        OwnCost(["cpu"], (), None, 2) as cost,
        pytest.raises(UsageError, match="--cpu-idle-w, --cpu-max-w and --cpu-c"),
    ):
        Limit(cost, 5.0)


def test_counters_are_read_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    meter = FakeMeter()
    monkeypatch.setattr(own_cost, "_READ_EVERY_S", 0.001)
    with OwnCost(["cpu"], _sources(meter), None, 2) as cost:
        while meter.reads < 3:
            cost._closed.wait(0.001)
    reads = meter.reads
    cost._closed.wait(0.01)
    assert meter.reads == reads, "the thread has ended"
