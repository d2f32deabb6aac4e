"""Which ceilings a device has. Called in the worker, whose threads and memory are the ones that count."""

from __future__ import annotations

from collections.abc import Sequence

from bench.calibration.value import Calibration

# tf32x3 is three products by one instruction: no ceiling of the device's own.
MULTIPLIED = {"cpu": ("fp64", "fp32", "bf16", "fp16"), "cuda": ("fp64", "fp32", "tf32", "bf16", "fp16")}


def measure(device: str, threads: int, precisions: Sequence[str]) -> Calibration:
    """Measure a device, in those of the precisions that it multiplies."""
    wanted = tuple(name for name in precisions if name in MULTIPLIED[device])
    if device == "cuda":
        from bench.calibration.cuda import calibrate_cuda

        return calibrate_cuda(wanted)
    from bench.calibration.cpu import calibrate_cpu

    return calibrate_cpu(wanted, threads)
