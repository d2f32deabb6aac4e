"""Runs calls on a CUDA device in batches queued ahead of it; an event at the end of each batch shows its completion."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# The device works on one batch while two wait, so that it is never idle while the host reads a meter.
_IN_FLIGHT = 3
# A stream holds about a thousand launches, and a call may make several. With more, launches wait for the device.
_MAX_QUEUED_CALLS = 200
# The longest batch for any pace: completed calls are known only at the ends of batches.
_LONGEST_BATCH_S = 5e-3


@dataclass(frozen=True, slots=True)
class _Batch:
    event: Any
    calls: int


class CudaWork:
    """Calls that launch kernels, queued three batches ahead of the device; event queries show completed batches.

    A batch takes about the requested pace, up to 5 ms, at the speed of earlier batches. If Python launches a call more
    slowly than the device runs it, the device waits, as it does outside a measurement. `cuda` is torch.cuda by
    default. Raises torch's errors; the error of a call may appear only at a later call.
    Source: "CUDA semantics, Asynchronous execution" in PyTorch's notes.
    """

    def __init__(self, call: Callable[[], Any], cuda: Any = None) -> None:
        if cuda is None:
            import torch

            cuda = torch.cuda
        self._cuda = cuda
        self._call = call
        self._flight: deque[_Batch] = deque()
        self._previous: Any = None
        self._completed = 0
        self._one_s: float | None = None

    def advance(self, pace_s: float) -> int:
        # Fill the queue first, so that the device has work while the host queries events.
        while len(self._flight) < _IN_FLIGHT:
            self._launch(self._batch_calls(pace_s))
        while self._flight and self._flight[0].event.query():
            self._land(self._flight.popleft())
        return self._completed

    def finish(self) -> None:
        self._cuda.synchronize()
        while self._flight:
            self._land(self._flight.popleft())
        # The device is idle until the next batch: the time between the two events does not measure calls.
        self._previous = None

    def _batch_calls(self, pace_s: float) -> int:
        most = _MAX_QUEUED_CALLS // _IN_FLIGHT
        return (
            1 if self._one_s is None else max(1, min(most, int(min(pace_s, _LONGEST_BATCH_S) / max(self._one_s, 1e-9))))
        )

    def _launch(self, calls: int) -> None:
        for _ in range(calls):
            self._call()
        event = self._cuda.Event(enable_timing=True)
        event.record()
        self._flight.append(_Batch(event, calls))

    def _land(self, batch: _Batch) -> None:
        if self._previous is not None:
            self._one_s = self._previous.elapsed_time(batch.event) * 1e-3 / batch.calls
        self._previous = batch.event
        self._completed += batch.calls
