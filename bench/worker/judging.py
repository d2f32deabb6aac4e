"""Judges plans again after they were timed, and turns verdicts into outcomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import torch

from bench.gate.gate import Gated
from bench.gate.judge import Judgement, judge
from bench.store.schema import Sample
from bench.store.status import Status
from bench.timing.alive import require_alive
from bench.timing.timings import TimedSample, Timing
from bench.worker.protocol import Outcome
from impls import Case, Implementation
from impls.errors import in_one_line, without_frames
from impls.oracle import Truth

WRITES_ITS_INPUT = "the input was written to while it was timed"


@dataclass(frozen=True, slots=True)
class Proven:
    """An implementation that passed the gate, its plan, and its outcome so far."""

    implementation: Implementation
    gated: Gated
    outcome: Outcome


def judge_last_output(y: object, known: Truth, implementation: Implementation, case: Case) -> Judgement:
    """The verdict on the last timed output, against the truth about the input of that call."""
    verdict = judge(y, known, implementation, case)
    if verdict.ok:
        return verdict
    return replace(verdict, reason=f"the last timed output: {verdict.reason} (does it remember results?)")


def judge_changed_input(y: object, changed: Truth, implementation: Implementation, case: Case) -> Judgement:
    """The verdict on the output of one more call, after other values were written into its input."""
    verdict = judge(y, changed, implementation, case)
    if verdict.ok:
        return verdict
    reason = f"after its input was changed in place: {verdict.reason} (does it remember results?)"
    return replace(verdict, reason=reason)


def timed_outcome(proven: Proven, timing: Timing, verdict: Callable[[], Judgement]) -> Outcome:
    """The outcome with its samples if the verdict on its timed outputs is right, without any if not."""
    if timing.error is not None:
        return replace(proven.outcome, status=Status.FAILED, reason=in_one_line(timing.error))
    found = verdict()
    if not found.ok:
        return without_times(with_verdict(proven.outcome, found))
    return replace(
        proven.outcome,
        calls_per_sample=timing.calls_per_sample,
        stopped_by=timing.stopped_by,
        warning=timing.warning,
        samples=tuple(map(_recorded, timing.samples)),
        audit_s=timing.audits.fresh_s,
        known_s=timing.audits.known_s,
    )


def _recorded(sample: TimedSample) -> Sample:
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


def outputs_after_change(
    timed: Sequence[Proven], x: torch.Tensor, case: Case, show: Callable[[str], None]
) -> dict[str, object]:
    """The output of one more call of each plan by name, or the exception that it raised.

    `show` is called with the name of the plan about to run.
    """
    outputs: dict[str, object] = {}
    for proven in timed:
        name = proven.implementation.name
        show(name)
        try:
            outputs[name] = proven.gated.plan(x)
        except Exception as error:
            require_alive(case.device, error, name)
            outputs[name] = without_frames(error)
    return outputs


def outcome_after_change(proven: Proven, output: object, changed: Truth, case: Case) -> Outcome:
    """The outcome if the output about other values is right; without samples if not, or if it is an exception."""
    if isinstance(output, Exception):
        return replace(proven.outcome, status=Status.FAILED, reason=in_one_line(output), samples=())
    verdict = judge_changed_input(output, changed, proven.implementation, case)
    return proven.outcome if verdict.ok else without_times(with_verdict(proven.outcome, verdict))


def wrong(outcome: Outcome, reason: str) -> Outcome:
    """The outcome as wrong, for a reason, and without times."""
    return without_times(replace(outcome, status=Status.WRONG, reason=reason))


def without_times(outcome: Outcome) -> Outcome:
    """The outcome without any times: a wrong result has no speed."""
    return replace(
        outcome,
        samples=(), audit_s=(), known_s=(), calls_per_sample=None, stopped_by=None,
        plan_s=None, plan_cached_s=None, first_call_s=None, jit_s=None, peak_bytes=None,
    )  # fmt: skip


def with_verdict(outcome: Outcome, verdict: Judgement) -> Outcome:
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
