"""A question answered, in a process whose settings are pinned: every candidate proven right, then all timed together.

Candidates of both layouts stand in the same blocks, each with its input as it wants it, so that ratios across layouts
are paired too. Blocks are spread over several draws, each with plans made anew.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Mapping, Sequence

from bench.format import byte_count
from bench.gate import inputs as drawn_inputs
from bench.gate.gate import gate
from bench.gate.inputs import Inputs
from bench.kernels.trial import LEAST_BLOCKS, Candidate, Measured, Outcome, Question
from bench.machine.memory import device_bytes, why_not_memory
from bench.timing.alive import DeviceLost, require_alive
from bench.timing.clock import Clock, clock_for
from bench.timing.draws import time_draws
from bench.worker.judging import describe
from impls import Case, Work, get, prepare
from impls.interface import LAYOUTS
from impls.modes import precision_mode
from impls.tensors import in_layout

# Told who runs next; None: nobody in particular.
Announce = Callable[[Candidate | None], None]
Samples = tuple[tuple[int, int, float], ...]
# Ours is timed no further where one call takes so many times what the slowest rival's best layout does.
FAR_BEHIND = 4.0
# On the CPU more is not tried: to touch so many fresh pages alone takes seconds.
MOST_WORKSPACE_BYTES = 2 * 2**30
# FLOPs of the definition from which calls are too long to be repeated for what only bad faith does: such tricks would
# show on the smaller shapes.
_LONG_FLOPS = 10**10
# What `time_draws` calls each candidate for in one draw, at least: warm-up, and two calls a block.
_CALLS_A_DRAW = 2 + 2 * LEAST_BLOCKS
# Beside long calls, shorter ones than this are repeated after an untimed one, which warms the caches.
_SHORT_CALL_S = 0.01
# Blocks of one draw go on until its share of the time is spent.
_NEVER = 1e-9


def measure(question: Question, announce: Announce) -> Measured:
    """Prove and time the candidates of a question, telling of each before it runs."""
    started = time.perf_counter()
    cases = {layout: question.shape.case(layout) for layout in dict.fromkeys(c.layout for c in question.candidates)}
    with precision_mode(question.shape.case(LAYOUTS[0])):
        finished = _measured(question, cases, announce)
    return Measured(question.shape, finished, time.perf_counter() - started)


def _measured(question: Question, cases: Mapping[str, Case], announce: Announce) -> tuple[Outcome, ...]:
    inputs, clock = _inputs(cases, question.seed), clock_for(question.shape.device)
    outcomes: dict[Candidate, Outcome] = {}
    calls_s: dict[Candidate, float] = {}
    for candidate in question.candidates:
        announce(candidate)
        outcome, call_s = _prove(candidate, cases[candidate.layout], inputs[candidate.layout], clock)
        outcomes[candidate] = outcome
        if call_s is not None:
            calls_s[candidate] = call_s
    near = _near(calls_s, question.rivals)
    samples: dict[Candidate, Samples] = {c: ((0, 0, s),) for c, s in calls_s.items() if c not in near}
    failed: dict[Candidate, str] = {}
    if near:
        timing = _Timing(near, calls_s, question, cases, inputs, announce, clock)
        taken, failed = timing.by_draws() if timing.is_short else timing.by_calls()
        samples |= taken
    return tuple(_finished(o, samples.get(c, ()), failed.get(c), c in near) for c, o in outcomes.items())


def _inputs(cases: Mapping[str, Case], seed: int) -> dict[str, Inputs]:
    """The same numbers in each layout, and their truth, found once."""
    drawn = drawn_inputs.draw(next(iter(cases.values())), seed)
    return {
        layout: Inputs(in_layout(drawn.x, layout).clone(), drawn.weight, drawn.bias, drawn.truth) for layout in cases
    }


def _prove(candidate: Candidate, case: Case, inputs: Inputs, clock: Clock) -> tuple[Outcome, float | None]:
    """The outcome before any timing, and the seconds of one warm call if it is right."""
    try:
        implementation = get(candidate.implementation)
        reason = implementation.why_not(case)
        work = Work() if reason else implementation.work(case)
        reason = (
            reason or _why_not_workspace(work, case.device) or why_not_memory(work, case, device_bytes(case.device))
        )
        if reason:
            return Outcome(candidate, "unsupported", reason), None
        gated = gate(implementation, case, inputs, tricks=case.problem.direct_flops <= _LONG_FLOPS)
        if not gated.verdict.ok:
            return Outcome(candidate, "wrong", gated.verdict.reason), None
        work = gated.plan.work or work
        backend = None if gated.plan.backend is None else str(gated.plan.backend)
        outcome = Outcome(candidate, "ok", None, backend, work.flops, work.workspace_bytes)
        return outcome, clock.sample(lambda: gated.plan.run(inputs.x), 1).device_s
    except Exception as error:
        require_alive(case.device, error)
        # Whatever an implementation raises is its own result, not the end of the others.
        return Outcome(candidate, "failed", describe(error)), None


def _why_not_workspace(work: Work, device: str) -> str | None:
    if device != "cpu" or work.workspace_bytes is None or work.workspace_bytes <= MOST_WORKSPACE_BYTES:
        return None
    own, most = byte_count(work.workspace_bytes), byte_count(MOST_WORKSPACE_BYTES)
    return f"its workspace of {own} is more than the {most} tried here"


def _near(calls_s: Mapping[Candidate, float], rivals: Sequence[str]) -> list[Candidate]:
    """Those worth timing: all but those far behind the slowest rival in its better layout."""
    best = [min(s for c, s in calls_s.items() if c.implementation == name) for name in _names(calls_s) & set(rivals)]
    if not best:
        return list(calls_s)
    return [c for c, s in calls_s.items() if s <= FAR_BEHIND * max(best)]


def _names(candidates: Mapping[Candidate, float]) -> set[str]:
    return {c.implementation for c in candidates}


def _finished(outcome: Outcome, samples: Samples, error: str | None, is_near: bool) -> Outcome:
    status, reason = (outcome.status, outcome.reason) if error is None else ("failed", error)
    return Outcome(
        outcome.candidate, status, reason, outcome.backend, outcome.executed_flops, outcome.workspace_bytes,
        samples if error is None else (), is_single=bool(samples) and not is_near,
    )  # fmt: skip


class _Timing:
    """The candidates that are timed in blocks, and two ways of doing so."""

    def __init__(
        self,
        candidates: Sequence[Candidate],
        calls_s: Mapping[Candidate, float],
        question: Question,
        cases: Mapping[str, Case],
        inputs: Mapping[str, Inputs],
        announce: Announce,
        clock: Clock,
    ) -> None:
        self._candidates, self._question, self._cases, self._inputs = tuple(candidates), question, cases, inputs
        self._calls_s = calls_s
        self._block_s = sum(calls_s[c] for c in candidates)
        self._announce, self._clock = announce, clock

    @property
    def is_short(self) -> bool:
        """Whether the budget holds the least that `time_draws` calls all candidates for."""
        return self._question.draws * _CALLS_A_DRAW * self._block_s <= self._question.max_seconds

    def by_draws(self) -> tuple[dict[Candidate, Samples], dict[Candidate, str]]:
        """Samples, and why a candidate has none, by `time_draws`: with untimed calls that warm the caches."""
        question = self._question
        try:
            blocks = time_draws(
                self._make, device=question.shape.device, max_seconds=question.max_seconds, target_rel_ci=_NEVER,
                draws=question.draws, period=LEAST_BLOCKS, seed=question.seed,
            )  # fmt: skip
        except DeviceLost as lost:
            # Nobody is told of each sample; now it is known who answers for the end of this process.
            self._announce(next((c for c in self._candidates if str(c) == lost.name), None))
            raise
        taken, failed = {}, {}
        for candidate in self._candidates:
            timing = blocks[str(candidate)]
            taken[candidate] = tuple((s.draw, s.block, s.time_s) for s in timing.samples)
            if timing.error is not None:
                failed[candidate] = describe(timing.error)
        return taken, failed

    def by_calls(self) -> tuple[dict[Candidate, Samples], dict[Candidate, str]]:
        """The same where some calls are long: each of these is a sample of its own."""
        question, rng = self._question, random.Random(self._question.seed)
        blocks = max(1, int(question.max_seconds / self._block_s / question.draws))
        taken: dict[Candidate, list[tuple[int, int, float]]] = {c: [] for c in self._candidates}
        failed: dict[Candidate, str] = {}
        for draw in range(question.draws):
            calls = self._make(draw)
            for block in range(blocks):
                for candidate in rng.sample(self._candidates, len(self._candidates)):
                    if candidate in failed:
                        continue
                    self._announce(candidate)
                    try:
                        taken[candidate].append((draw, block, self._sample(candidate, calls[str(candidate)])))
                    except Exception as error:
                        require_alive(question.shape.device, error)
                        failed[candidate] = describe(error)
        return {c: tuple(samples) for c, samples in taken.items()}, failed

    def _sample(self, candidate: Candidate, call: Callable[[], object]) -> float:
        calls = min(self._clock.max_calls, math.ceil(_SHORT_CALL_S / max(self._calls_s[candidate], 1e-9)))
        if calls > 1:
            call()
        return self._clock.sample(call, calls).device_s / calls

    def _make(self, draw: int) -> dict[str, Callable[[], object]]:
        """Every candidate planned anew, in an order that turns, on an input that its layout's candidates share."""
        xs = {layout: inputs.x.clone() for layout, inputs in self._inputs.items()}
        turn = draw % len(self._candidates)
        calls = {str(c): self._call(c, xs) for c in (*self._candidates[turn:], *self._candidates[:turn])}
        # Whom to blame while all run by turns is not known: telling of each sample would disturb it.
        self._announce(None)
        return calls

    def _call(self, candidate: Candidate, xs: Mapping[str, object]) -> Callable[[], object]:
        self._announce(candidate)
        inputs, x = self._inputs[candidate.layout], xs[candidate.layout]
        case = self._cases[candidate.layout]
        run = prepare(get(candidate.implementation), case, inputs.weight.clone(), inputs.bias).run
        return lambda: run(x)  # type: ignore[arg-type]
