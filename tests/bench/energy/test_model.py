"""Joules from an assumed power: the arithmetic, impossible figures, and the meter."""

from __future__ import annotations

import math

import pytest

from bench.energy.meter import MeterError
from bench.energy.model import ModelMeter, PowerModel, from_options
from bench.errors import UsageError

MODEL = PowerModel(idle_w=100, max_w=300, socket_cores=40, allotted=10, source="somebody")


@pytest.mark.parametrize(("threads", "power_w"), [(0, 25), (1, 30), (5, 50), (10, 75), (99, 75)])
def test_power_is_linear_from_idle_to_busy(threads: int, power_w: float) -> None:
    assert MODEL.power_w(threads) == pytest.approx(power_w)
    assert MODEL.joules(4.0, threads) == pytest.approx(4 * power_w)


def test_the_assumption_is_a_sentence() -> None:
    assert MODEL.assumption == (
        "Modelled: time × an assumed power (25 W idle to 75 W busy, 10 of 40 cores; somebody); "
        "it carries no information beyond time."
    )


@pytest.mark.parametrize(
    ("idle_w", "max_w", "cores", "allotted", "says"),
    [
        (-1, 10, 4, 2, "idle -1 W.*--cpu-idle-w"),
        (20, 10, 4, 2, "idle 20 W and maximum 10 W"),
        (0, 0, 4, 2, "--cpu-max-w must be above 0"),
        (math.nan, 10, 4, 2, "finite"),
        (1, math.inf, 4, 2, "finite"),
        (1, 10, 4, 5, "5 cores are allotted of a socket of 4.*--cpu-cores"),
        (1, 10, 4, 0, "0 cores are allotted"),
    ],
)
def test_impossible_figures_are_refused(idle_w: float, max_w: float, cores: int, allotted: int, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        from_options(idle_w, max_w, cores, allotted)


def test_possible_figures_are_accepted() -> None:
    model = from_options(0, 10, 4, 4)
    assert (model.power_w(0), model.power_w(4), model.scope) == (0, 10, "socket-share")
    with pytest.raises(UsageError, match="-1 threads"):
        model.power_w(-1)


def test_the_meter_is_power_times_the_clock() -> None:
    now_s = [50.0]
    meter = ModelMeter(MODEL, clock=lambda: now_s[0])
    now_s[0] = 52.0
    assert meter.read().joules == {"socket-share": pytest.approx(150)}
    assert (meter.method, meter.scopes, meter.conditions()["assumption"]) == (
        "model", ("socket-share",), MODEL.assumption,
    )  # fmt: skip
    meter.close()
    with pytest.raises(MeterError, match="closed"):
        meter.read()
