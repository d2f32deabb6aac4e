"""Describes the machine and the libraries of a measurement. Runs in the worker, whose settings are recorded."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

from bench.machine.commit import commit_of
from bench.machine.cpuinfo import parse_cpuinfo, read_cpuinfo
from bench.machine.microarchitecture import microarchitecture
from bench.version import __version__

_PACKAGES = ("torch", "numpy", "numba", "scipy", "pandas", "fvcore", "nvidia-ml-py", "triton")


def describe(threads: int) -> dict[str, Any]:
    """A flat mapping; unknown values are None. The worker adds its checked settings (bench.worker.enforced)."""
    import torch

    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else None
    return {
        "host": platform.node(),
        "os": platform.platform(),
        "cpu": cpu_name(),
        "microarchitecture": microarchitecture(),
        "cores": os.cpu_count(),
        "threads": threads,
        "simd": torch.backends.cpu.get_cpu_capability(),
        "memory_bytes": _memory_bytes(),
        "gpu": gpu,
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version() if gpu else None,
        "onednn": torch.backends.mkldnn.is_available(),
        "python": platform.python_version(),
        "convcost": __version__,
        "commit": commit_of(Path(__file__)),
        **{name: _version(name) for name in _PACKAGES},
    }


def cpu_name() -> str:
    """The processor's marketing name, or the architecture where the system does not give a name."""
    first = next(iter(parse_cpuinfo(read_cpuinfo())), {})
    return first.get("model name") or platform.processor() or platform.machine()


def _memory_bytes() -> int:
    import psutil

    return int(psutil.virtual_memory().total)


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
