"""Measures how quiet the machine is now: repeats equal work for a second, and reads the kernel's pressure and steal.

A quiet machine may become busy later: every sample of a run carries its own evidence (bench.timing.evidence), with
the same thresholds.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.doctor.finding import Finding, Rating, judged
from bench.doctor.system import System
from bench.timing.evidence import Watch

_SECTION = "noise now"
_SECONDS = 1.2
# Steps of the interpreter that take about 0.5 ms, as long as a typical sample.
_STEPS = 22_000
# Seconds on each processor in turn, because work on one is not noticed on another.
_VISIT_S = 0.03
# An unshared core repeats such work within a few per cent. If one piece in twenty takes a fifth longer, other work
# runs on the core or on its second thread.
BUSY_SPREAD = 1.2
_BUSY_PRESSURE, _BUSY_STEAL = 0.1, 0.01
# Half a processor over the last minute, before this command did anything.
_BUSY_LOAD = 0.5
_CLOSE = "close other programs, or ask the batch system for an unshared node; then run this again"
_HOST = "the host is shared: measure at a quieter hour, or on an unshared machine"
_WAIT = "if you caused it, wait a minute; else close other programs"


@dataclass(frozen=True, slots=True)
class Noise:
    """Seconds of equal pieces of work, and the shares of time in which tasks waited or the host took the processor.

    `is_pinned` is whether each processor was tested in turn, and not only those that the system chose.
    """

    pieces_s: tuple[float, ...]
    pressure_share: float | None
    steal_share: float | None
    is_pinned: bool = True

    def quantile_s(self, q: float) -> float:
        ordered = sorted(self.pieces_s)
        return ordered[min(len(ordered) - 1, int(q * len(ordered)))]

    @property
    def spread(self) -> float:
        """The 95th percentile over the median."""
        return self.quantile_s(0.95) / self.quantile_s(0.5)


def listen(processors: Sequence[int] | None, seconds: float = _SECONDS) -> Noise:
    """Repeat fixed work for `seconds`, on each of these processors in turn; None leaves the choice to the system.

    Where the system refuses to move the process it also chooses, and the noise is not pinned.
    """
    watch = Watch()
    pieces: list[float] = []
    watch.open()
    started = time.perf_counter()
    visits: Sequence[int | None] = processors if processors and _may_move(processors) else (None,)
    try:
        while time.perf_counter() - started < seconds or not pieces:
            for processor in visits:
                _move_to(processor)
                arrived = time.perf_counter()
                while time.perf_counter() - arrived < _VISIT_S:
                    pieces.append(_piece_s())
                if time.perf_counter() - started >= seconds:
                    break
    finally:
        if processors and visits is processors:
            os.sched_setaffinity(0, processors)
    elapsed = time.perf_counter() - started
    evidence = watch.close()
    pressure, steal = (None if s is None else s / elapsed for s in (evidence.pressure_s, evidence.steal_s))
    return Noise(tuple(pieces), pressure, steal, is_pinned=visits is processors)


def _may_move(processors: Sequence[int]) -> bool:
    try:
        os.sched_setaffinity(0, processors)
    except OSError:
        # Containers that filter system calls refuse this; `permissions` gives the remedy.
        return False
    return True


def _move_to(processor: int | None) -> None:
    if processor is not None:
        os.sched_setaffinity(0, (processor,))


def _piece_s() -> float:
    started = time.perf_counter_ns()
    total = 0
    for i in range(_STEPS):
        total += i
    return (time.perf_counter_ns() - started) * 1e-9


def findings(noise: Noise, load: float | None) -> list[Finding]:
    """Each measure with its threshold, and the verdict for now. `load` is the mean of the last minute."""
    pieces = f"pieces of {noise.quantile_s(0.5) * 1e3:.2f} ms"
    where = "" if noise.is_pinned else ", not pinned: only on processors that the system chose"
    spread = f"p95/p50 is {noise.spread:.2f} of {pieces} (busy over {BUSY_SPREAD:g}){where}"
    now = [
        judged(_SECTION, "fixed work", spread, _CLOSE if noise.spread > BUSY_SPREAD else None),
        _share("pressure", "of the time some task waited", noise.pressure_share, _BUSY_PRESSURE, _CLOSE),
        _share("steal", "of the time the host took", noise.steal_share, _BUSY_STEAL, _HOST),
    ]
    # Without the load: it covers the last minute and may come from the user of this command.
    busy = [finding.name for finding in now if finding.verdict == Rating.MIND]
    word = f"busy ({', '.join(busy)})" if busy else "quiet"
    return [*now, _load(load), judged(_SECTION, "verdict", word, _CLOSE if busy else None)]


def _share(name: str, meaning: str, share: float | None, busy: float, remedy: str) -> Finding:
    if share is None:
        return Finding(
            _SECTION,
            name,
            None,
            Rating.MISSING,
            "this kernel does not count it: there is no evidence that the machine is quiet",
        )
    value = f"{share:.1%} {meaning} (busy over {busy:.0%})"
    return judged(_SECTION, name, value, remedy if share > busy else None)


def _load(load: float | None) -> Finding:
    if load is None:
        return Finding(
            _SECTION,
            "load",
            None,
            Rating.MISSING,
            "the system does not report it: there is no evidence that the machine is quiet",
        )
    value = f"{load:.2f} processors over the last minute (busy over {_BUSY_LOAD:g})"
    return judged(_SECTION, "load", value, _WAIT if load > _BUSY_LOAD else None)


def load_average(system: System) -> float | None:
    """The mean number of running or waiting tasks over the last minute; None if the system does not report it."""
    match = re.match(r"\d+\.\d+", system.text("/proc/loadavg") or "")
    return float(match[0]) if match else None
