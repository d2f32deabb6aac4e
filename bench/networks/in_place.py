"""Times the operations of a module where they stand: in the module, one after the other, as torch runs them.

A dispatch mode notes the time around each operator on the CPU. The mode itself takes some microseconds for each call,
which are outside of the noted times but between the operations: caches and waiting threads are as they are in place.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from bench.estimates.intervals import median_interval
from bench.machine.torch_threads import torch_threads
from bench.networks.calls import OperatorCall, operation
from bench.networks.inputs import InputShape
from bench.networks.modes import in_eval_mode
from bench.networks.operation import OperationKind

# The passes whose medians are taken, and the time after which no further one begins.
_PASSES, _LEAST_PASSES = 30, 5
_ENOUGH_S = 5.0
_WARM_UP = 2


@dataclass(frozen=True, slots=True)
class InPlaceTimes:
    """The median time of each operation of a module in place, in order, and that of the whole module without watching.

    `kinds` are theirs. `passes` is how many were timed. `convolutions_s` is the median sum of a pass's convolutions
    with both ends of its interval, None without. All are of eager torch on the CPU in fp32, NCHW.
    """

    kinds: tuple[OperationKind, ...]
    times_s: tuple[float, ...]
    whole_s: float
    passes: int
    threads: int
    convolutions_s: tuple[float, float | None, float | None] = (0.0, None, None)

    def of(self, kind: OperationKind) -> float:
        """The seconds of all operations of a kind."""
        return sum(t for own, t in zip(self.kinds, self.times_s, strict=True) if own is kind)

    def share(self, kind: OperationKind) -> float:
        """The part that a kind has of the time of all operations."""
        return self.of(kind) / sum(self.times_s)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: the seconds of each kind, and of the whole module."""
        kinds = [kind for kind in OperationKind if kind in self.kinds]
        return {
            "seconds_by_kind": {kind.value: self.of(kind) for kind in kinds},
            "share_of_convolutions": self.share(OperationKind.CONVOLUTION),
            "times_s": list(self.times_s),
            "whole_s": self.whole_s,
            "convolutions_s": list(self.convolutions_s),
            "passes": self.passes,
            "threads": self.threads,
        }


def time_in_place(
    make: Callable[[], torch.nn.Module], inputs: Sequence[InputShape], threads: int
) -> InPlaceTimes | None:
    """Run the module in eval mode with random inputs and time its operations; None where it has none to time.

    Raises what the module raises. The number of torch's threads and the module's mode are put back.
    """
    module = make()
    with torch_threads(threads), torch.no_grad(), in_eval_mode(module):
        given = [values_of(one) for one in inputs]
        for _ in range(_WARM_UP):
            module(*given)
        return _timed(module, given, threads)


def _timed(module: torch.nn.Module, given: Sequence[torch.Tensor], threads: int) -> InPlaceTimes | None:
    """Passes with and without watching take turns, so that a slow phase meets both."""
    watched: list[list[float]] = []
    whole: list[float] = []
    kinds: tuple[OperationKind, ...] = ()
    started = time.perf_counter()
    while len(whole) < _PASSES and (len(whole) < _LEAST_PASSES or time.perf_counter() - started < _ENOUGH_S):
        begun = time.perf_counter()
        module(*given)
        whole.append(time.perf_counter() - begun)
        with _Watch() as watch:
            module(*given)
        if kinds and watch.kinds != list(kinds):
            # Another path through the module: its operations cannot be compared.
            return None
        kinds = tuple(watch.kinds)
        watched.append(watch.times_s)
    if not kinds:
        return None
    medians = tuple(statistics.median(times) for times in zip(*watched, strict=True))
    sums = [
        sum(t for kind, t in zip(kinds, times, strict=True) if kind is OperationKind.CONVOLUTION) for times in watched
    ]
    convolutions_s = (statistics.median(sums), *(median_interval(sums) or (None, None)))
    return InPlaceTimes(kinds, medians, statistics.median(whole), len(whole), threads, convolutions_s)


class _Watch(TorchDispatchMode):
    """Notes the time of each operation."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kinds: list[OperationKind] = []
        self.times_s: list[float] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        started = time.perf_counter()
        result = func(*args, **kwargs)
        taken_s = time.perf_counter() - started
        found, _ = operation(OperatorCall(func, (*args, *kwargs.values()), result, (), 0), "")
        if found is not None:
            self.kinds.append(found.kind)
            self.times_s.append(taken_s)
        return result


def values_of(one: InputShape) -> torch.Tensor:
    """Random values of an input; of whole numbers, zeros."""
    dtype = getattr(torch, one.dtype)
    # Small whole numbers are indices and masks that any module takes.
    return torch.randn(one.shape).to(dtype) if dtype.is_floating_point else torch.zeros(one.shape, dtype=dtype)
