"""The child's work on one case: gate every candidate, time those that pass, judge them again.

After the timing the last timed output is judged, then the input is changed in place and every candidate is judged once
more: a plan that remembers results, or goes wrong only when called often, is detected and gets no time. The first visit
to a case looks for such tricks (Task.tricks); further visits, with the same code, judge the last timed outputs.

Candidates are timed in the same blocks. Those with plans too large to live beside the others (bench.worker.groups) are
timed afterwards, one by one, in blocks of their own beside the fastest of the others: so their ratios to it are paired
too. Those that do not fit in memory beside the fastest come last, alone: the plan of the fastest is freed first.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import torch

from bench.gate.inputs import Inputs, draw, redraw
from bench.machine.heap import give_back_memory
from bench.machine.memory import Demand
from bench.store.status import Status
from bench.worker.beacon import Beacon
from bench.worker.gating import Candidate, Session, admitted, gated, with_peak
from bench.worker.groups import fit_together, groups_of
from bench.worker.integrity import replaced_words
from bench.worker.judging import Proven, outcome_after_change, outputs_after_change, without_times, wrong
from bench.worker.protocol import Outcome, Task
from bench.worker.sampling import sample
from bench.worker.turns import Turns, changers
from impls import Case
from impls.registry import is_built_in


def prove_and_time(task: Task, emit: Callable[[Outcome], None], beacon: Beacon) -> float:
    """Emit one outcome for each implementation of the task; return the seconds spent in samples and their warm-up."""
    session = Session(task, emit, Turns(beacon, task.implementations))
    session.show(None)
    candidates = {name: found for name in task.implementations if (found := _admitted(name, session)) is not None}
    if not candidates:
        return 0.0
    session.show(None)
    inputs = draw(task.case, task.seed, task.data)
    if task.max_seconds is not None:
        return _in_groups(candidates, session, inputs)
    for candidate in candidates.values():
        _prove(candidate, session, inputs)
    session.show(None)
    return 0.0


def _prove(candidate: Candidate, session: Session, inputs: Inputs) -> None:
    """Send the outcome without timing; the plan is freed before the next one is made."""
    proven = _proven(candidate, session, inputs)
    if proven is not None:
        session.emit(proven.outcome)


def _in_groups(candidates: Mapping[str, Candidate], session: Session, inputs: Inputs) -> float:
    """Time the candidates of each group together; the seconds spent in samples and their warm-up."""
    case = session.task.case
    demands = {name: candidate.demand for name, candidate in candidates.items()}
    first, *others = groups_of(demands, case)
    sharing = sum(name not in session.task.losers for name in candidates)
    share_s = (session.task.max_seconds or 0.0) / max(1, sharing)
    sampling_s, timed = _time(_gated([candidates[name] for name in first], session, inputs), share_s, session, inputs)
    beside = _fastest(timed) if others else None
    _send((done for done in timed if done is not beside), session)
    # Frees their plans.
    del timed
    unpaired = _unpaired(others, beside, demands, case)
    # A stable sort: the unpaired come last, when nothing is timed beside the fastest any more.
    for number, (name,) in enumerate(sorted(others, key=unpaired.__contains__), 1):
        session.show(None)
        if beside is not None and (name,) in unpaired:
            session.emit(beside.outcome)
            # Frees its plan before the next one is made.
            beside = None
        give_back_memory()
        alone = _gated([candidates[name]], session, inputs)
        together = [*alone, beside] if alone and beside is not None else alone
        spent_s, again = _time(together, share_s, session, inputs)
        sampling_s += spent_s
        found = {done.implementation.name: _in_draw(done, number) for done in again}
        _send((done for done in found.values() if done.implementation.name == name), session)
        if beside is not None and beside in together:
            # None if it has failed meanwhile: its outcome was sent.
            beside = _continued(beside, found.get(beside.implementation.name))
        del alone, together, again, found
    if beside is not None:
        session.emit(beside.outcome)
    return sampling_s


def _unpaired(
    others: Sequence[tuple[str, ...]], beside: Proven | None, demands: Mapping[str, Demand], case: Case
) -> set[tuple[str, ...]]:
    """The groups of one candidate that does not fit in memory with `beside`."""
    if beside is None:
        return set()
    held = demands[beside.implementation.name]
    return {(name,) for (name,) in others if not fit_together(demands[name], held, case)}


def _send(finished: Iterable[Proven], session: Session) -> None:
    for done in finished:
        session.emit(done.outcome)


def _gated(group: Sequence[Candidate], session: Session, inputs: Inputs) -> list[Proven]:
    """The candidates of a group that pass the gate; in one process with their peak memory."""
    passed = [proven for c in group if (proven := _proven(c, session, inputs)) is not None]
    # Giving all free memory back takes longer than most calls: one process does it for all.
    if not session.task.tricks:
        return passed
    return [proven for c in passed if (proven := with_peak(c, session, inputs)) is not None]


def _fastest(timed: Sequence[Proven]) -> Proven | None:
    """The candidate with the least median; only if all chose another, one of those."""
    own = [done for done in timed if done.outcome.delegate is None] or timed
    return min(own, key=lambda done: statistics.median(s.time_s for s in done.outcome.samples), default=None)


def _in_draw(done: Proven, number: int) -> Proven:
    """The candidate with its samples in a draw of this number: blocks count from 0 in each group."""
    samples = tuple(replace(sample, draw=number) for sample in done.outcome.samples)
    return replace(done, outcome=replace(done.outcome, samples=samples))


def _continued(known: Proven, again: Proven | None) -> Proven | None:
    """The candidate with the samples of both groups that it was timed in."""
    if again is None:
        return None
    return replace(known, outcome=replace(known.outcome, samples=(*known.outcome.samples, *again.outcome.samples)))


def _time(candidates: Sequence[Proven], share_s: float, session: Session, inputs: Inputs) -> tuple[float, list[Proven]]:
    """Time candidates in the same blocks, with `share_s` for each.

    Returns the seconds spent and those with right results, with their samples; sends the outcomes of the others.
    """
    if not candidates or session.task.max_seconds is None:
        return 0.0, []
    session.show(None)
    original = inputs.x.clone()
    sampled = sample(candidates, _brief(candidates, session.task.losers), share_s, session, inputs)
    rest = _without_changers(candidates, session, inputs.x, original)
    if rest is not None:
        more_s, timed = _time(rest, share_s, session, inputs)
        return sampled.sampling_s + more_s, timed
    reason, guilty = sampled.guilty(candidates, session, original)
    if reason is not None:
        # What the guilty candidates did reached the others, which are timed again without them.
        for candidate in guilty:
            session.emit(wrong(candidate.outcome, reason))
        inputs.x.copy_(original)
        more_s, timed = _time([c for c in candidates if c not in guilty], share_s, session, inputs)
        return sampled.sampling_s + more_s, timed
    judged = []
    for candidate in candidates:
        session.show(None)
        judged.append(replace(candidate, outcome=sampled.outcome(candidate)))
    sampling_s = sampled.sampling_s
    # The last outputs are judged, and give their memory back.
    del sampled
    timed = _judged_again(_right(judged, session), session, inputs)
    # The next group must find the input as it was drawn.
    inputs.x.copy_(original)
    return sampling_s, timed


def _without_changers(
    candidates: Sequence[Proven], session: Session, x: torch.Tensor, original: torch.Tensor
) -> list[Proven] | None:
    """The candidates to time again, as one of the others changed what all share; None if none did.

    The outcomes of those that did are sent. If none of them does so when it is called alone, all are timed again, and
    asked around every sample; if that tells nothing either, they keep their times, with the change in their notes.
    """
    turns = session.turns
    if not turns.unassigned:
        return None
    changed, turns.unassigned = turns.unassigned, ()
    calls = {c.implementation.name: partial(c.gated.plan.run, x) for c in candidates}
    guilty = changers(turns, calls, session.task.case.device)
    x.copy_(original)
    if not guilty:
        return list(candidates) if turns.suspect(calls, changed) else None
    for candidate in candidates:
        if words := guilty.get(candidate.implementation.name):
            reason = f"while it was timed it changed what all candidates share: {words}"
            session.emit(replace(without_times(candidate.outcome), status=Status.FAILED, reason=reason))
    return [c for c in candidates if c.implementation.name not in guilty]


def _admitted(name: str, session: Session) -> Candidate | None:
    """The candidate if it can run the case and left the harness alone; if not, send an outcome that says why."""
    candidate = admitted(name, session)
    # Asking takes milliseconds; our own code replaces nothing.
    replaced = () if is_built_in(name) else session.code.put_back()
    if candidate is not None and replaced:
        session.emit(wrong(Outcome(name, Status.WRONG), replaced_words(replaced)))
        return None
    return candidate


def _proven(candidate: Candidate, session: Session, inputs: Inputs) -> Proven | None:
    """The candidate if its first results are right and it left the harness alone; if not, send its outcome."""
    proven = gated(candidate.implementation, session, inputs)
    # Put back in any case: the next one is judged by it.
    replaced = () if is_built_in(candidate.implementation.name) else session.code.put_back()
    if proven is not None and replaced:
        session.emit(wrong(proven.outcome, replaced_words(replaced)))
        return None
    return proven


def _brief(candidates: Sequence[Proven], losers: Mapping[str, float]) -> dict[str, float]:
    """The candidates to time for less, with the seconds of a call: clear losers, and the fastest beside one alone."""
    names = [candidate.implementation.name for candidate in candidates]
    slow = {name: losers[name] for name in names if name in losers}
    taken = candidates[-1].outcome.samples
    if len(names) == 2 and len(slow) == 1 and taken:
        return {names[-1]: statistics.median(sample.time_s for sample in taken), **slow}
    return slow


def _judged_again(timed: Sequence[Proven], session: Session, inputs: Inputs) -> list[Proven]:
    """Change the input in place, where tricks are looked for, and judge every candidate once more."""
    task = session.task
    if not task.tricks:
        return list(timed)
    changed = redraw(task.case, inputs, task.seed + 1)
    # The truth is computed when all have been called.
    outputs = outputs_after_change(timed, inputs.x, task.case, session.show)
    session.show(None)
    judged = []
    for candidate in timed:
        output = outputs.pop(candidate.implementation.name)
        outcome = outcome_after_change(candidate, output, changed.get(), task.case)
        judged.append(replace(candidate, outcome=outcome))
    return _right(judged, session)


def _right(judged: Sequence[Proven], session: Session) -> list[Proven]:
    """The candidates that are right; the outcomes of the others are sent."""
    _send((candidate for candidate in judged if candidate.outcome.status is not Status.OK), session)
    return [candidate for candidate in judged if candidate.outcome.status is Status.OK]
