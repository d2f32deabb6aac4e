"""Finds the fastest configuration of a kernel for a problem on this GPU, once, and remembers it.

The fastest one depends on more than a model would cover (multiprocessors, padding in tiles, the second-level cache),
and a launch takes microseconds: so all are tried. A choice is a small file in the cache folder; a second process tries
nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

import torch
import triton

from impls.cache_folder import cache_folder, write_whole
from impls.gpu.target import is_interpreted

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    _T = TypeVar("_T", bound=DataclassInstance)
else:
    _T = TypeVar("_T")

# The queue is filled while a kernel that only waits occupies the GPU (1 ms at 2 GHz, longer than 8 launches take), so
# that the time of launching from Python does not hide differences of microseconds between kernels.
_CALLS = 8
_WAIT_CYCLES = 2_000_000
_ROUNDS = 5

_chosen: dict[str, Any] = {}


def fastest(kernel: Any, case: str, configurations: Sequence[_T], attempt: Callable[[_T], object]) -> _T:
    """The configuration with the fastest `attempt`; the first one, untried, where Triton interprets.

    `kernel` is Triton's function (a choice holds for its present source); `case` names all sizes that the time depends
    on. A configuration that does not compile or exceeds the GPU's resources is left out. Raises RuntimeError with the
    first reason if all are left out.
    """
    if is_interpreted() or len(configurations) == 1:
        return configurations[0]
    key = _key(kernel.cache_key, case, configurations)
    if key not in _chosen:
        _chosen[key] = _remembered(key, configurations) or _found(case, key, configurations, attempt)
    found: _T = _chosen[key]
    return found


def _key(source: str, case: str, configurations: Sequence[_T]) -> str:
    """The name of a choice: a hash of everything that it depends on."""
    parts = (source, case, str(configurations), triton.__version__, torch.cuda.get_device_name())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]


def _remembered(key: str, configurations: Sequence[_T]) -> _T | None:
    try:
        kept = json.loads((cache_folder() / f"choice_{key}.json").read_text(encoding="utf-8"))
        return next((c for c in configurations if asdict(c) == kept["configuration"]), None)
    except (OSError, ValueError, KeyError, TypeError):
        # There is no file yet, or it was damaged: the choice is made again.
        return None


def _found(case: str, key: str, configurations: Sequence[_T], attempt: Callable[[_T], object]) -> _T:
    times_ms: list[tuple[float, _T]] = []
    complaints: list[str] = []
    for configuration in configurations:
        try:
            times_ms.append((_milliseconds(lambda c=configuration: attempt(c)), configuration))  # type: ignore[misc]
        except (torch.OutOfMemoryError, torch.AcceleratorError):
            # Not the configuration's fault; after some of these errors the GPU runs nothing any more.
            raise
        except (triton.errors.TritonError, RuntimeError) as error:
            complaints.append(f"{configuration}: {type(error).__name__}: {_first_line(error)}")
    if not times_ms:
        raise RuntimeError(f"no configuration runs on this GPU; the first says {complaints[0]}")
    best_ms, best = min(times_ms, key=lambda timed: timed[0])
    told = {"what": case, "configuration": asdict(best), "ms": best_ms, "left out": complaints}
    # On a full disk, the next process makes the choice again.
    with contextlib.suppress(OSError):
        write_whole(cache_folder() / f"choice_{key}.json", json.dumps(told, indent=1))
    return best


def _first_line(error: Exception) -> str:
    """The first line of its message, if there is one."""
    return next(iter(str(error).strip().splitlines()), "")


def _milliseconds(call: Callable[[], object]) -> float:
    """Milliseconds of one call on the GPU: the least of a few means."""
    call()
    started, ended = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    means: list[float] = []
    for _ in range(_ROUNDS):
        # Private: torch has no public kernel that waits.
        torch.cuda._sleep(_WAIT_CYCLES)
        started.record()
        for _ in range(_CALLS):
            call()
        ended.record()
        ended.synchronize()
        means.append(started.elapsed_time(ended) / _CALLS)
    return min(means)
