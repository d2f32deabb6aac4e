"""The guard as a real process: whatever ends its parent, it puts back what a forged machine had before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.errors import InfrastructureError
from bench.tuning import guard
from bench.tuning.before import Before
from bench.tuning.guard import Guard
from tests.bench.tuning import forged_nvml as nvml
from tests.bench.tuning.forged_machine import ForgedDriver, ForgedProcessors

ROOT = Path(__file__).parents[3]
# As a sweep does: settings in force, then a long measurement.
SWEEP = """
import signal, sys, time
# Below nohup it is ignored, and so it would be here.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from pathlib import Path
from bench.tuning.tuner import Tuner
from bench.tuning.value import Tuning

tuning = Tuning(1200, 300, "performance")
with Tuner([tuning], root=Path(sys.argv[1]), processors=(0, 1)) as tuner:
    tuner.apply(tuning)
    print("in force", flush=True)
    time.sleep(600)
"""
_PATIENCE_S = 20.0


def _wait_for(condition: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + _PATIENCE_S
    while not condition():
        assert time.monotonic() < ends_at, "nothing was put back"
        time.sleep(0.01)


@pytest.fixture
def sweep(processors: ForgedProcessors, driver: ForgedDriver) -> Iterator[subprocess.Popen[str]]:
    """A process with its settings in force, in a process group of its own."""
    path = os.pathsep.join((str(ROOT), os.environ["PYTHONPATH"]))
    process = subprocess.Popen(
        [sys.executable, "-c", SWEEP, str(processors.root)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": path}, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "in force\n", process.communicate()[1]
    assert processors.read() == ["performance", "performance"]
    assert (driver.locked_mhz, driver.limit_mw) == ([1200, 1200], 300_000)
    yield process
    process.kill()
    process.communicate()


def _everything_is_back(processors: ForgedProcessors, driver: ForgedDriver) -> bool:
    return (processors.read(), driver.locked_mhz, driver.limit_mw) == (["powersave", "powersave"], None, 650_000)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"])
def test_a_sweep_that_is_killed_leaves_the_machine_as_it_was(
    sweep: subprocess.Popen[str], processors: ForgedProcessors, driver: ForgedDriver, name: str
) -> None:
    sweep.send_signal(signal.Signals[name])
    _wait_for(lambda: _everything_is_back(processors, driver))
    assert sweep.wait(_PATIENCE_S) != 0


@pytest.mark.slow
def test_a_signal_to_the_whole_process_group_does_not_reach_the_guard(
    sweep: subprocess.Popen[str], processors: ForgedProcessors, driver: ForgedDriver
) -> None:
    os.killpg(sweep.pid, signal.SIGTERM)
    _wait_for(lambda: _everything_is_back(processors, driver))


def _before(processors: ForgedProcessors) -> Before:
    files = tuple((str(processors.folder(n) / "scaling_governor"), "powersave") for n in processors.numbers)
    return Before(files, nvml.UUID, 650_000, unlock_clock=True)


def test_the_guard_ignores_signals_that_are_meant_for_its_parent(
    processors: ForgedProcessors, driver: ForgedDriver
) -> None:
    holding = Guard(_before(processors))
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        holding._process.send_signal(signal.Signals[name])
    processors.write("performance")
    driver.nvml.write(power_limit_mw=200_000, locked_mhz=[210, 210])
    assert holding.end() == []
    assert _everything_is_back(processors, driver)
    assert holding._process.returncode == 0


def test_a_guard_that_was_killed_is_replaced_at_the_end(
    processors: ForgedProcessors, driver: ForgedDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In this process the forged driver has another name.
    monkeypatch.setitem(sys.modules, "pynvml", driver.nvml)
    holding = Guard(_before(processors))
    holding._process.kill()
    holding._process.wait()
    processors.write("performance")
    assert holding.end() == []
    assert _everything_is_back(processors, driver)


def test_what_the_guard_could_not_put_back_is_told(processors: ForgedProcessors, driver: ForgedDriver) -> None:
    holding = Guard(_before(processors))
    driver.refuse("nvmlDeviceResetGpuLockedClocks", nvml.NVML_ERROR_NO_PERMISSION)
    (failure,) = holding.end()
    assert failure.endswith(f"to put it back: sudo nvidia-smi -i {nvml.UUID} -rgc")
    assert holding._process.returncode == 1


def test_without_a_guard_nothing_may_be_changed(processors: ForgedProcessors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard.sys, "executable", "/bin/false")
    with pytest.raises(InfrastructureError, match="does not start, so none was changed"):
        Guard(_before(processors))
