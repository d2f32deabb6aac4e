"""`convcost calibrate`: the measured ceilings of this device, as a table and in one line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bench.calibration.measure import MULTIPLIED
from bench.calibration.value import Calibration, find
from bench.errors import UsageError
from bench.machine import devices as device_list
from bench.worker.crew import Crew
from bench.worker.protocol import Calibrate
from bench.worker.settings import Settings
from impls import Case, ConvProblem

# Only its precision and device count here.
_ANY = ConvProblem.parse("mb1ic1ih1oc1kh1")


def measure(devices: Sequence[str], precisions: Sequence[str], settings: Settings) -> tuple[Calibration, ...]:
    """Measure the ceilings of devices (all that are there, unless named) in precisions (all that they multiply).

    Raises UsageError or impls.ConvError for what is not there.
    """
    found = tuple(map(device_list.require, devices)) or device_list.available()
    cases = [Case(_ANY, name, device=device) for device in found for name in precisions or MULTIPLIED[device]]
    for case in cases:
        if case.precision not in MULTIPLIED[case.device]:
            allowed = ", ".join(MULTIPLIED[case.device])
            raise UsageError(f"{case.device} has no ceiling in {case.precision}; allowed: {allowed}")
    with Crew(settings, 1) as crew:
        return calibrate(crew, cases)


def as_json(calibrations: Sequence[Calibration]) -> list[dict[str, Any]]:
    """Calibrations as plain data, as run.json has them."""
    return [calibration.to_dict() for calibration in calibrations]


def calibrate(crew: Crew, cases: Iterable[Case], known: tuple[Calibration, ...] = ()) -> tuple[Calibration, ...]:
    """`known`, and what the cases need beside it: one for each device and the crew's number of threads.

    A calibration that fails is there too, and says why; no floor follows from it.
    """
    precisions: dict[str, dict[str, None]] = {}
    for case in cases:
        precisions.setdefault(case.device, {})[case.precision] = None
    missing = [device for device in precisions if find(known, device, crew.settings.threads) is None]
    return (*known, *(crew.calibrate(Calibrate(device, tuple(precisions[device]))) for device in missing))
