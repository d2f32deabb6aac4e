"""Measures the ceilings of a device. Runs in the worker, whose threads and memory the measurements use."""

from __future__ import annotations

from collections.abc import Sequence

from bench.calibration.value import Calibration

# Without tf32x3: its three products use the tf32 instruction, so it has no ceiling of its own.
MULTIPLIED = {"cpu": ("fp64", "fp32", "bf16", "fp16"), "cuda": ("fp64", "fp32", "tf32", "bf16", "fp16")}


def measure(device: str, threads: int, precisions: Sequence[str], *, levels: bool = True) -> Calibration:
    """Measure a device in those of the precisions that it can multiply; `levels`: its caches and memory too."""
    wanted = tuple(name for name in precisions if name in MULTIPLIED[device])
    if device == "cuda":
        from bench.calibration.cuda import calibrate_cuda

        return calibrate_cuda(wanted)
    from bench.calibration.cpu import calibrate_cpu

    return calibrate_cpu(wanted, threads, with_levels=levels)
