"""The settings of one group of cases after another, and those of before at the end, on a forged machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from bench.errors import InfrastructureError
from bench.tuning.tuner import Tuner
from bench.tuning.value import Tuning
from tests.bench.tuning import forged_nvml as nvml
from tests.bench.tuning.forged_machine import ForgedDriver, ForgedProcessors

SLOW, FAST = Tuning(1200, 300), Tuning(1500, 700)
EAGER = Tuning(governor="performance")


def _tuner(tunings: Iterable[Tuning], processors: ForgedProcessors, driver: ForgedDriver) -> Tuner:
    return Tuner(tunings, processors.root, processors.numbers, driver.nvml)


def _now(processors: ForgedProcessors, driver: ForgedDriver) -> tuple[object, ...]:
    locked = driver.locked_mhz
    return (None if locked is None else locked[0], driver.limit_mw / 1000, processors.read()[0])


BEFORE = (None, 650.0, "powersave")


def test_each_group_has_its_settings_and_the_end_those_of_before(
    processors: ForgedProcessors, driver: ForgedDriver
) -> None:
    seen = []
    with _tuner([SLOW, FAST, EAGER, Tuning()], processors, driver) as tuner:
        for tuning in (SLOW, FAST, EAGER, Tuning(), SLOW):
            tuner.apply(tuning)
            tuner.require_in_force()
            seen.append(_now(processors, driver))
    # What a group leaves out is as it was before, not as another group had it.
    assert seen == [
        (1200, 300.0, "powersave"), (1500, 700.0, "powersave"), (None, 650.0, "performance"), BEFORE,
        (1200, 300.0, "powersave"),
    ]  # fmt: skip
    assert _now(processors, driver) == BEFORE


def test_cases_without_settings_start_no_guard_and_touch_nothing(
    processors: ForgedProcessors, driver: ForgedDriver
) -> None:
    driver.refuse("nvmlInit", nvml.NVML_ERROR_LIBRARY_NOT_FOUND)
    with _tuner([Tuning(), Tuning()], processors, driver) as tuner:
        tuner.apply(Tuning())
        tuner.require_in_force()
        assert tuner._guard is None
    assert driver.calls == []


def test_a_setting_that_is_not_an_axis_is_never_touched(processors: ForgedProcessors, driver: ForgedDriver) -> None:
    clock = Tuning(1200)
    with _tuner([clock], processors, driver) as tuner:
        tuner.apply(clock)
        driver.nvml.write(power_limit_mw=400_000)
        tuner.require_in_force()
    assert {call[0] for call in driver.calls} == {"nvmlDeviceSetGpuLockedClocks", "nvmlDeviceResetGpuLockedClocks"}
    assert (driver.limit_mw, driver.locked_mhz) == (400_000, None)


def test_the_preference_that_a_governor_changes_is_put_back_too(
    processors: ForgedProcessors, driver: ForgedDriver
) -> None:
    name = "energy_performance_preference"
    with _tuner([EAGER], processors, driver) as tuner:
        tuner.apply(EAGER)
        # As intel_pstate does with the governor performance.
        processors.write("performance", name)
        tuner.apply(Tuning())
        assert processors.read(name) == ["balance_performance"] * 2
        tuner.apply(EAGER)
        processors.write("performance", name)
    assert processors.read(name) == ["balance_performance"] * 2


def _run(
    tunings: Iterable[Tuning], processors: ForgedProcessors, driver: ForgedDriver, *steps: Callable[[Tuner], None]
) -> None:
    with _tuner(tunings, processors, driver) as tuner:
        for step in steps:
            step(tuner)


def _interrupt(tuner: Tuner) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda processors, driver: driver.nvml.write(power_limit_mw=400_000),
            "the power limit of the GPU is 400 W and not 300 W: another program changed it",
        ),
        (
            lambda processors, driver: processors.write("powersave"),
            "a governor is powersave and not performance: another program changed it",
        ),
    ],
    ids=["power limit", "governor"],
)
def test_a_setting_that_another_program_changes_is_noticed(
    processors: ForgedProcessors,
    driver: ForgedDriver,
    change: Callable[[ForgedProcessors, ForgedDriver], None],
    sentence: str,
) -> None:
    both = Tuning(1200, 300, "performance")
    steps = (
        lambda tuner: tuner.apply(both),
        lambda tuner: change(processors, driver),
        lambda tuner: tuner.require_in_force(),
    )
    with pytest.raises(InfrastructureError, match=sentence):
        _run([both], processors, driver, *steps)
    assert _now(processors, driver) == BEFORE


def test_an_error_in_a_sweep_puts_everything_back(processors: ForgedProcessors, driver: ForgedDriver) -> None:
    with pytest.raises(KeyboardInterrupt):
        _run([SLOW, EAGER], processors, driver, lambda tuner: tuner.apply(SLOW), _interrupt)
    assert _now(processors, driver) == BEFORE


def test_a_setting_that_is_refused_later_ends_the_sweep_and_is_put_back(
    processors: ForgedProcessors, driver: ForgedDriver
) -> None:
    steps = (
        lambda tuner: tuner.apply(SLOW),
        lambda tuner: driver.refuse("nvmlDeviceSetGpuLockedClocks", nvml.NVML_ERROR_GPU_IS_LOST),
        lambda tuner: tuner.apply(FAST),
    )
    sentence = "GPU clock 1500 MHz, power limit 700 W cannot be set: the GPU is lost"
    with pytest.raises(InfrastructureError, match=sentence):
        _run([SLOW, FAST], processors, driver, *steps)
    assert _now(processors, driver) == BEFORE


def test_what_is_left_changed_is_the_error_that_the_user_reads(
    processors: ForgedProcessors, driver: ForgedDriver
) -> None:
    steps = (
        lambda tuner: tuner.apply(SLOW),
        lambda tuner: driver.refuse("nvmlDeviceResetGpuLockedClocks", nvml.NVML_ERROR_GPU_IS_LOST),
        _interrupt,
    )
    with pytest.raises(InfrastructureError, match=r"was not put back .* sudo nvidia-smi") as caught:
        _run([SLOW], processors, driver, *steps)
    assert isinstance(caught.value.__cause__, KeyboardInterrupt)


def test_without_a_frequency_driver_a_tuner_does_not_open(processors: ForgedProcessors, driver: ForgedDriver) -> None:
    tuner = Tuner([EAGER], processors.root, (7,), driver.nvml)
    with pytest.raises(InfrastructureError, match="governor cannot be set: no frequency driver"), tuner:
        pass
