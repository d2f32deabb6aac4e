"""From a verdict to an outcome: what the gate and the checks after timing make of a candidate."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from bench.gate.gate import Gated
from bench.gate.inputs import Inputs
from bench.gate.judge import Verdict, judge
from bench.store.schema import Sample
from bench.store.status import Status
from bench.timing import timings
from bench.timing.alive import require_alive
from bench.timing.timings import Timing
from bench.worker.protocol import Outcome
from impls import Case, Implementation
from impls.oracle import Truth


@dataclass(frozen=True, slots=True)
class Candidate:
    """An implementation that passed the gate, its plan, and what is known of it so far."""

    implementation: Implementation
    gated: Gated
    outcome: Outcome


def judge_last(candidate: Candidate, timing: Timing, known: Truth, case: Case) -> Outcome:
    """The outcome with its samples if the last timed output is right, without any if not."""
    if timing.error is not None:
        return replace(candidate.outcome, status=Status.FAILED, reason=describe(timing.error))
    verdict = judge(timing.last_result, known, candidate.implementation, case)
    if not verdict.ok:
        return wrong(
            _judged(candidate, verdict), f"the last timed output: {verdict.reason} (does it remember results?)"
        )
    return replace(
        candidate.outcome,
        calls_per_sample=timing.calls_per_sample,
        stopped_by=timing.stopped_by,
        warning=timing.warning,
        samples=tuple(map(_recorded, timing.samples)),
    )


def _recorded(sample: timings.Sample) -> Sample:
    """A timed sample as the journal records it; the parent adds the process."""
    return Sample(
        draw=sample.draw,
        block=sample.block,
        position=sample.position,
        start_s=sample.start_s,
        time_s=sample.time_s,
        host_s=sample.host_s,
        **{f.name: getattr(sample.evidence, f.name) for f in fields(sample.evidence)},
        flags=sample.flags,
    )


def judge_changed(candidate: Candidate, inputs: Inputs, changed: Truth, case: Case) -> Outcome:
    """The outcome, if the plan is still right once its input holds other values."""
    try:
        y = candidate.gated.plan(inputs.x)
    except Exception as error:
        require_alive(case.device, error)
        return replace(candidate.outcome, status=Status.FAILED, reason=describe(error), samples=())
    verdict = judge(y, changed, candidate.implementation, case)
    if verdict.ok:
        return candidate.outcome
    reason = f"after its input was changed in place: {verdict.reason} (does it remember results?)"
    return wrong(_judged(candidate, verdict), reason)


def _judged(candidate: Candidate, verdict: Verdict) -> Candidate:
    return replace(candidate, outcome=with_verdict(candidate.outcome, verdict))


def wrong(candidate: Candidate, reason: str) -> Outcome:
    """The outcome without any timing: a wrong result has no speed."""
    return replace(
        candidate.outcome,
        status=Status.WRONG, reason=reason, samples=(), calls_per_sample=None, stopped_by=None,
        plan_s=None, first_call_s=None, jit_s=None, peak_bytes=None,
    )  # fmt: skip


def with_verdict(outcome: Outcome, verdict: Verdict) -> Outcome:
    """The outcome with a verdict's status, reason and errors."""
    return replace(
        outcome,
        status=Status.OK if verdict.ok else Status.WRONG,
        reason=verdict.reason,
        bound=verdict.bound,
        error_rms=verdict.error_rms,
        error_rms_limit=verdict.error_rms_limit,
        error_share=verdict.error_share,
    )


def describe(error: Exception) -> str:
    """An exception as one line."""
    first_line = str(error).strip().split("\n")[0]
    return f"{type(error).__name__}: {first_line}" if first_line else type(error).__name__
