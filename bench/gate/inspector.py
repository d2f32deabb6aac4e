"""Watches the candidates while they are timed: copies of outputs, and audit calls. Judges both afterwards.

See bench.timing.inspection for when it is asked.
"""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass, field

import torch

from bench.gate.audit_inputs import AuditInputs, AuditOutput
from bench.gate.copies import Copies
from bench.gate.inputs import Inputs
from bench.gate.judge import Judgement, misfit
from bench.gate.poke import Poke
from impls.interface import Case, Implementation

# Audit outputs kept of a candidate in one visit.
_AUDITS = 2


@dataclass(slots=True)
class _Watched:
    """A candidate: its input, which step it is at (Poke.calling), its copies and the outputs of its audit calls."""

    case: Case
    inputs: Inputs
    x: torch.Tensor
    at: list[int]
    copies: Copies
    first: int = 0
    audits: list[tuple[AuditOutput | Judgement, int, int]] = field(default_factory=list)
    audited: int = 0


class Inspector:
    """The copies and audits of the candidates of one measurement, by name.

    `was_written_to` says whether an input had other values than it should when it was rewritten for an audit.
    """

    def __init__(self, poke: Poke) -> None:
        self._poke = poke
        # No seed that a plug-in could know.
        self._rng = random.Random(secrets.randbits(128))
        self._watched: dict[str, _Watched] = {}
        # Candidates of one layout share an input.
        self._audit_inputs: dict[str, AuditInputs] = {}
        self.was_written_to = False

    def watch(self, name: str, case: Case, inputs: Inputs, x: torch.Tensor, at: list[int]) -> None:
        """Watch a candidate that is called on `x`, which holds the values of `inputs.x`; `at` is that of Poke.calling.

        A candidate that is made anew keeps the copies of before.
        """
        known = self._watched.get(name)
        if known is None:
            self._watched[name] = _Watched(case, inputs, x, at, Copies(case, self._rng))
        else:
            known.x, known.at = x, at
        if case.layout not in self._audit_inputs:
            self._audit_inputs[case.layout] = AuditInputs(inputs.x, self._rng)

    def can_audit(self, name: str) -> bool:
        """Whether an audit of the candidate makes sense: on the CPU, with an input that outputs read."""
        return bool(self._poke.indices) and name in self._watched

    def keep(self, name: str, output: object) -> None:
        watched = self._watched[name]
        watched.copies.offer(output, watched.at[0])

    def rewrite(self, name: str, *, fresh: bool) -> None:
        watched = self._watched[name]
        values = self._audit_inputs[watched.case.layout]
        self._poke.restore(watched.x)
        self.was_written_to |= not values.holds_drawn(watched.x)
        if fresh:
            watched.first = values.write_fresh(watched.x)
        else:
            values.write_drawn(watched.x)

    def keep_audit(self, name: str, output: object) -> None:
        """Pick some outputs of an audit call; each audit of the candidate has the same chance to be kept."""
        watched = self._watched[name]
        number, watched.audited = watched.audited, watched.audited + 1
        slot = number if number < _AUDITS else self._rng.randrange(number + 1)
        if slot >= _AUDITS:
            return
        reason = misfit(output, watched.case)
        if reason is None:
            assert isinstance(output, torch.Tensor)
            kept: AuditOutput | Judgement = AuditOutput(watched.case, output, self._rng)
        else:
            kept = Judgement(f"after its whole input was rewritten: {reason}", "")
        watched.audits[slot : slot + 1] = [(kept, watched.first, watched.at[0])]

    def restore(self, name: str) -> None:
        watched = self._watched[name]
        values = self._audit_inputs[watched.case.layout]
        values.write_drawn(watched.x)

    def verdict(self, name: str, implementation: Implementation) -> Judgement | None:
        """The first wrong verdict on the copies and audits of a candidate; None if all are right."""
        watched = self._watched[name]
        wrong = watched.copies.verdict(self._poke, implementation)
        if wrong is not None:
            return wrong
        for kept, first, step in watched.audits:
            if isinstance(kept, Judgement):
                return kept
            values = self._audit_inputs[watched.case.layout]
            verdict = kept.verdict(
                watched.case, watched.inputs, self._poke, step, implementation, values, first
            )  # fmt: skip
            if not verdict.ok:
                return verdict
        return None
