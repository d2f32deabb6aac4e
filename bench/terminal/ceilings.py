"""Shows the measured ceilings of a device, as a table or in one line."""

from __future__ import annotations

from collections.abc import Sequence

from bench import format as text
from bench.calibration.value import Calibration
from bench.format import byte_count
from bench.terminal import console


def show(calibrations: Sequence[Calibration]) -> None:
    """Print a table for each device, and the reason for each ceiling that is missing."""
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
        console.print_table(
            f"Ceilings of {c.device} ({place})", ["ceiling", "capacity", "rate", "method"], peaks + levels, left=(0, 3)
        )
        for reason in c.failed:
            console.print_line(f"not measured: {reason}")


def line(calibration: Calibration, precision: str) -> str:
    """The ceilings for a precision, in one line."""
    peak = calibration.peak(precision)
    arithmetic = [] if peak is None else [f"{_rate(peak.flops_per_s, 'FLOP/s')} {precision} ({peak.method})"]
    levels = [f"{v.name} {_rate(v.bytes_per_s, 'B/s')}" for v in calibration.levels if v.bytes_per_s is not None]
    return "ceilings: " + (", ".join(arithmetic + levels) or "none could be measured")


def _rate(value: float | None, unit: str) -> str:
    return text.MISSING if value is None else f"{text.significant(value * 1e-9)} G{unit}"
