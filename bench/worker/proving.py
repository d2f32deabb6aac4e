"""The child's work on one case: gate every candidate, time those that pass, judge them again.

After the timing the last timed output is judged, then the input is changed in place and every candidate is judged once
more: a plan that remembers results, or goes wrong only when called often, is detected and gets no time. The first
process of a crew looks for such tricks (Task.tricks); the others, with the same code, judge the last timed outputs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from bench.gate.gate import gate
from bench.gate.inputs import Inputs, draw, redraw
from bench.gate.poke import Poke
from bench.gate.writers import writers
from bench.store.status import Status
from bench.timing.alive import require_alive
from bench.timing.blocks import time_blocks
from bench.worker import loading
from bench.worker.admission import counted, refusal
from bench.worker.beacon import HARNESS, Beacon
from bench.worker.judging import (
    WRITES_ITS_INPUT,
    Proven,
    outcome_after_change,
    timed_outcome,
    with_verdict,
    wrong,
)
from bench.worker.launched import launched
from bench.worker.peak import peak_bytes
from bench.worker.protocol import Outcome, Task
from impls import Case, Implementation, Plan
from impls.errors import in_one_line

Emit = Callable[[Outcome], None]


def prove_and_time(task: Task, emit: Emit, beacon: Beacon) -> float:
    """Emit one outcome for each implementation of the task; return the seconds spent in samples and their warm-up."""
    beacon.show(HARNESS)
    found = [_runnable(name, task, emit, beacon) for name in task.implementations]
    runnable = [implementation for implementation in found if implementation is not None]
    if not runnable:
        return 0.0
    beacon.show(HARNESS)
    inputs = draw(task.case, task.seed)
    passed = [c for i in runnable if (c := _gate(i, task, inputs, emit, beacon)) is not None]
    if task.max_seconds is None or not passed:
        beacon.show(HARNESS)
        for candidate in passed:
            emit(candidate.outcome)
        return 0.0
    # Giving all free memory back takes longer than most calls: one process does it for all.
    measured = [c for p in passed if (c := _with_peak(p, task, inputs, emit, beacon))] if task.tricks else passed
    return _time(measured, task, inputs, emit, beacon) if measured else 0.0


def _runnable(name: str, task: Task, emit: Emit, beacon: Beacon) -> Implementation | None:
    """The implementation if it can run the case; if not, emit an outcome that says why."""
    _show(beacon, task, name)
    try:
        implementation = loading.make(name)
        reason, _ = refusal(implementation, task.case)
        if not reason:
            loading.load_modules(implementation, task.case)
    except Exception as error:
        require_alive(task.case.device, error)
        emit(Outcome(name, Status.FAILED, in_one_line(error)))
        return None
    if reason:
        emit(_outcome(implementation, task.case, Status.UNSUPPORTED, reason))
        return None
    return implementation


def _outcome(implementation: Implementation, case: Case, status: Status, reason: str | None = None) -> Outcome:
    return Outcome(
        implementation.name,
        status,
        reason,
        algorithm=implementation.algorithm,
        provider=implementation.provider_for(case),
    )


def _gate(implementation: Implementation, task: Task, inputs: Inputs, emit: Emit, beacon: Beacon) -> Proven | None:
    _show(beacon, task, implementation.name)
    try:
        with loading.JitTimer() as jit:
            gated = gate(implementation, task.case, inputs, tricks=task.tricks)
        work = counted(gated.plan.work or implementation.work(task.case))
        delegate = implementation.delegate(task.case)
    except Exception as error:
        # An exception of a plug-in or a library is the result of this implementation; the others go on.
        require_alive(task.case.device, error)
        emit(_outcome(implementation, task.case, Status.FAILED, in_one_line(error)))
        return None
    outcome = with_verdict(_outcome(implementation, task.case, Status.OK), gated.verdict)
    if not gated.verdict.ok:
        emit(outcome)
        return None
    outcome = replace(
        outcome,
        backend=_backend(implementation, gated.plan, task, inputs),
        executed_flops=work.flops,
        bytes_moved=work.bytes_moved,
        workspace_bytes=work.workspace_bytes,
        plan_bytes=work.plan_bytes,
        plan_s=gated.plan_s,
        first_call_s=gated.first_call_s,
        import_s=loading.loading(implementation.name).import_s,
        jit_s=_jit_s(implementation, task.case, jit.seconds),
        delegate=delegate,
    )
    return Proven(implementation, gated, outcome)


def _backend(implementation: Implementation, plan: Plan, task: Task, inputs: Inputs) -> str | None:
    """The plan's own words; where a vendor chose on a GPU, in one process also the kernels that ran."""
    words = [] if plan.backend is None else [str(plan.backend)]
    if task.case.device == "cuda" and implementation.algorithm is None and task.tricks:
        words += filter(None, [_launched(plan, inputs)])
    return "; ".join(words) or None


def _launched(plan: Plan, inputs: Inputs) -> str | None:
    """The kernels of one call; None if the profiler fails, since a measurement does not need their names."""
    try:
        x = inputs.x.clone()
        return launched(lambda: plan.run(x))
    except Exception as error:
        require_alive("cuda", error)
        return None


def _jit_s(implementation: Implementation, case: Case, planning_s: float | None) -> float | None:
    """Seconds of compilation during loading, planning and first call; None if others may have compiled unseen."""
    seconds = loading.loading(implementation.name).jit_s + (planning_s or 0.0)
    # Only Numba and Triton are observed: 0 s of theirs says nothing about oneDNN or a plug-in's own compiler.
    return seconds if seconds or implementation.provider_for(case) in ("numba", "triton") else None


def _with_peak(candidate: Proven, task: Task, inputs: Inputs, emit: Emit, beacon: Beacon) -> Proven | None:
    """The candidate with the peak memory of one call. This gives back free memory; the warm-up takes it again."""
    _show(beacon, task, candidate.implementation.name)
    before = inputs.x.clone()
    try:
        peak = peak_bytes(lambda: candidate.gated.plan.run(inputs.x), task.case.device)
    except Exception as error:
        require_alive(task.case.device, error)
        emit(replace(candidate.outcome, status=Status.FAILED, reason=in_one_line(error)))
        return None
    finally:
        inputs.x.copy_(before)
    return replace(candidate, outcome=replace(candidate.outcome, peak_bytes=peak))


def _time(candidates: list[Proven], task: Task, inputs: Inputs, emit: Emit, beacon: Beacon) -> float:
    assert task.max_seconds is not None
    beacon.show(HARNESS)
    original = inputs.x.clone()
    poke = Poke(task.case, inputs, task.seed)
    # The innermost callable: the implementation is timed, not the wrapper around it.
    calls = {c.implementation.name: poke.calling(c.gated.plan.run, inputs.x) for c in candidates}
    started = time.perf_counter()
    blocks = time_blocks(
        {name: call for name, (call, _) in calls.items()},
        device=task.case.device,
        max_seconds=task.max_seconds,
        target_rel_ci=task.target_rel_ci,
        cache=task.cache,
        min_blocks=task.min_blocks,
        seed=task.seed,
        before_sample=lambda name: _show(beacon, task, name),
    )
    sampling_s = time.perf_counter() - started
    poke.restore(inputs.x)
    if not inputs.x.equal(original):
        plans = {c.implementation.name: (c.gated.plan, inputs.x, original) for c in candidates}
        guilty = writers(plans, lambda name: _show(beacon, task, name))
        # They have changed the input of the others: those are measured again without them.
        for candidate in candidates:
            if candidate.implementation.name in guilty:
                emit(wrong(candidate.outcome, WRITES_ITS_INPUT))
        rest = [c for c in candidates if c.implementation.name not in guilty]
        return sampling_s + (_time(rest, task, inputs, emit, beacon) if rest else 0.0)
    timed = []
    for candidate in candidates:
        name = candidate.implementation.name
        beacon.show(HARNESS)
        outcome = timed_outcome(candidate, blocks[name], poke.truth_at(calls[name][1]), task.case)
        if outcome.status is Status.OK:
            timed.append(replace(candidate, outcome=outcome))
        else:
            emit(outcome)
    changed = redraw(task.case, inputs, task.seed + 1) if task.tricks else None
    for candidate in timed:
        _show(beacon, task, candidate.implementation.name)
        emit(outcome_after_change(candidate, inputs.x, changed, task.case) if changed else candidate.outcome)
    return sampling_s


def _show(beacon: Beacon, task: Task, name: str) -> None:
    beacon.show(task.implementations.index(name))
