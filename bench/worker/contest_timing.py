"""Times the entrants of a kernel trial in shared blocks, spread over several draws with plans made anew."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch

from bench.gate.inputs import Inputs
from bench.gate.inspector import OutputInspector
from bench.gate.poke import Poke
from bench.timing.alive import require_alive
from bench.timing.clock import Call, Clock, Duration
from bench.timing.draws import time_draws
from bench.timing.inspection import AuditTimes
from bench.timing.shares import untimed_calls
from bench.worker import loading
from bench.worker.trial import BlockTime, Entrant, Trial
from bench.worker.turns import Turns
from impls import Case, Plan, prepare
from impls.errors import without_frames

# Blocks in each draw, at least.
LEAST_BLOCKS = 2
# Among long calls, calls shorter than this are repeated, after an untimed one that warms the caches.
_SHORT_CALL_S = 0.01
# Outputs copied of each entrant.
_COPIES = 3
# Never reached: blocks of a draw go on until its share of the time is spent.
_NEVER = 1e-9


@dataclass(frozen=True, slots=True)
class Arena:
    """Everything that the entrants of one trial share: inputs by layout, their changes, the clock, the turns."""

    trial: Trial
    cases: Mapping[str, Case]
    inputs: Mapping[str, Inputs]
    poke: Poke
    clock: Clock
    turns: Turns[Entrant]

    def show(self, entrant: Entrant | None) -> None:
        """Begin the turn of the entrant that runs next; None: the worker's own code."""
        self.turns.begin(entrant)


@dataclass(frozen=True, slots=True)
class DrawnPlans:
    """One draw: a fresh input for each layout, and every entrant's plan."""

    xs: Mapping[str, torch.Tensor]
    plans: Mapping[Entrant, Plan]


@dataclass(frozen=True, slots=True)
class EntrantTiming:
    """The samples of one entrant; `wrong` says why its last timed output is wrong, `error` is what it raised."""

    samples: tuple[BlockTime, ...] = ()
    wrong: str | None = None
    error: Exception | None = None


# Judges the last timed output of an entrant: why it is wrong, None if it is right. The list is that of `Poke.calling`.
Judge = Callable[[Entrant, Any, list[int]], str | None]


class TrialTiming:
    """Times entrants against each other; `calls_s` are the seconds of one call of each.

    After `run`, `last_draw` holds the plans and inputs of the last draw, and `was_written_to` says whether an input
    changed in any draw.
    """

    last_draw: DrawnPlans

    def __init__(
        self, arena: Arena, entrants: tuple[Entrant, ...], calls_s: Mapping[Entrant, float], judge: Judge
    ) -> None:
        self._arena, self._trial = arena, arena.trial
        self._entrants = {str(entrant): entrant for entrant in entrants}
        self._calls_s, self._judge = calls_s, judge
        self._block_s = sum(calls_s[entrant] for entrant in entrants)
        self._at: dict[str, list[int]] = {}
        self._inspector = OutputInspector(arena.poke, _COPIES)
        self._has_drawn = False
        self.was_written_to = False

    def run(self) -> dict[Entrant, EntrantTiming]:
        calls_s = ((2 + LEAST_BLOCKS * (1 + untimed_calls(call_s))) * call_s for call_s in self._calls_s.values())
        # In each draw of `time_draws`: warm-up, and in each block a sample and the calls before it.
        is_short = self._trial.draws * sum(calls_s) <= self._trial.max_seconds
        timings = self._by_draws() if is_short else self._by_calls()
        self._arena.show(None)
        self._arena.turns.require_rest()
        self._check_inputs()
        return {self._entrants[name]: timing for name, timing in timings.items()}

    def _by_draws(self) -> dict[str, EntrantTiming]:
        """Timings by `time_draws`: each sample after untimed calls that warm the caches."""
        trial = self._trial
        blocks = time_draws(
            self._make, device=trial.device, max_seconds=trial.max_seconds, target_rel_ci=_NEVER, draws=trial.draws,
            period=LEAST_BLOCKS, seed=trial.seed,
            before_sample=lambda name: self._arena.turns.sample(self._entrants[name]), inspector=self._inspector,
        )  # fmt: skip
        self._arena.show(None)
        return {
            name: EntrantTiming(
                tuple(BlockTime(s.draw, s.block, s.time_s) for s in timing.samples),
                None if timing.error is not None else self._wrong(name, timing.last_result, timing.audits),
                timing.error,
            )
            for name, timing in blocks.items()
        }

    def _wrong(self, name: str, output: Any, audits: AuditTimes | None = None) -> str | None:
        """Why the last timed output, a copy or an audit of an entrant is wrong; None if all are right."""
        entrant, inspector = self._entrants[name], self._inspector
        reason = self._judge(entrant, output, self._at[name])
        if reason is not None:
            return reason
        verdict = inspector.verdict(name, loading.make(entrant.implementation))
        if verdict is not None:
            return verdict.reason
        ratio = None if audits is None else audits.least_ratio
        if audits is None or ratio is None or ratio <= audits.honest_ratio:
            return None
        return f"calls on fresh inputs take {ratio:.3g} times as long as on known ones: it does not compute every call"

    def _by_calls(self) -> dict[str, EntrantTiming]:
        """Timings where some calls are long: each long call is a sample of its own."""
        trial, rng = self._trial, random.Random(self._trial.seed)
        blocks = max(1, int(trial.max_seconds / self._block_s / trial.draws))
        found = dict.fromkeys(self._entrants, EntrantTiming())
        for draw in range(trial.draws):
            calls = self._make(draw)
            for block in range(blocks):
                for name in rng.sample(tuple(self._entrants), len(self._entrants)):
                    known = found[name]
                    if known.error is not None:
                        continue
                    self._arena.turns.sample(self._entrants[name])
                    try:
                        duration, count = self._sample(name, calls[name])
                        self._inspector.keep(name, duration.last_result)
                    except Exception as error:
                        require_alive(trial.device, error)
                        found[name] = replace(known, error=error)
                        continue
                    samples = (*known.samples, BlockTime(draw, block, duration.device_s / count))
                    is_last = draw == trial.draws - 1 and block == blocks - 1
                    wrong = self._wrong(name, duration.last_result) if is_last else None
                    found[name] = EntrantTiming(samples, wrong)
                    # Outputs that are kept would take the memory that the next entrant should find free.
                    del duration
        return found

    def _sample(self, name: str, call: Call) -> tuple[Duration, int]:
        """One sample and how many calls it holds."""
        clock, call_s = self._arena.clock, self._calls_s[self._entrants[name]]
        count = min(clock.max_calls, math.ceil(_SHORT_CALL_S / max(call_s, 1e-9)))
        if count > 1:
            call()
        return clock.sample(call, count), count

    def _make(self, draw: int) -> dict[str, Call]:
        """Plan every entrant anew, starting with a different one each draw; entrants of one layout share an input."""
        if self._has_drawn:
            self._check_inputs()
        arena, entrants = self._arena, list(self._entrants.values())
        xs = {layout: inputs.x.clone() for layout, inputs in arena.inputs.items()}
        turn = draw % len(entrants)
        plans: dict[Entrant, Plan] = {}
        calls: dict[str, Call] = {}
        for entrant in (*entrants[turn:], *entrants[:turn]):
            arena.show(entrant)
            plans[entrant] = self._plan(entrant)
            # The innermost callable: the implementation is timed, not the wrapper around it.
            run = plans[entrant].run
            name, x = str(entrant), xs[entrant.layout]
            calls[name], self._at[name] = arena.poke.calling(run, x)
            inputs = arena.inputs[entrant.layout]
            self._inspector.watch(name, arena.cases[entrant.layout], inputs, x, self._at[name])
        arena.show(None)
        # The last draw's plans are released only now, so that the new ones could not take their places in memory.
        self.last_draw, self._has_drawn = DrawnPlans(xs, plans), True
        return calls

    def _plan(self, entrant: Entrant) -> Plan:
        """A plan on weights of its own; one that raises when it is called if planning raises."""
        inputs, case = self._arena.inputs[entrant.layout], self._arena.cases[entrant.layout]
        bias = None if inputs.bias is None else inputs.bias.clone()
        try:
            return prepare(loading.make(entrant.implementation), case, inputs.weight.clone(), bias)
        except Exception as error:
            require_alive(case.device, error)
            # Without its frames, which hold its tensors.
            return Plan(partial(_fail, without_frames(error)))

    def _check_inputs(self) -> None:
        """Note whether a plan has written to an input of the last draw."""
        for layout, x in self.last_draw.xs.items():
            self._arena.poke.restore(x)
            self.was_written_to |= not x.equal(self._arena.inputs[layout].x)
        self.was_written_to |= self._inspector.was_written_to


def _fail(error: Exception, _: torch.Tensor) -> torch.Tensor:
    raise error
