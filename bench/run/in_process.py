"""`convcost measure --in-process`: plans and calls in this process, for profilers.

No workers, no gate, no blocks: nothing here is a measurement. It runs the code that `convcost measure` times, on the
same inputs, so that perf, nsys or VTune show where its time goes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.errors import UsageError
from bench.sweep.identity import case_seed
from bench.sweep.job import Job
from bench.sweep.overrides import Overrides
from impls import Case
from impls.errors import in_one_line


@dataclass(frozen=True, slots=True)
class Profiled:
    """One implementation's plan and calls, in seconds of wall time, or the `reason` why it did not finish.

    `failed` is True for an error, False for a case that it does not support.
    """

    implementation: str
    descriptor: str
    calls: int
    plan_s: float | None = None
    total_s: float | None = None
    reason: str | None = None
    failed: bool = False


def require_options(in_process: bool, calls: int | None, overrides: Overrides, *, as_json: bool) -> None:
    """Raise UsageError for --calls without --in-process, and for options that have no effect with it."""
    if not in_process:
        if calls is not None:
            raise UsageError("--calls is for profiling; add --in-process, or leave it out: samples choose their own")
        return
    given = {
        "--max-seconds": overrides.max_seconds,
        "--target-ci": overrides.target_rel_ci,
        "--processes": overrides.processes,
        "--cache": overrides.cache,
        "--json": as_json or None,
        "--step-timeout": overrides.step_timeout_s,
    }
    meaningless = [option for option, value in given.items() if value is not None]
    if meaningless:
        raise UsageError(f"with --in-process nothing is measured; leave out {', '.join(meaningless)}")


def profile(job: Job, calls: int = 1) -> Iterator[Profiled]:
    """Plan each implementation and call it `calls` times, case by case."""
    import torch

    torch.set_num_threads(job.settings.threads)
    with torch.no_grad():
        for planned in job.cases:
            seed = case_seed(planned.case, job.settings.threads, job.config.seed)
            for name in job.implementations:
                yield _attempt(name, planned.case, seed, job.settings.threads, calls)


def _attempt(name: str, case: Case, seed: int, threads: int, calls: int) -> Profiled:
    profiled = Profiled(name, case.problem.descriptor, calls)
    try:
        return _run(profiled, case, seed, threads)
    except Exception as error:
        # A failure is reported, and the next implementation runs: it may be the one to profile.
        return Profiled(name, profiled.descriptor, calls, reason=in_one_line(error), failed=True)


def _run(profiled: Profiled, case: Case, seed: int, threads: int) -> Profiled:
    import torch

    from bench.gate.inputs import tensors
    from bench.worker.loading import load_modules, make
    from impls import prepare
    from impls.modes import precision_mode

    name, calls = profiled.implementation, profiled.calls
    implementation = make(name)
    reason = implementation.why_not(case)
    if reason:
        return Profiled(name, profiled.descriptor, calls, reason=reason)
    load_modules(implementation, case)
    if "numba" in sys.modules:
        sys.modules["numba"].set_num_threads(threads)
        # If both use the same OpenMP, Numba has just set the threads of torch too: to all there are.
        torch.set_num_threads(threads)
    x, weight, bias = (None if t is None else t.to(case.device) for t in tensors(case, seed))
    assert x is not None
    assert weight is not None
    with precision_mode(case):
        started = time.perf_counter()
        with _range(case.device, f"convcost plan {name}"):
            plan = prepare(implementation, case, weight, bias)
        _wait(case.device)
        planned = time.perf_counter()
        for _ in range(calls):
            with _range(case.device, f"convcost call {name}"):
                plan.run(x)
        _wait(case.device)
        ended = time.perf_counter()
    return Profiled(name, profiled.descriptor, calls, planned - started, ended - planned)


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
