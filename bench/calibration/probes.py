"""Finds the highest rate of repeated work. Noise only slows work down, so many short samples are spread over time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

# Long compared with starting threads (some 50 µs), short compared with another program's time slice.
SAMPLE_S = 10e-3
# Probes take turns, so that a burst of other work hits one sample of each probe and not all samples of one.
_ROUNDS = 10
# A probe with long samples (a product in a type that the processor lacks) takes part in fewer rounds.
_LONGEST_S = 0.15
_FASTEST_GROWTH = 10.0


@dataclass(frozen=True, slots=True)
class Probe:
    """Repeatable work: `run(repeats)` returns its seconds, `amount` is the FLOPs or bytes of one repeat."""

    name: str
    amount: float
    run: Callable[[int], float]


# Turns a call, which all members repeat at once, into a function from repeats to seconds.
Timer = Callable[[Callable[[int], object]], Callable[[int], float]]
Build = Callable[[], Sequence[Probe]]


def wall(call: Callable[[int], object]) -> Callable[[int], float]:
    """A function from repeats to the wall-clock seconds of `call(repeats)`."""

    def timed(repeats: int) -> float:
        started = time.perf_counter_ns()
        call(repeats)
        return (time.perf_counter_ns() - started) * 1e-9

    return timed


def built(parts: Mapping[str, Build], failed: list[str]) -> list[Probe]:
    """The probes of all parts. The error of a part that raises is added to `failed`; the other parts stay."""
    probes: list[Probe] = []
    for name, build in parts.items():
        try:
            probes += build()
        except Exception as error:
            # For example no cache folder for compiled code, or a type without products: that ceiling stays unknown.
            failed.append(_describe(name, error))
    return probes


def best_rates(probes: Iterable[Probe], failed: list[str], sample_s: float = SAMPLE_S) -> dict[str, float]:
    """The highest rate of each probe by name, in its amount per second. Errors are added to `failed`."""
    best: dict[str, float] = {}
    ready: list[tuple[Probe, int]] = []
    for probe in probes:
        try:
            ready.append((probe, _repeats(probe, sample_s)))
        except Exception as error:
            failed.append(_describe(probe.name, error))
    spent_s = dict.fromkeys((probe.name for probe, _ in ready), 0.0)
    for _ in range(_ROUNDS):
        for probe, repeats in ready:
            if spent_s[probe.name] > _LONGEST_S:
                continue
            seconds = probe.run(repeats)
            spent_s[probe.name] += seconds
            if seconds > 0:
                best[probe.name] = max(best.get(probe.name, 0.0), repeats * probe.amount / seconds)
    return best


def _repeats(probe: Probe, sample_s: float) -> int:
    """The number of repeats that fill a sample. The first runs also warm up and compile."""
    probe.run(1)
    repeats, seconds = 1, probe.run(1)
    while seconds < sample_s / 2:
        growth = min(sample_s / seconds, _FASTEST_GROWTH) if seconds > 0 else _FASTEST_GROWTH
        repeats = max(repeats + 1, int(repeats * growth))
        seconds = probe.run(repeats)
    return repeats


def _describe(name: str, error: Exception) -> str:
    first_line = str(error).strip().split("\n")[0]
    return f"{name}: {type(error).__name__}" + (f": {first_line}" if first_line else "")
