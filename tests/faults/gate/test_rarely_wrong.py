"""A plug-in that is wrong on every n-th call is caught by copies of its outputs as often as docs/attacks.md says."""

from __future__ import annotations

import math
import random

import pytest
import torch

from bench.gate.copies import Copies
from bench.gate.inputs import draw
from bench.gate.poke import Poke
from impls import Case, ConvProblem, Implementation
from impls.oracle import reference
from tests.faults.conftest import Tried

CASE = Case(ConvProblem.parse("mb1ic2ih3oc2kh1"))
VISITS, SAMPLES = 1_000, 200


def stated(every: int, step: int, copies: int) -> float:
    """The share of visits in which one copy or more is wrong, with `step` calls from one copied call to the next.

    The copied calls reach every g-th place of the period of errors, g the greatest common divisor: with the chance 1/g
    the wrong place is one of them, and then g/n of the calls that may be copied are wrong.
    """
    shared = math.gcd(every, step)
    return (1 - (1 - shared / every) ** copies) / shared


@pytest.mark.parametrize(("every", "step", "copies"), [(100, 7, 3), (100, 7, 1), (100, 10, 3), (10, 7, 3)])
def test_it_is_caught_at_the_rate_that_is_stated(every: int, step: int, copies: int, tried: Tried) -> None:
    tried("wrong on every 100th call" if every == 100 else f"wrong on every {every}th call", VISITS)
    inputs = draw(CASE, 3)
    poke = Poke(CASE, inputs, 3)
    call, at = poke.calling(lambda x: reference(CASE.problem, x, inputs.weight, inputs.bias).to(x.dtype), inputs.x)
    right, known_at = call(), at[0]
    wrong = torch.full_like(right, 7.0)
    caught = 0
    for seed in range(VISITS):
        kept = Copies(CASE, random.Random(seed), copies)
        calls = random.Random(-1 - seed).randrange(every)
        for _ in range(SAMPLES):
            calls += step
            kept.offer(wrong if calls % every == 0 else right, known_at)
        caught += kept.verdict(poke, Implementation()) is not None
    rate = stated(every, step, copies)
    # Three standard deviations of so many visits, with seeds that are always the same.
    spread = 3 * math.sqrt(VISITS * rate * (1 - rate))
    assert abs(caught - VISITS * rate) <= spread
    assert spread < VISITS * rate
