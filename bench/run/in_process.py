"""`convcost measure --in-process`: plans and calls in this process, for profilers.

No workers, no gate, no blocks: nothing here is a measurement. It runs the code that `convcost measure` times, on the
same inputs, so that perf, nsys or VTune show where its time goes. Compiled code has names for Linux perf.
"""

from __future__ import annotations

import functools
import gc
import itertools
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from bench.errors import UsageError
from bench.sweep.cases import PlannedCase
from bench.sweep.identity import case_seed
from bench.sweep.job import Job
from impls import Case, Implementation, load_file
from impls.errors import in_one_line

if TYPE_CHECKING:
    import torch

    from impls.cpu.compiler.perf_map import Recorder

Tensors: TypeAlias = "tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]"
# A batch of calls without a look at the clock; a loop ends at most so much late, unless one call is longer.
_LONGEST_BATCH_S = 0.05


@dataclass(frozen=True, slots=True)
class Profiled:
    """One implementation's plan, first call and further calls, in seconds of wall time, or the `reason` why not.

    `failed` is True for an error, False for a case that it does not support. `symbols` is the file with the names of
    compiled functions, for perf.
    """

    implementation: str
    descriptor: str
    calls: int = 0
    plan_s: float | None = None
    first_s: float | None = None
    total_s: float | None = None
    reason: str | None = None
    failed: bool = False
    symbols: Path | None = None


@dataclass(frozen=True, slots=True)
class Loop:
    """The calls after the first one: their number, or the seconds that they take at least."""

    calls: int | None = None
    seconds: float | None = None

    def run(self, call: Callable[[], Any]) -> int:
        """Call, with as little Python between two calls as possible; the number of calls."""
        if self.seconds is None:
            calls = self.calls or 1
            for _ in itertools.repeat(None, calls):
                call()
            return calls
        now_s, done, batch = time.perf_counter(), 0, 1
        ends_s = now_s + self.seconds
        while now_s < ends_s:
            for _ in itertools.repeat(None, batch):
                call()
            before_s, now_s = now_s, time.perf_counter()
            done += batch
            each_s = (now_s - before_s) / batch
            # The clock is read once a batch; a batch is not longer than the time that is left.
            fitting = int(min(ends_s - now_s, _LONGEST_BATCH_S) / each_s) if each_s > 0 else 2 * batch
            batch = max(1, min(2 * batch, fitting))
        return done


def loop_for(in_process: bool, calls: int | None, seconds: float | None) -> Loop | None:
    """The loop of --in-process, None without that option.

    Raises UsageError for --calls or --seconds without it, and for both together.
    """
    loops = {"--calls": calls, "--seconds": seconds}
    chosen = [option for option, value in loops.items() if value is not None]
    if not in_process:
        if chosen:
            option = chosen[0]
            raise UsageError(f"{option} is for profiling; add --in-process, or leave it out: samples choose their own")
        return None
    if len(chosen) > 1:
        raise UsageError(f"--calls {calls} and --seconds {seconds:g} exclude each other; leave out one of them")
    return Loop(calls, seconds)


@contextmanager
def without_collector() -> Iterator[None]:
    """Stop Python's search for cycles of objects during imports: it would take a quarter of the profile."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def profile(job: Job, loop: Loop) -> Iterator[Profiled]:
    """Plan each implementation, call it once to warm up, then in a loop; case by case."""
    import torch

    for file in job.settings.load:
        # The class itself: it is what a profiler of this process looks at.
        load_file(file)
    torch.set_num_threads(job.settings.threads)
    with torch.no_grad():
        for planned in job.cases:
            seed = case_seed(planned.case, job.settings.threads, job.config.seed, planned.data)
            for name in job.implementations:
                yield _attempt(name, planned, seed, job.settings.threads, loop)


def _attempt(name: str, planned: PlannedCase, seed: int, threads: int, loop: Loop) -> Profiled:
    from bench.worker.shared_settings import quick
    from bench.worker.shared_state import undisturbed

    try:
        # The next implementation must find the settings of torch and Python as this one did.
        with undisturbed(quick()):
            return _run(name, planned, seed, threads, loop)
    except Exception as error:
        # A failure is reported, and the next implementation runs: it may be the one to profile.
        return Profiled(name, planned.case.problem.descriptor, reason=in_one_line(error), failed=True)


def _run(name: str, planned: PlannedCase, seed: int, threads: int, loop: Loop) -> Profiled:
    from bench.gate.inputs import tensors
    from bench.worker.loading import make

    case, implementation, descriptor = planned.case, make(name), planned.case.problem.descriptor
    reason = implementation.why_not(case)
    if reason:
        return Profiled(name, descriptor, reason=reason)
    names = _load(implementation, case, threads)
    x, weight, bias = (None if t is None else t.to(case.device) for t in tensors(case, seed, planned.data))
    assert x is not None
    assert weight is not None
    return _timed(Profiled(name, descriptor), implementation, case, (x, weight, bias), loop, names)


def _load(implementation: Implementation, case: Case, threads: int) -> Recorder | None:
    """Import what a plan needs, with its number of threads; the recorder of names for perf, None without compiled code.

    Linux has perf; on a GPU nothing is compiled for the processor.
    """
    import torch

    from bench.worker.loading import load_modules

    names = None
    if sys.platform == "linux" and case.device == "cpu" and implementation.modules_for(case):
        # Before code is loaded: its names are known only then.
        names = _recorder()
    load_modules(implementation, case)
    if "numba" in sys.modules:
        sys.modules["numba"].set_num_threads(threads)
        # If both use the same OpenMP, Numba has just set the threads of torch too: to all there are.
        torch.set_num_threads(threads)
    return names


@functools.cache
def _recorder() -> Recorder:
    """The one recorder of this process: code is loaded once."""
    from impls.cpu.compiler.perf_map import Recorder

    return Recorder()


def _timed(
    profiled: Profiled, implementation: Implementation, case: Case, tensors: Tensors, loop: Loop, names: Recorder | None
) -> Profiled:
    """Plan, call once, name the compiled code, and loop."""
    from impls import prepare
    from impls.modes import precision_mode

    x, weight, bias = tensors
    name = profiled.implementation
    with precision_mode(case):
        started = time.perf_counter()
        with _range(case.device, f"convcost plan {name}"):
            plan = prepare(implementation, case, weight, bias)
        _wait(case.device)
        planned = time.perf_counter()
        with _range(case.device, f"convcost first call {name}"):
            plan.run(x)
        _wait(case.device)
        warm = time.perf_counter()
        symbols = None if names is None else names.write()
        looped = time.perf_counter()
        with _range(case.device, f"convcost calls {name}"):
            calls = loop.run(functools.partial(plan.run, x))
            _wait(case.device)
        ended = time.perf_counter()
    return replace(
        profiled, calls=calls, plan_s=planned - started, first_s=warm - planned, total_s=ended - looped, symbols=symbols
    )


@contextmanager
def _range(device: str, name: str) -> Iterator[None]:
    """A named range (NVTX) in the profile of a GPU; no effect on the CPU."""
    if device != "cuda":
        yield
        return
    import torch

    torch.cuda.nvtx.range_push(name)
    try:
        yield
    finally:
        torch.cuda.nvtx.range_pop()


def _wait(device: str) -> None:
    if device == "cuda":
        import torch

        torch.cuda.synchronize()
