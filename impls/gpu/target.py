"""Says whether Triton's kernels can run here, and if not, what is missing, without loading Triton.

With TRITON_INTERPRET=1 set before Triton is loaded, it runs the same kernels line by line on tensors of the CPU: they
are tested so where there is no GPU.
"""

from __future__ import annotations

import functools
import os
import platform
import re
from importlib import metadata

# The first version with all features that the kernels use.
_OLDEST_TRITON = (3, 6)
# Ampere: the first with TF32, bf16 and asynchronous copies, which the kernels are written for.
_OLDEST_GPU = (8, 0)


def why_not() -> str | None:
    """The reason why the kernels of this package cannot run here, and the remedy; None if they can."""
    reason = _why_no_triton()
    if reason or is_interpreted():
        return reason
    return _why_no_gpu()


def is_interpreted() -> bool:
    """Whether Triton interprets its kernels on the CPU."""
    return os.environ.get("TRITON_INTERPRET", "").lower() in ("1", "true", "on", "yes", "y")


@functools.cache
def _why_no_triton() -> str | None:
    if platform.system() != "Linux":
        return f"its kernels are compiled by Triton, which exists for Linux, not for {platform.system()}"
    try:
        version = metadata.version("triton")
    except metadata.PackageNotFoundError:
        return "triton is not installed; type: pip install 'triton>=3.6'"
    known = re.match(r"(\d+)\.(\d+)", version)
    if known and (int(known[1]), int(known[2])) < _OLDEST_TRITON:
        oldest = ".".join(map(str, _OLDEST_TRITON))
        return f"triton {version} is too old; type: pip install 'triton>={oldest}'"
    return None


@functools.cache
def _why_no_gpu() -> str | None:
    import torch

    if torch.version.cuda is None:
        return "this torch has no CUDA; install one with it (pip install torch on Linux)"
    if not torch.cuda.is_available():
        return f"torch sees no GPU: {_first_complaint()}"
    capability = torch.cuda.get_device_capability()
    if capability < _OLDEST_GPU:
        has, needs = (".".join(map(str, pair)) for pair in (capability, _OLDEST_GPU))
        return f"the GPU has compute capability {has}; the kernels need {needs} (Ampere) or more"
    return None


def _first_complaint() -> str:
    """CUDA's own message on starting: there is no driver, it is too old, or it hides the GPU."""
    import torch

    try:
        torch.cuda.init()
    except (RuntimeError, AssertionError) as error:
        return str(error).strip().split("\n")[0]
    return "CUDA starts but shows no device; is CUDA_VISIBLE_DEVICES empty?"
