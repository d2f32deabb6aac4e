"""Power that no machine has is refused by name."""

from __future__ import annotations

import math

import pytest

from bench.energy.meter import MeterError
from bench.energy.plausible import FROZEN_S, Frozen, require_plausible


@pytest.mark.parametrize("power_w", [0.1, 55.0, 9_999.0, 10_000.0])
def test_power_of_a_machine_is_passed_on(power_w: float) -> None:
    assert require_plausible("wall-meter", power_w) == power_w


@pytest.mark.parametrize(
    ("power_w", "text"),
    [
        (-3.5, "wall-meter reports a negative power, -3.5 W"),
        (0.0, "wall-meter reports 0 W, but a running machine draws power"),
        (10_001.0, "wall-meter reports 10001 W, over the 10,000 W"),
        (math.nan, "wall-meter reports nan W, which is no power"),
        (math.inf, "wall-meter reports inf W, which is no power"),
    ],
)
def test_absurd_power_is_refused_by_name(power_w: float, text: str) -> None:
    with pytest.raises(MeterError, match=text):
        require_plausible("wall-meter", power_w)


def test_a_sensor_that_stands_still_is_refused_and_a_steady_one_is_not() -> None:
    frozen = Frozen("hwmon package-0")
    for second in range(int(FROZEN_S)):
        frozen.see(float(second), 45.0)
    frozen.see(FROZEN_S, 45.001)
    frozen.see(2 * FROZEN_S, 45.001)
    with pytest.raises(MeterError, match=r"hwmon package-0 stands still: 45.001 W for 301 s"):
        frozen.see(2 * FROZEN_S + 1, 45.001)
