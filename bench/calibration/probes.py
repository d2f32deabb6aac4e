"""A ceiling is a maximum, and noise only slows down: many short samples, spread over the time there is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

# Long against starting threads (some 50 µs), short against a time slice that another program may take.
SAMPLE_S = 10e-3
# Probes take turns: a neighbour busy for a while then hits one sample of each and not all of one.
_ROUNDS = 10
# A probe whose shortest sample is long (a product in a type that the processor lacks) takes part in fewer rounds.
_LONGEST_S = 0.15
_FASTEST_GROWTH = 10.0


@dataclass(frozen=True, slots=True)
class Probe:
    """Work that can be repeated: `run(repeats)` returns the seconds it took, `amount` is the FLOPs or bytes of one."""

    name: str
    amount: float
    run: Callable[[int], float]


# From a call that is to be repeated, by members who work at once, to a function from repeats to seconds.
Timer = Callable[[Callable[[int], object]], Callable[[int], float]]
Build = Callable[[], Sequence[Probe]]


def wall(call: Callable[[int], object]) -> Callable[[int], float]:
    """The seconds of a call, by the wall clock."""

    def timed(repeats: int) -> float:
        started = time.perf_counter_ns()
        call(repeats)
        return (time.perf_counter_ns() - started) * 1e-9

    return timed


def built(parts: Mapping[str, Build], failed: list[str]) -> list[Probe]:
    """The probes of all parts; a part that raises goes to `failed` in words, and the others stand."""
    probes: list[Probe] = []
    for name, build in parts.items():
        try:
            probes += build()
        except Exception as error:
            # No cache folder for compiled code, a type that a library does not multiply: a ceiling that stays unknown.
            failed.append(_describe(name, error))
    return probes


def best_rates(probes: Iterable[Probe], failed: list[str], sample_s: float = SAMPLE_S) -> dict[str, float]:
    """The highest rate of each probe, its amount per second, by name; one that raises goes to `failed` in words."""
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
    """How often the work fits into a sample; finding out warms up and compiles."""
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
