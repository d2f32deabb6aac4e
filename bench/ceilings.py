"""`convcost calibrate`: the measured ceilings of this device, as a table and in one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench import format as text
from bench import terminal
from bench.calibration.measure import MULTIPLIED
from bench.calibration.needs import calibrate
from bench.calibration.value import Calibration
from bench.errors import UsageError
from bench.format import byte_count
from bench.machine import devices as device_list
from bench.worker.crew import Crew
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


def show(calibrations: Sequence[Calibration]) -> None:
    """A table a device, and what could not be measured."""
    for c in calibrations:
        place = "GPU" if c.threads is None else text.count(c.threads, "thread")
        peaks = [[f"{p.precision} arithmetic", "", _rate(p.flops_per_s, "FLOP/s"), p.method] for p in c.peaks]
        levels = [
            [
                v.name,
                "" if v.capacity_bytes is None else byte_count(v.capacity_bytes),
                _rate(v.bytes_per_s, "B/s"),
                v.method or "",
            ]
            for v in c.levels
        ]
        terminal.print_table(
            f"Ceilings of {c.device} ({place})", ["ceiling", "holds", "at most", "by"], peaks + levels, left=(0, 3)
        )
        for reason in c.failed:
            terminal.print_line(f"not measured: {reason}")


def line(calibration: Calibration, precision: str) -> str:
    """The ceilings that hold for a precision, in one line."""
    peak = calibration.peak(precision)
    arithmetic = [] if peak is None else [f"{_rate(peak.flops_per_s, 'FLOP/s')} {precision} ({peak.method})"]
    levels = [f"{v.name} {_rate(v.bytes_per_s, 'B/s')}" for v in calibration.levels if v.bytes_per_s is not None]
    return "ceilings: " + (", ".join(arithmetic + levels) or "none could be measured")


def _rate(value: float | None, unit: str) -> str:
    return text.MISSING if value is None else f"{text.significant(value * 1e-9)} G{unit}"
