"""From the cases at hand to the calibrations that they need, each measured once."""

from __future__ import annotations

from collections.abc import Iterable

from bench.calibration.value import Calibration, find
from bench.worker.crew import Crew
from bench.worker.protocol import Calibrate
from impls import Case


def calibrate(crew: Crew, cases: Iterable[Case], known: tuple[Calibration, ...] = ()) -> tuple[Calibration, ...]:
    """`known`, and what the cases need beside it: one for each device and the crew's number of threads.

    A calibration that fails is there too, and says why; no floor follows from it.
    """
    precisions: dict[str, dict[str, None]] = {}
    for case in cases:
        precisions.setdefault(case.device, {})[case.precision] = None
    missing = [device for device in precisions if find(known, device, crew.settings.threads) is None]
    return (*known, *(crew.calibrate(Calibrate(device, tuple(precisions[device]))) for device in missing))
