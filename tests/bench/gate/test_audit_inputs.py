"""Audit calls: a rewritten input, and the truth about some of its outputs, in every layout and type."""

from __future__ import annotations

import random

import pytest
import torch

import impls
from bench.gate.audit_inputs import AuditInputs, AuditOutput
from bench.gate.inputs import draw
from bench.gate.judge import misfit
from bench.gate.poke import Poke
from impls import Case, ConvProblem, Implementation
from impls.oracle import reference
from tests.bench.gate.test_poke import DESCRIPTORS


class Loosest(Implementation):
    bounds = ("direct", "fft", "winograd-f6")


# With three values, fresh ones may be those of before.
@pytest.mark.parametrize("descriptor", DESCRIPTORS[:4])
@pytest.mark.parametrize("precision", ["fp64", "fp32", "bf16", "fp16"])
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
def test_an_honest_output_is_right_and_a_stale_one_is_wrong(descriptor: str, precision: str, layout: str) -> None:
    case = Case(ConvProblem.parse(descriptor, bias=True), precision, layout)
    inputs, rng = draw(case, 2), random.Random(1)
    original, poke = inputs.x.clone(), Poke(case, inputs, 2)
    audit = AuditInputs(inputs.x, rng)

    def run(x: torch.Tensor) -> torch.Tensor:
        y = reference(case.problem, x, inputs.weight, inputs.bias).to(x.dtype)
        return y.contiguous(memory_format=torch.channels_last) if layout == "nhwc" else y

    call, at = poke.calling(run, inputs.x)
    stale = call()
    assert misfit(stale, case) is None
    for _ in range(3):
        first = audit.write_fresh(inputs.x)
        assert not audit.holds_drawn(inputs.x)
        y = call()
        verdicts = [
            AuditOutput(case, output, rng).verdict(case, inputs, poke, at[0], Loosest(), audit, first)
            for output in (y, stale)
        ]
        assert verdicts[0].reason is None
        assert not verdicts[1].ok
        assert "after its whole input was rewritten" in (verdicts[1].reason or "")
    audit.write_drawn(inputs.x, and_read=True)
    assert audit.holds_drawn(inputs.x)
    assert inputs.x.equal(original)


def test_every_audit_has_other_values() -> None:
    case = Case(ConvProblem.parse("mb1ic8ih12oc8kh3ph1"))
    x = draw(case, 2).x
    audit, seen = AuditInputs(x, random.Random(1)), set()
    for _ in range(20):
        audit.write_fresh(x)
        seen.add(x.numpy().tobytes())
    assert len(seen) == 20


def test_the_values_stay_those_of_the_input() -> None:
    """An honest call takes the same time: zeros stay zeros, and no other sign appears."""
    case = Case(ConvProblem.parse("mb1ic8ih12oc8kh3ph1"))
    x = draw(case, 2).x.relu_()
    drawn = set(x.flatten().tolist())
    AuditInputs(x, random.Random(1)).write_fresh(x)
    assert set(x.flatten().tolist()) <= drawn
    assert 0.4 < float((x == 0).double().mean()) < 0.6


@pytest.mark.parametrize("name", ["direct", "winograd-f6", "fft"])
@pytest.mark.full
def test_our_own_kernels_are_right_in_audits(name: str) -> None:
    case = Case(ConvProblem.parse("mb2ic16ih20oc16kh3ph1", bias=True))
    inputs, rng = draw(case, 2), random.Random(1)
    implementation = impls.get(name)
    plan = impls.prepare(implementation, case, inputs.weight, inputs.bias)
    poke, audit = Poke(case, inputs, 2), AuditInputs(inputs.x, rng)
    call, at = poke.calling(plan.run, inputs.x)
    for _ in range(5):
        first = audit.write_fresh(inputs.x)
        y = call()
        assert AuditOutput(case, y, rng).verdict(case, inputs, poke, at[0], implementation, audit, first).ok
