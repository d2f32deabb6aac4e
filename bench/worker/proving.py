"""The child's work on one case: gate every candidate, time those that pass, check again.

After the timing the last timed output is judged, and the input is changed in place and every candidate judged once
more: a plan that remembers results, or goes wrong only when called often, is found out and not reported as timed.
The first process of a crew looks for such tricks (Task.tricks); the others, with the same code, judge what they timed.
"""

from __future__ import annotations

import operator
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from bench import gate
from bench.memory import usable_bytes, why_not_memory
from bench.timing.blocks import time_blocks
from bench.timing.timings import Sample, Timing
from bench.worker import apart
from bench.worker.beacon import HARNESS, Beacon
from bench.worker.peak import peak_bytes
from bench.worker.poke import Poke
from bench.worker.protocol import Outcome, Task
from impls import Implementation, Work
from impls.oracle import Truth

Emit = Callable[[Outcome], None]


@dataclass(frozen=True, slots=True)
class _Candidate:
    implementation: Implementation
    gated: gate.Gated
    outcome: Outcome


def prove_and_time(task: Task, emit: Emit, beacon: Beacon) -> float:
    """Emit one outcome for each implementation of the task; return the seconds spent in samples and their warm-up."""
    beacon.show(HARNESS)
    found = [_runnable(name, task, emit, beacon) for name in task.implementations]
    runnable = [implementation for implementation in found if implementation is not None]
    if not runnable:
        return 0.0
    beacon.show(HARNESS)
    inputs = gate.draw(task.case, task.seed)
    passed = [c for i in runnable if (c := _gate(i, task, inputs, emit, beacon)) is not None]
    if task.max_seconds is None or not passed:
        beacon.show(HARNESS)
        for candidate in passed:
            emit(candidate.outcome)
        return 0.0
    measured = [c for p in passed if (c := _with_peak(p, task, inputs, emit, beacon)) is not None]
    return _time(measured, task, inputs, emit, beacon) if measured else 0.0


def _runnable(name: str, task: Task, emit: Emit, beacon: Beacon) -> Implementation | None:
    """The implementation if it can run the case; if not, its outcome says why."""
    _show(beacon, task, name)
    try:
        implementation = apart.make(name)
        reason = implementation.why_not(task.case)
        work = Work() if reason else _counted(implementation.work(task.case))
        reason = reason or why_not_memory(work, task.case, _usable_bytes(task.case.device))
        if not reason:
            apart.load_modules(implementation)
    except Exception as error:
        emit(Outcome(name, "failed", _describe(error)))
        return None
    if reason:
        emit(_outcome(implementation, "unsupported", reason))
        return None
    return implementation


def _counted(work: Work) -> Work:
    """The same in Python's own integers: plug-ins count with NumPy's, which JSON does not know."""
    values = (work.flops, work.bytes_moved, work.workspace_bytes, work.plan_bytes)
    return Work(*(None if value is None else operator.index(value) for value in values))


def _usable_bytes(device: str) -> int:
    # A fixed budget, not what happens to be free: the worker keeps what it has freed, for the next case.
    if device == "cuda":
        return int(torch.cuda.get_device_properties(0).total_memory)
    return usable_bytes()


def _outcome(implementation: Implementation, status: str, reason: str | None = None) -> Outcome:
    return Outcome(
        implementation.name,
        status,
        reason,
        algorithm=implementation.algorithm,
        provider=implementation.provider,
    )


def _gate(
    implementation: Implementation, task: Task, inputs: gate.Inputs, emit: Emit, beacon: Beacon
) -> _Candidate | None:
    _show(beacon, task, implementation.name)
    try:
        with apart.JitTimer() as jit:
            gated = gate.gate(implementation, task.case, inputs, tricks=task.tricks)
        work = _counted(implementation.work(task.case))
    except Exception as error:
        # Whatever a plug-in or a library raises is this implementation's result, not the sweep's end.
        emit(_outcome(implementation, "failed", _describe(error)))
        return None
    outcome = _with_verdict(_outcome(implementation, "ok"), gated.verdict)
    if not gated.verdict.ok:
        emit(outcome)
        return None
    outcome = replace(
        outcome,
        backend=None if gated.plan.backend is None else str(gated.plan.backend),
        executed_flops=work.flops,
        bytes_moved=work.bytes_moved,
        workspace_bytes=work.workspace_bytes,
        plan_bytes=work.plan_bytes,
        plan_s=gated.plan_s,
        first_call_s=gated.first_call_s,
        import_s=apart.loading(implementation.name).import_s,
        jit_s=_jit_s(implementation, jit.seconds),
    )
    return _Candidate(implementation, gated, outcome)


def _jit_s(implementation: Implementation, planning_s: float | None) -> float | None:
    """Compilation while it was loaded, planned and first called; None where it might have gone unseen."""
    seconds = apart.loading(implementation.name).jit_s + (planning_s or 0.0)
    # Others may compile (oneDNN, Triton, a plug-in's own): that Numba did not says nothing about them.
    return seconds if seconds or implementation.provider == "numba" else None


def _with_peak(candidate: _Candidate, task: Task, inputs: gate.Inputs, emit: Emit, beacon: Beacon) -> _Candidate | None:
    """The candidate with the most memory of one call. It gives back free memory: the warm-up takes it again."""
    _show(beacon, task, candidate.implementation.name)
    before = inputs.x.clone()
    try:
        peak = peak_bytes(lambda: candidate.gated.plan.run(inputs.x), task.case.device)
    except Exception as error:
        emit(replace(candidate.outcome, status="failed", reason=_describe(error)))
        return None
    finally:
        inputs.x.copy_(before)
    return replace(candidate, outcome=replace(candidate.outcome, peak_bytes=peak))


def _time(candidates: list[_Candidate], task: Task, inputs: gate.Inputs, emit: Emit, beacon: Beacon) -> float:
    assert task.max_seconds is not None
    beacon.show(HARNESS)
    original = inputs.x.clone()
    poke = Poke(task.case, inputs, task.seed)
    # The innermost callable: what is timed is the implementation, not the wrapper around it.
    calls = {c.implementation.name: poke.calling(c.gated.plan.run) for c in candidates}
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
    poke.restore()
    writers = _writers(candidates, inputs, original, task, beacon)
    if writers:
        # They have spoilt what the others read: those are measured again without them.
        for candidate in writers:
            emit(_wrong(candidate, "the input was written to while it was timed"))
        rest = [c for c in candidates if c not in writers]
        return sampling_s + (_time(rest, task, inputs, emit, beacon) if rest else 0.0)
    timed = []
    for candidate in candidates:
        name = candidate.implementation.name
        beacon.show(HARNESS)
        outcome = _judge_last(candidate, blocks[name], poke.truth_at(calls[name][1]), task)
        if outcome.status == "ok":
            timed.append(replace(candidate, outcome=outcome))
        else:
            emit(outcome)
    changed = gate.redraw(task.case, inputs, task.seed + 1) if task.tricks else None
    for candidate in timed:
        emit(_judge_changed(candidate, task, inputs, changed, beacon) if changed else candidate.outcome)
    return sampling_s


def _writers(
    candidates: list[_Candidate], inputs: gate.Inputs, original: torch.Tensor, task: Task, beacon: Beacon
) -> list[_Candidate]:
    """Candidates that change their input, found by calling each alone if it was changed at all."""
    if torch.equal(inputs.x, original):
        return []
    found = []
    for candidate in candidates:
        inputs.x.copy_(original)
        _show(beacon, task, candidate.implementation.name)
        for _ in range(3):
            candidate.gated.plan(inputs.x)
        if not torch.equal(inputs.x, original):
            found.append(candidate)
    inputs.x.copy_(original)
    # If none does it alone, none can be trusted.
    return found or candidates


def _judge_last(candidate: _Candidate, timing: Timing, known: Truth, task: Task) -> Outcome:
    """The outcome with its samples if the last timed output is right, without any if not."""
    if timing.error is not None:
        return replace(candidate.outcome, status="failed", reason=_describe(timing.error))
    verdict = gate.judge(timing.last_result, known, candidate.implementation, task.case)
    if not verdict.ok:
        return _wrong(
            _judged(candidate, verdict), f"the last timed output: {verdict.reason} (does it remember results?)"
        )
    return replace(
        candidate.outcome,
        calls_per_sample=timing.calls_per_sample,
        stopped_by=timing.stopped_by,
        warning=timing.warning,
        samples=tuple(map(_as_columns, timing.samples)),
    )


def _as_columns(sample: Sample) -> dict[str, Any]:
    """A sample as the columns of store.schema.Sample that are known here."""
    return {
        "block": sample.block,
        "position": sample.position,
        "start_s": sample.start_s,
        "time_s": sample.time_s,
        "host_s": sample.host_s,
        **asdict(sample.evidence),
        "flags": ",".join(sample.flags),
    }


def _judge_changed(candidate: _Candidate, task: Task, inputs: gate.Inputs, changed: Truth, beacon: Beacon) -> Outcome:
    _show(beacon, task, candidate.implementation.name)
    try:
        y = candidate.gated.plan(inputs.x)
    except Exception as error:
        return replace(candidate.outcome, status="failed", reason=_describe(error), samples=())
    verdict = gate.judge(y, changed, candidate.implementation, task.case)
    if verdict.ok:
        return candidate.outcome
    reason = f"after its input was changed in place: {verdict.reason} (does it remember results?)"
    return _wrong(_judged(candidate, verdict), reason)


def _judged(candidate: _Candidate, verdict: gate.Verdict) -> _Candidate:
    return replace(candidate, outcome=_with_verdict(candidate.outcome, verdict))


def _wrong(candidate: _Candidate, reason: str) -> Outcome:
    """The outcome without any timing: a wrong result has no speed."""
    return replace(
        candidate.outcome,
        status="wrong", reason=reason, samples=(), calls_per_sample=None, stopped_by=None,
        plan_s=None, first_call_s=None, jit_s=None, peak_bytes=None,
    )  # fmt: skip


def _with_verdict(outcome: Outcome, verdict: gate.Verdict) -> Outcome:
    return replace(
        outcome,
        status="ok" if verdict.ok else "wrong",
        reason=verdict.reason,
        bound=verdict.bound,
        error_rms=verdict.error_rms,
        error_rms_limit=verdict.error_rms_limit,
        error_share=verdict.error_share,
    )


def _show(beacon: Beacon, task: Task, name: str) -> None:
    beacon.show(task.implementations.index(name))


def _describe(error: Exception) -> str:
    first_line = str(error).strip().split("\n")[0]
    return f"{type(error).__name__}: {first_line}" if first_line else type(error).__name__
