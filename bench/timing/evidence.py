"""Reads evidence of interference during a sample from the system's counters.

No sample is dropped. A suspect one is flagged with the reason, and the estimate of the others is reported beside the
estimate of all. A value that the system does not report is None: it may not be taken for a quiet machine.
"""

from __future__ import annotations

import os
import re
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.timing.frequency import reader_for

_PRESSURE_FILE = "/proc/pressure/cpu"
_STAT_FILE = "/proc/stat"
_READ_BYTES = 1024
# The probe: a fixed piece of interpreter work of some 20 µs, long against the clock, short against a sample.
_PROBE_STEPS = 1_000

# Limits: threads taken off their processor a hundred times a second (the system's own housekeeping does it a few
# times); some task waiting for a tenth of the sample; a hundredth of it stolen by the hypervisor; twice the usual
# probe; ten times the candidate's usual page faults; a clock a twentieth below the candidate's usual one.
_SWITCHES_PER_S = 100.0
_PRESSURE_SHARE = 0.1
_STEAL_SHARE = 0.01
_SLOW_PROBE = 2.0
_FAULTS_FACTOR, _FAULTS_FLOOR = 10, 64
_SLOW_CLOCK = 0.95


class Suspicion(StrEnum):
    """A reason to suspect that something else disturbed a sample."""

    NO_DURATION = "no-duration"
    PREEMPTED = "preempted"
    STEAL = "steal"
    PRESSURE = "pressure"
    SLOW_PROBE = "slow-probe"
    PAGE_FAULTS = "page-faults"
    SLOW_CLOCK = "slow-clock"
    THROTTLED = "throttled"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Counts from the start of a sample to its end; None if this system does not tell.

    Clocks and `throttle_reasons` (empty for none) are read right after it.
    """

    involuntary_switches: int | None = None
    page_faults: int | None = None
    pressure_s: float | None = None
    steal_s: float | None = None
    probe_s: float | None = None
    frequency_hz: float | None = None
    sm_clock_hz: float | None = None
    throttle_reasons: tuple[str, ...] | None = None


class Watch:
    """Reads the counters: `open()` before a sample, `close()` after it. Files stay open between samples."""

    def __init__(self, device: str = "cpu") -> None:
        self._clocks = reader_for(device)
        self._pressure = _Counter(_PRESSURE_FILE, rb"some .*total=(\d+)", 1e-6)
        ticks_per_s = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
        # user nice system idle iowait irq softirq steal
        self._steal = _Counter(_STAT_FILE, rb"cpu +(?:\d+ ){7}(\d+)", 1 / ticks_per_s)
        self._before = self._read()

    def open(self) -> None:
        self._before = self._read()

    def close(self) -> Evidence:
        after = self._read()
        # Before the probe, while they are still those of the sample.
        clocks = self._clocks()
        switches, faults, pressure_s, steal_s = (
            None if a is None or b is None else a - b for a, b in zip(after, self._before, strict=True)
        )
        return Evidence(
            None if switches is None else int(switches),
            None if faults is None else int(faults),
            pressure_s,
            steal_s,
            _probe(),
            *clocks,
        )

    def _read(self) -> tuple[float | None, ...]:
        return (*_usage(), self._pressure.read(), self._steal.read())


def reasons(evidence: Sequence[Evidence], durations_s: Sequence[float]) -> list[tuple[Suspicion, ...]]:
    """The reasons to suspect each sample of one candidate; empty for most."""
    usual = _Usual(
        probe_s=_median([e.probe_s for e in evidence]),
        page_faults=_median([e.page_faults for e in evidence]),
        frequency_hz=_median([e.frequency_hz for e in evidence]),
        sm_clock_hz=_median([e.sm_clock_hz for e in evidence]),
    )
    return [_reasons(e, d, usual) for e, d in zip(evidence, durations_s, strict=True)]


@dataclass(frozen=True, slots=True)
class _Usual:
    """The usual values of one candidate: medians of its samples."""

    probe_s: float | None
    page_faults: float | None
    frequency_hz: float | None
    sm_clock_hz: float | None


def _reasons(e: Evidence, duration_s: float, usual: _Usual) -> tuple[Suspicion, ...]:
    found: list[Suspicion] = []
    if duration_s <= 0:
        found.append(Suspicion.NO_DURATION)
    if e.involuntary_switches is not None and e.involuntary_switches > _SWITCHES_PER_S * max(duration_s, 0):
        found.append(Suspicion.PREEMPTED)
    if e.steal_s is not None and e.steal_s > _STEAL_SHARE * max(duration_s, 0):
        found.append(Suspicion.STEAL)
    if e.pressure_s is not None and e.pressure_s > _PRESSURE_SHARE * max(duration_s, 0):
        found.append(Suspicion.PRESSURE)
    if e.probe_s is not None and usual.probe_s is not None and e.probe_s > _SLOW_PROBE * usual.probe_s:
        found.append(Suspicion.SLOW_PROBE)
    if (
        e.page_faults is not None
        and usual.page_faults is not None
        and e.page_faults > _FAULTS_FACTOR * usual.page_faults + _FAULTS_FLOOR
    ):
        found.append(Suspicion.PAGE_FAULTS)
    if _is_slow(e.frequency_hz, usual.frequency_hz) or _is_slow(e.sm_clock_hz, usual.sm_clock_hz):
        found.append(Suspicion.SLOW_CLOCK)
    if e.throttle_reasons:
        found.append(Suspicion.THROTTLED)
    return tuple(found)


def _is_slow(hz: float | None, usual_hz: float | None) -> bool:
    return hz is not None and usual_hz is not None and hz < _SLOW_CLOCK * usual_hz


def _median(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return statistics.median(known) if known else None


def _probe() -> float:
    started = time.perf_counter_ns()
    total = 0
    for i in range(_PROBE_STEPS):
        total += i
    return (time.perf_counter_ns() - started) * 1e-9


def _usage() -> tuple[float | None, float | None]:
    """Involuntary context switches and page faults of all threads of this process."""
    if sys.platform == "win32":
        return None, None
    import resource

    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_nivcsw, usage.ru_minflt + usage.ru_majflt


class _Counter:
    """A number in a file of /proc, read repeatedly; None without such a file."""

    def __init__(self, path: str, pattern: bytes, unit: float) -> None:
        self._pattern = re.compile(pattern)
        self._unit = unit
        try:
            self._file: int | None = os.open(path, os.O_RDONLY)
        except OSError:
            # Not Linux, or a kernel or container that hides the file: no such evidence.
            self._file = None

    def read(self) -> float | None:
        if self._file is None:
            return None
        try:
            match = self._pattern.match(os.pread(self._file, _READ_BYTES, 0))
        except OSError:
            # Present but switched off (psi=0): reading fails where opening does not.
            return None
        return None if match is None else int(match[1]) * self._unit

    def __del__(self) -> None:
        if self._file is not None:
            os.close(self._file)
