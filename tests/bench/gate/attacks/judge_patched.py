"""Replaces the judge, and torch.equal, by functions that are always content."""

from __future__ import annotations

import torch

import impls
from bench.gate import judge
from tests.bench.gate.attacks.honest import Base


@impls.register
class JudgePatched(Base):
    name = "judge-patched"

    def plan(self, case, weight, bias):
        judge.judge_values.__code__ = (lambda *given, **named: None).__code__
        torch.equal = lambda *given: True
        return lambda x: torch.zeros(case.problem.output_shape)
