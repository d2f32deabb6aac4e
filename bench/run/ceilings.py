"""Measures the ceilings of devices, for `convcost calibrate` and for every other job."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from bench.calibration.measure import MULTIPLIED
from bench.calibration.value import Calibration, find
from bench.errors import UsageError
from bench.machine import devices as device_list
from bench.worker.crew import Crew
from bench.worker.protocol import Calibrate
from bench.worker.settings import Settings
from impls import Case, ConvProblem

# Any problem: only the precision and device of its case matter here.
_ANY = ConvProblem.parse("mb1ic1ih1oc1kh1")


def measure(devices: Sequence[str], precisions: Sequence[str], settings: Settings) -> tuple[Calibration, ...]:
    """Measure the ceilings of devices (by default all) in precisions (by default all that each multiplies).

    Raises UsageError or impls.ConvError for a missing device or precision.
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
    """Calibrations as plain data, as in run.json."""
    return [calibration.to_dict() for calibration in calibrations]


def calibrate(
    crew: Crew, cases: Iterable[Case], known: tuple[Calibration, ...] = (), *, levels: bool = True, tuning: str = ""
) -> tuple[Calibration, ...]:
    """`known` and the missing calibrations: one for each device of the cases, with the crew's number of threads.

    Without `levels` arithmetic alone is measured on the CPU, in a third of the time: no rooflines, but a time shorter
    than possible is found. `tuning` is the key of the settings of clock and power that are in force.

    A calibration that failed is included, with its reason; it gives no roofline.
    """
    precisions: dict[str, dict[str, None]] = {}
    for case in cases:
        precisions.setdefault(case.device, {})[case.precision] = None
    missing = [device for device in precisions if find(known, device, crew.settings.threads, tuning) is None]
    found = (crew.calibrate(Calibrate(device, tuple(precisions[device]), levels)) for device in missing)
    return (*known, *(replace(calibration, tuning=tuning) for calibration in found))
