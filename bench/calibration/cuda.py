"""Measures the ceilings of the first GPU: products timed by events, bandwidth by copies within the device."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from bench.calibration.levels import MEMORY
from bench.calibration.probes import SAMPLE_S, Probe, Timer, best_rates, built
from bench.calibration.value import Calibration, Level, Peak
from bench.machine.caches import last_level_bytes
from bench.timing.clock import Clock, clock_for

# Source and destination fill half the cache, or four times the cache, so that almost nothing is found in it; at least
# enough bytes to occupy a large GPU.
_SHARE_OF_LEVEL = 0.5
_LAST_LEVELS = 4
_LEAST_MEMORY_BYTES = 512 * 2**20


def calibrate_cuda(precisions: Sequence[str], sample_s: float = SAMPLE_S) -> Calibration:
    """The peak of each precision, and the bandwidth of the second-level cache and of the memory.

    A ceiling that cannot be measured is missing, with its reason in `failed`.
    """
    failed: list[str] = []
    levels, timer = _levels(), _on_device(clock_for("cuda"))
    parts = {f"{name} gemm": partial(_products, name, timer) for name in precisions}
    parts |= {level.name: partial(_copies, level, levels, timer) for level in levels}
    rates = best_rates(built(parts, failed), failed, sample_s)
    peaks = []
    for name in precisions:
        found = [(rate, probe) for probe, rate in rates.items() if probe.startswith(f"{name} ")]
        peaks += [Peak(name, rate, probe.removeprefix(f"{name} ")) for rate, probe in found]
    measured = (replace(v, bytes_per_s=rates.get(f"{v.name} copy"), method="copy") for v in levels)
    return Calibration("cuda", None, tuple(peaks), tuple(measured), tuple(failed))


def _levels() -> tuple[Level, ...]:
    cache = last_level_bytes("cuda")
    known = (Level("L2", cache, None, shared=True),) if cache else ()
    return (*known, Level(MEMORY, None, None, shared=True))


def _products(precision: str, timer: Timer) -> list[Probe]:
    from bench.calibration.products import product_probe

    return [product_probe(precision, "cuda", timer)]


def _copies(level: Level, levels: Sequence[Level], timer: Timer) -> list[Probe]:
    """Copies from one half of the working set to the other: each of its bytes is read or written once."""
    import torch

    if level.capacity_bytes is not None:
        total = int(_SHARE_OF_LEVEL * level.capacity_bytes)
    else:
        last = max((v.capacity_bytes for v in levels if v.capacity_bytes is not None), default=0)
        total = max(_LAST_LEVELS * last, _LEAST_MEMORY_BYTES)
    source, target = (torch.ones(total // 2, dtype=torch.uint8, device="cuda") for _ in range(2))
    return [Probe(f"{level.name} copy", 2.0 * source.numel(), timer(lambda _: target.copy_(source)))]


def _on_device(clock: Clock) -> Timer:
    """A timer of calls on the device, without their launches; the device is the only member."""

    def timer(call: Callable[[int], object]) -> Callable[[int], float]:
        def timed(repeats: int) -> float:
            full, rest = divmod(repeats, clock.max_calls)
            parts = [clock.max_calls] * full + [rest] * (rest > 0)
            return sum(clock.sample(partial(call, 0), part).device_s for part in parts)

        return timed

    return timer
