"""Watches the candidates while they are timed: copies of outputs, and audit calls. Judges both afterwards.

See bench.timing.inspection for when it is asked.
"""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass

import torch

from bench.gate.audit_inputs import AuditInputs, AuditOutput
from bench.gate.copies import Copies
from bench.gate.inputs import Inputs
from bench.gate.judge import Judgement, misfit
from bench.gate.poke import Poke
from impls.interface import Case, Implementation


@dataclass(slots=True)
class _Watched:
    """A candidate: its input, the step that it is at (Poke.calling), its copies and outputs of one audit call.

    `first` and `judged` are the numbers of the fresh values (AuditInputs) of the last audit and of the one kept.
    """

    case: Case
    inputs: Inputs
    x: torch.Tensor
    at: list[int]
    copies: Copies
    audits: int = 0
    first: int = 0
    # Of the audit that is kept.
    audit: AuditOutput | Judgement | None = None
    step: int = 0
    judged: int = 0


class OutputInspector:
    """The copies and audits of the candidates of one measurement, by name.

    `copies` is the number of outputs of each candidate that are copied. Candidates that are not watched are left alone.
    `was_written_to` says whether an input had other values than it should when it was rewritten for an audit.
    """

    def __init__(self, poke: Poke, copies: int) -> None:
        self._poke, self._copies = poke, copies
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
            self._watched[name] = _Watched(case, inputs, x, at, Copies(case, self._rng, self._copies))
        else:
            known.x, known.at = x, at
        if case.layout not in self._audit_inputs:
            self._audit_inputs[case.layout] = AuditInputs(inputs.x, self._rng)

    def can_audit(self, name: str) -> bool:
        """Whether an audit of the candidate makes sense: with an input that outputs read."""
        return name in self._watched and self._poke.is_read

    def keep(self, name: str, output: object) -> None:
        watched = self._watched.get(name)
        if watched is not None:
            watched.copies.offer(output, watched.at[0])

    def rewrite(self, name: str, *, fresh: bool) -> None:
        watched = self._watched[name]
        values = self._audit_inputs[watched.case.layout]
        self._poke.restore(watched.x)
        self.was_written_to |= not values.holds_drawn(watched.x)
        if fresh:
            watched.first = values.write_fresh(watched.x)
        else:
            values.write_drawn(watched.x, and_read=True)

    def keep_audit(self, name: str, output: object) -> None:
        """Pick some outputs of an audit call, of one call of the candidate; each has the same chance."""
        watched = self._watched[name]
        watched.audits += 1
        if self._rng.randrange(watched.audits):
            return
        reason = misfit(output, watched.case)
        watched.step = watched.at[0]
        watched.judged = watched.first
        if reason is None:
            assert isinstance(output, torch.Tensor)
            watched.audit = AuditOutput(watched.case, output, self._rng)
        else:
            watched.audit = Judgement(f"after its whole input was rewritten: {reason}", "")

    def restore(self, name: str) -> None:
        watched = self._watched[name]
        values = self._audit_inputs[watched.case.layout]
        values.write_drawn(watched.x, and_read=False)

    def verdict(self, name: str, implementation: Implementation) -> Judgement | None:
        """The first wrong verdict on the copies and audits of a candidate; None if all are right."""
        watched = self._watched.get(name)
        if watched is None:
            return None
        wrong = watched.copies.verdict(self._poke, implementation)
        if wrong is not None:
            return wrong
        audit = watched.audit
        if audit is None or isinstance(audit, Judgement):
            return audit
        values = self._audit_inputs[watched.case.layout]
        verdict = audit.verdict(
            watched.case, watched.inputs, self._poke, watched.step, implementation, values, watched.judged
        )
        return None if verdict.ok else verdict
