"""Takes the samples of candidates in shared blocks, and says afterwards what they did besides computing."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import torch

from bench.gate.input_writers import writers
from bench.gate.inputs import Inputs
from bench.gate.inspector import OutputInspector
from bench.gate.judge import Judgement
from bench.gate.poke import Poke
from bench.timing.blocks import time_blocks
from bench.timing.timings import Blocks
from bench.worker.gating import Session
from bench.worker.integrity import children_s, replaced_words, started_by
from bench.worker.judging import WRITES_ITS_INPUT, Proven, judge_last_output, timed_outcome
from bench.worker.protocol import Outcome
from impls import Case
from impls.registry import is_built_in

# Child processes may take this share of the time of sampling: a compiler's server may linger.
_CHILDREN_SHARE = 0.05
# Outputs copied of each candidate in the visit that looks for tricks; the others copy one.
_COPIES = 3


@dataclass(frozen=True, slots=True)
class Sampled:
    """The samples of some candidates, and what is needed to judge them.

    `ats` are the steps of their inputs (Poke.calling), by name. `with_helpers` are the names of those whose child
    processes worked meanwhile.
    """

    case: Case
    inputs: Inputs
    poke: Poke
    inspector: OutputInspector
    ats: Mapping[str, list[int]]
    blocks: Blocks
    sampling_s: float
    with_helpers: frozenset[str]

    def guilty(
        self, candidates: Sequence[Proven], session: Session, original: torch.Tensor
    ) -> tuple[str | None, list[Proven]]:
        """What a candidate did that reached the others, and the candidates that may have done it; None if nothing.

        Code of the harness that was replaced is put back, and so are the drawn values of the input.
        """
        self.poke.restore(self.inputs.x)
        plugins = [c for c in candidates if not is_built_in(c.implementation.name)]
        if plugins and (replaced := session.code.put_back()):
            return replaced_words(replaced), plugins
        helped = [c for c in plugins if c.implementation.name in self.with_helpers]
        if helped:
            return "a process that it started was at work while it was timed", helped
        if self.inspector.was_written_to or not self.inputs.x.equal(original):
            plans = {c.implementation.name: (c.gated.plan, self.inputs.x, original) for c in candidates}
            found = writers(plans, session.show)
            return WRITES_ITS_INPUT, [c for c in candidates if c.implementation.name in found]
        return None, []

    def outcome(self, candidate: Proven) -> Outcome:
        """The outcome of a candidate with its samples if its timed outputs are right."""
        return timed_outcome(
            candidate, self.blocks[candidate.implementation.name], partial(self._verdict, candidate)
        )  # fmt: skip

    def _verdict(self, candidate: Proven) -> Judgement:
        """The verdict on the last timed output, on the copies and on the audits: the first that is wrong."""
        implementation, name = candidate.implementation, candidate.implementation.name
        with self.poke.known_at(self.ats[name][0]) as known:
            verdict = judge_last_output(self.blocks[name].last_result, known, implementation, self.case)
        if not verdict.ok:
            return verdict
        return self.inspector.verdict(name, implementation) or verdict


def sample(
    candidates: Sequence[Proven], brief: Mapping[str, float], share_s: float, session: Session, inputs: Inputs
) -> Sampled:  # fmt: skip
    """Time candidates in the same blocks, with `share_s` for each, those named in `brief` for less."""
    task = session.task
    poke = Poke(task.case, inputs)
    inspector = OutputInspector(poke, _COPIES if task.tricks else 1)
    # The innermost callable: the implementation is timed, not the wrapper around it.
    calls = {c.implementation.name: poke.calling(c.gated.plan.run, inputs.x) for c in candidates}
    ats = {name: at for name, (_, at) in calls.items()}
    for name in ats.keys() - set(brief):
        # Clear losers were watched in the first visit.
        inspector.watch(name, task.case, inputs, inputs.x, ats[name])
    if not all(map(is_built_in, calls)):
        # Code that is not ours may search the memory of this process while it is timed.
        inputs.late_truth.forget()
    before, started = children_s(), time.perf_counter()
    blocks = time_blocks(
        {name: call for name, (call, _) in calls.items()},
        device=task.case.device,
        max_seconds=share_s * max(1, len(candidates) - len(brief)),
        target_rel_ci=task.target_rel_ci,
        cache=task.cache,
        min_blocks=task.min_blocks,
        patience_s=task.max_seconds,
        seed=task.seed,
        before_sample=session.turns.sample,
        brief=brief,
        inspector=inspector,
    )
    sampling_s = time.perf_counter() - started
    session.show(None)
    session.turns.require_rest()
    poke.restore(inputs.x)
    plugins = {name for name in calls if not is_built_in(name)}
    helped = started_by(before, children_s(), _CHILDREN_SHARE * sampling_s, plugins) if plugins else set()
    return Sampled(task.case, inputs, poke, inspector, ats, blocks, sampling_s, frozenset(helped))
