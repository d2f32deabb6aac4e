"""Measures the ceilings of the CPU with a number of threads, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from bench.calibration.levels import levels_for
from bench.calibration.probes import SAMPLE_S, Probe, best_rates, built
from bench.calibration.team import Team
from bench.calibration.value import Calibration, Level, Peak
from bench.machine.caches import cpu_levels
from bench.machine.memory import usable_bytes
from bench.machine.processors import available_cpus

# Half a level: the other half holds other data. Four times the last level: almost nothing is found in it. Of a large
# last level twice: a stream that goes round evicts most lines before it comes back, and pages cost time.
_SHARE_OF_LEVEL = 0.5
_LAST_LEVELS, _LARGE_LAST_LEVELS = 4, 2
_LARGE_BYTES = 256 * 2**20
# Used where the system does not report cache sizes: several times the caches of today's desktop processors.
_FALLBACK_BYTES = 256 * 2**20
_SHARE_OF_MEMORY = 0.25
# Steps in one repeat of the FMA kernel.
_STEPS = 1_000
_FMA_BYTES = {"fp32": 4, "fp64": 8}
# Types that convert to fp32 without loss. Computing in fp32 is never slower where a processor lacks the type.
WIDENED = {"bf16": "fp32", "fp16": "fp32"}


def calibrate_cpu(
    precisions: Sequence[str], threads: int, sample_s: float = SAMPLE_S, *, with_levels: bool = True
) -> Calibration:
    """The peak of each precision and, unless told otherwise, the bandwidth of each level, for `threads` threads.

    A ceiling that cannot be measured is missing, with its reason in `failed`.
    """
    failed: list[str] = []
    wanted = tuple(dict.fromkeys([*precisions, *(WIDENED[p] for p in precisions if p in WIDENED)]))
    levels = levels_for(cpu_levels(), threads, available_cpus()) if with_levels else ()
    with Team(threads) as team, _each_alone(team):
        parts = {f"{name} gemm": partial(_products, name, team) for name in wanted}
        parts |= {f"{name} fma": partial(_chains, name, team) for name in wanted if name in _FMA_BYTES}
        parts |= {level.name: partial(_streams, level, levels, team) for level in levels}
        rates = best_rates(built(parts, failed), failed, sample_s)
    own = {name: _best(rates, name) for name in wanted}
    peaks = ((name, max((own[name], _widened(name, own)), key=_rate)) for name in wanted)
    return Calibration(
        device="cpu",
        threads=threads,
        peaks=tuple(Peak(name, *found) for name, found in peaks if found),
        levels=tuple(_measured(level, rates) for level in levels),
        failed=tuple(failed),
    )


def _products(precision: str, team: Team) -> list[Probe]:
    """One product per thread: how a library splits a product among threads is not the processor's limit."""
    from bench.calibration.products import product_probe

    def timer(call: Callable[[int], object]) -> Callable[[int], float]:
        return team.busy(lambda member, repeats: [call(member) for _ in range(repeats)])

    return [product_probe(precision, "cpu", timer, team.threads)]


@contextmanager
def _each_alone(team: Team) -> Iterator[None]:
    """Let torch use one thread in each thread of the team; torch keeps this number per thread and per process."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    team.each(lambda _: torch.set_num_threads(1))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _chains(precision: str, team: Team) -> list[Probe]:
    """The FMA kernel in all threads at once; empty where the processor has no FMA instruction."""
    import numpy as np

    from bench.calibration import fma

    width, size = fma.vector_bytes(), _FMA_BYTES[precision]
    if width is None:
        return []
    kernel, number = fma.KERNELS[width], np.float32 if size == 4 else np.float64
    # The chain converges to 2: it neither overflows nor becomes denormal.
    factor, term = number(0.5), number(1.0)
    amount = float(team.threads * fma.flops(width, size, _STEPS))
    run = team.busy(lambda _, repeats: kernel(_STEPS * repeats, factor, term))
    return [Probe(f"{precision} fma", amount, run)]


def _streams(level: Level, levels: Sequence[Level], team: Team) -> list[Probe]:
    """Reading and the triad over private arrays that fill half of the level together."""
    from bench.calibration import bandwidth

    each = _working_set_bytes(level, levels) // team.threads
    # Shared by the streams: the first touch of a page can cost as much as all that is measured.
    memory = team.each(lambda _: bandwidth.private_memory(each))
    return [_stream(level, name, memory, each, team) for name in bandwidth.STREAMS]


def _stream(level: Level, name: str, memory: Sequence[Any], each_bytes: int, team: Team) -> Probe:
    from bench.calibration import bandwidth

    count, stream = bandwidth.STREAMS[name]
    arrays = [bandwidth.arrays_in(own, each_bytes, count) for own in memory]
    moved = sum(array.nbytes for own in arrays for array in own)
    timed = team.wall if level.shared else team.busy
    return Probe(f"{level.name} {name}", float(moved), timed(lambda member, passes: stream(*arrays[member], passes)))


def _working_set_bytes(level: Level, levels: Sequence[Level]) -> int:
    if level.capacity_bytes is not None:
        return int(_SHARE_OF_LEVEL * level.capacity_bytes)
    last = max((v.capacity_bytes for v in levels if v.capacity_bytes is not None), default=None)
    wanted = _FALLBACK_BYTES if last is None else max(_LARGE_LAST_LEVELS * last, min(_LAST_LEVELS * last, _LARGE_BYTES))
    return min(wanted, int(_SHARE_OF_MEMORY * usable_bytes()))


def _best(rates: dict[str, float], prefix: str) -> tuple[float, str] | None:
    """The highest rate among the probes named "prefix method", with its method."""
    found = [(rate, name.removeprefix(f"{prefix} ")) for name, rate in rates.items() if name.startswith(f"{prefix} ")]
    return max(found, default=None)


def _widened(precision: str, own: dict[str, tuple[float, str] | None]) -> tuple[float, str] | None:
    """The rate of the wider type, for a precision that may be computed in it."""
    wider = WIDENED.get(precision)
    found = own.get(wider) if wider else None
    return None if found is None else (found[0], f"{found[1]} in {wider}")


def _rate(found: tuple[float, str] | None) -> float:
    return found[0] if found else 0.0


def _measured(level: Level, rates: dict[str, float]) -> Level:
    found = _best(rates, level.name)
    return level if found is None else replace(level, bytes_per_s=found[0], method=found[1])
