"""The child's work on a kernel trial: prove every entrant right, time them together, judge them again.

Entrants of both layouts are timed in the same blocks, each with its own input, so that ratios across layouts are paired
too. On the CPU two input values change before every timed call. The last timed output of every entrant is judged, and
of those timed in blocks also copies and audit calls; these are judged once more after their input was changed in place.
An entrant that fails any of this has no times.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from operator import attrgetter

import torch

from bench.gate.gate import gate
from bench.gate.input_writers import writers
from bench.gate.inputs import Inputs, draw, redraw
from bench.gate.poke import Poke
from bench.store.status import Status
from bench.timing.alive import require_alive
from bench.timing.clock import clock_for
from bench.worker import loading
from bench.worker.admission import counted, refusal
from bench.worker.beacon import HARNESS, Beacon
from bench.worker.contest_timing import Arena, DrawnPlans, EntrantTiming, TrialTiming
from bench.worker.integrity import known, replaced_words
from bench.worker.judging import WRITES_ITS_INPUT, judge_changed_input, judge_last_output
from bench.worker.trial import BlockTime, Entrant, EntrantOutcome, Trial
from bench.worker.turns import Turns, changers
from impls import Plan
from impls.errors import in_one_line, without_frames
from impls.modes import precision_mode
from impls.registry import is_built_in
from impls.tensors import in_layout

# An entrant is timed by one call only if that call takes more than FAR_BEHIND times as long as the slowest rival, each
# rival in its better layout.
FAR_BEHIND = 4.0
# A stall of the machine takes milliseconds: shorter calls than this are timed so many times, and the least counts, or a
# fast entrant would be left with the one sample that a stall made long.
_STALL_S, _SHORT_CALLS = 10e-3, 3
# The limit on the CPU: touching more fresh pages than this takes seconds.
MOST_WORKSPACE_BYTES = 2 * 2**30
# From this number of FLOPs of the definition on, calls are too long to be repeated in search of tricks, which also show
# on smaller shapes.
_LONG_FLOPS = 10**10

Outcomes = dict[Entrant, EntrantOutcome]


def hold(trial: Trial, beacon: Beacon) -> list[EntrantOutcome]:
    """The outcome of every entrant, in the trial's order. The beacon shows each before it runs."""
    beacon.show(HARNESS)
    cases = {layout: trial.case(layout) for layout in dict.fromkeys(e.layout for e in trial.entrants)}
    any_case = next(iter(cases.values()))
    with precision_mode(any_case), _cudnn_tries_all():
        drawn = draw(any_case, trial.seed)
        # The same numbers in each layout, and their truth, computed once.
        inputs = {layout: replace(drawn, x=in_layout(drawn.x, layout).clone()) for layout in cases}
        poke = Poke(any_case, drawn)
        turns = Turns(beacon, trial.entrants, attrgetter("implementation"))
        outcomes = _Contest(Arena(trial, cases, inputs, poke, clock_for(trial.device), turns)).outcomes()
        turns.end()
    return [replace(outcomes[entrant], side_effects=turns.words(entrant)) for entrant in trial.entrants]


@contextmanager
def _cudnn_tries_all() -> Iterator[None]:
    """The rival at its best: cuDNN tries all of its algorithms. Without effect on the CPU."""
    cudnn = torch.backends.cudnn
    before = cudnn.benchmark, cudnn.benchmark_limit
    cudnn.benchmark, cudnn.benchmark_limit = True, 0
    try:
        yield
    finally:
        cudnn.benchmark, cudnn.benchmark_limit = before


class _Contest:
    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._code = known()
        self._trial = arena.trial
        self._tricks = arena.trial.problem.direct_flops <= _LONG_FLOPS
        # On CUDA no element changes before a call: there the changed input alone detects remembered results.
        self._redraws = self._tricks or arena.trial.device == "cuda"

    def outcomes(self) -> Outcomes:
        proven = {entrant: self._prove_honest(entrant) for entrant in self._trial.entrants}
        calls_s = {entrant: call_s for entrant, (_, call_s) in proven.items() if call_s is not None}
        near = _near(calls_s, self._trial.rivals)
        found = {entrant: outcome for entrant, (outcome, _) in proven.items()}
        for entrant in calls_s.keys() - set(near):
            sample = BlockTime(0, 0, calls_s[entrant])
            found[entrant] = replace(found[entrant], samples=(sample,), is_single=True)
        return found | self._time({entrant: found[entrant] for entrant in near}, calls_s)

    def _prove_honest(self, entrant: Entrant) -> tuple[EntrantOutcome, float | None]:
        """As `_prove`; wrong if it replaced code of the harness, which is put back."""
        outcome, call_s = self._prove(entrant)
        replaced = self._code.put_back()
        if outcome.status is Status.OK and replaced:
            return EntrantOutcome(entrant, Status.WRONG, replaced_words(replaced)), None
        return outcome, call_s

    def _prove(self, entrant: Entrant) -> tuple[EntrantOutcome, float | None]:
        """The outcome before any block, and the seconds of one warm call if it is right."""
        arena, case = self._arena, self._arena.cases[entrant.layout]
        arena.show(entrant)
        try:
            implementation = loading.make(entrant.implementation)
            reason, work = refusal(implementation, case, MOST_WORKSPACE_BYTES if case.device == "cpu" else None)
            if reason:
                return EntrantOutcome(entrant, Status.UNSUPPORTED, reason), None
            gated = gate(implementation, case, arena.inputs[entrant.layout], tricks=self._tricks)
            arena.turns.require_rest()
            if not gated.verdict.ok:
                return EntrantOutcome(entrant, Status.WRONG, gated.verdict.reason), None
            call_s, wrong = self._timed_call(entrant, gated.plan)
            if wrong:
                return EntrantOutcome(entrant, Status.WRONG, wrong), None
            work = counted(gated.plan.work or work)
            backend = None if gated.plan.backend is None else str(gated.plan.backend)
            return EntrantOutcome(entrant, Status.OK, None, backend, work.flops, work.workspace_bytes), call_s
        except Exception as error:
            require_alive(case.device, error)
            # An exception of an implementation is its own result; the others go on.
            return EntrantOutcome(entrant, Status.FAILED, in_one_line(error)), None

    def _timed_call(self, entrant: Entrant, plan: Plan) -> tuple[float, str | None]:
        """The seconds of one warm call, and why the last output or the input is wrong afterwards."""
        arena, inputs = self._arena, self._arena.inputs[entrant.layout]
        before = inputs.x.clone()
        call, at = arena.poke.calling(plan.run, inputs.x)
        try:
            duration = arena.clock.sample(call, 1)
            least_s = duration.device_s
            for _ in range(_SHORT_CALLS - 1 if least_s < _STALL_S else 0):
                duration = arena.clock.sample(call, 1)
                least_s = min(least_s, duration.device_s)
            arena.poke.restore(inputs.x)
            if not inputs.x.equal(before):
                return least_s, WRITES_ITS_INPUT
        finally:
            # The next entrant must find the input as it was drawn.
            inputs.x.copy_(before)
        return least_s, self._last_output(entrant, duration.last_result, at)

    def _time(self, near: Outcomes, calls_s: Mapping[Entrant, float]) -> Outcomes:
        """The outcomes with times, or with the reason why an entrant has none."""
        if not near:
            return {}
        arena = self._arena
        plugins = [entrant for entrant in near if not is_built_in(entrant.implementation)]
        if plugins:
            # Code that is not ours may search the memory of this process while it is timed.
            next(iter(arena.inputs.values())).late_truth.forget()
        timing = TrialTiming(arena, tuple(near), calls_s, self._last_output)
        timings = timing.run()
        failed = self._changers(timing, near)
        if failed is not None:
            return failed | self._time({e: outcome for e, outcome in near.items() if e not in failed}, calls_s)
        replaced = self._code.put_back()
        if replaced and plugins:
            words = replaced_words(replaced)
            found = {e: replace(near[e], status=Status.WRONG, reason=words) for e in plugins}
            return found | self._time({e: outcome for e, outcome in near.items() if e not in found}, calls_s)
        judged = {entrant: _judged(near[entrant], timings[entrant]) for entrant in near}
        if timing.was_written_to:
            last = timing.last_draw
            found = {e: outcome for e, outcome in judged.items() if outcome.status is Status.FAILED}
            plans = {
                e: (p, last.xs[e.layout], arena.inputs[e.layout].x) for e, p in last.plans.items() if e not in found
            }
            guilty = writers(plans, arena.show)
            # The guilty entrants have changed the input of the other entrants, which are timed again without them.
            found |= {e: replace(near[e], status=Status.WRONG, reason=WRITES_ITS_INPUT) for e in guilty}
            return found | self._time({e: outcome for e, outcome in near.items() if e not in found}, calls_s)
        arena.show(None)
        if self._redraws:
            self._judge_changed(judged, timing)
        return judged

    def _changers(self, timing: TrialTiming, near: Outcomes) -> Outcomes | None:
        """The entrants that changed what all share while they were timed, found by calling each alone.

        None if all may keep their times; empty if all are timed again, and asked around every sample.
        """
        turns, last = self._arena.turns, timing.last_draw
        if not turns.unassigned:
            return None
        changed, turns.unassigned = turns.unassigned, ()
        calls = {entrant: partial(plan.run, last.xs[entrant.layout]) for entrant, plan in last.plans.items()}
        guilty = changers(turns, calls, self._trial.device)
        if not guilty and not turns.suspect(calls, changed):
            return None
        reasons = {e: f"while it was timed it changed what all candidates share: {w}" for e, w in guilty.items()}
        return {e: replace(near[e], status=Status.FAILED, reason=reason) for e, reason in reasons.items()}

    def _last_output(self, entrant: Entrant, output: object, at: list[int]) -> str | None:
        """Why the last timed output is wrong, None if it is right."""
        implementation, case = loading.make(entrant.implementation), self._arena.cases[entrant.layout]
        with self._arena.poke.known_at(at[0]) as right:
            return judge_last_output(output, right, implementation, case).reason

    def _judge_changed(self, judged: Outcomes, timing: TrialTiming) -> None:
        """Change the input of the last draw in place; entrants that are wrong about it lose their times."""
        arena, last = self._arena, timing.last_draw
        layout, *others = arena.cases
        inputs: Inputs = replace(arena.inputs[layout], x=last.xs[layout])
        changed = redraw(arena.cases[layout], inputs, self._trial.seed + 1, *(last.xs[other] for other in others))
        right = [entrant for entrant, outcome in judged.items() if outcome.status is Status.OK]
        outputs = {entrant: self._output(entrant, last) for entrant in right}
        arena.show(None)
        for entrant, output in outputs.items():
            implementation, case = loading.make(entrant.implementation), arena.cases[entrant.layout]
            if isinstance(output, Exception):
                status, reason = Status.FAILED, in_one_line(output)
            else:
                found = judge_changed_input(output, changed.get(), implementation, case).reason
                status, reason = Status.OK if found is None else Status.WRONG, found or ""
            if status is not Status.OK:
                judged[entrant] = replace(judged[entrant], status=status, reason=reason, samples=())

    def _output(self, entrant: Entrant, last: DrawnPlans) -> object:
        """The output of one more call of an entrant, or the exception that it raised."""
        self._arena.show(entrant)
        try:
            return last.plans[entrant](last.xs[entrant.layout])
        except Exception as error:
            require_alive(self._trial.device, error)
            return without_frames(error)


def _judged(outcome: EntrantOutcome, timing: EntrantTiming) -> EntrantOutcome:
    """The outcome with its samples if the last timed output is right."""
    if timing.error is not None:
        return replace(outcome, status=Status.FAILED, reason=in_one_line(timing.error))
    if timing.wrong is not None:
        return replace(outcome, status=Status.WRONG, reason=timing.wrong)
    return replace(outcome, samples=timing.samples)


def _near(calls_s: Mapping[Entrant, float], rivals: Sequence[str]) -> list[Entrant]:
    """The entrants to time in blocks: all but those far behind the slowest rival in its better layout."""
    names = {entrant.implementation for entrant in calls_s} & set(rivals)
    best = [min(s for e, s in calls_s.items() if e.implementation == name) for name in names]
    if not best:
        return list(calls_s)
    return [entrant for entrant, call_s in calls_s.items() if call_s <= FAR_BEHIND * max(best)]
