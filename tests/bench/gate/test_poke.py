"""The changing input element: in any layout, type and clone, with the truth of the changed input."""

from __future__ import annotations

import pytest
import torch

from bench.gate.inputs import draw
from bench.gate.poke import Poke, Response
from bench.timing.clock import CpuClock
from impls import Case, ConvProblem
from impls.oracle import truth
from impls.tensors import in_layout

DESCRIPTORS = [
    "mb2ic4ih8oc6kh3ph1",
    "g2mb1ic4ih9iw7oc8kh3kw2sh2sw1ph1pw0dh1dw0",
    "g6mb1ic6ih7oc6kh3ph1",
    "mb1ic3ih11oc2kh2sh3dh1",
    "mb3ic1ih1oc5kh1",
]


@pytest.mark.parametrize("descriptor", DESCRIPTORS)
@pytest.mark.parametrize("bias", [False, True])
def test_the_response_is_the_convolution_of_an_impulse(descriptor: str, bias: bool) -> None:
    problem = ConvProblem.parse(descriptor, bias=bias)
    weight = draw(Case(problem), 1).weight
    generator = torch.Generator().manual_seed(1)
    for _ in range(20):
        n, c, h, w = (int(torch.randint(size, (1,), generator=generator)) for size in problem.input_shape)
        impulse = torch.zeros(problem.input_shape)
        impulse[n, c, h, w] = 1.0
        known = truth(problem, impulse, weight, torch.zeros(problem.out_channels) if bias else None)
        y = torch.zeros(problem.output_shape, dtype=torch.float64)
        response = Response.of(problem, weight, (n, c, h, w))
        response.add(y, 1.0, response.weights)
        assert y.equal(known.y)


def test_the_response_knows_asymmetric_padding() -> None:
    problem = ConvProblem(1, 2, (7, 9), 3, (4, 3), (3, 2), ((2, 1), (0, 3)), (2, 1))
    weight = draw(Case(problem), 1).weight
    impulse = torch.zeros(problem.input_shape)
    impulse[0, 1, 4, 8] = 1.0
    y = torch.zeros(problem.output_shape, dtype=torch.float64)
    response = Response.of(problem, weight, (0, 1, 4, 8))
    response.add(y, 1.0, response.weights)
    assert y.equal(truth(problem, impulse, weight, None).y)
    assert y.any()


@pytest.mark.parametrize("descriptor", DESCRIPTORS)
@pytest.mark.parametrize("precision", ["fp64", "fp32", "bf16", "fp16"])
def test_the_truth_of_a_poked_input_is_the_oracles(descriptor: str, precision: str) -> None:
    """In both layouts, and in clones; the response was computed once, in one of them."""
    case = Case(ConvProblem.parse(descriptor, bias=True), precision)
    inputs = draw(case, 3)
    poke = Poke(case, inputs, 3)
    assert poke.truth_at(poke.calling(lambda x: x, inputs.x)[1]) is inputs.truth
    for layout in ("nchw", "nhwc"):
        original = in_layout(inputs.x, layout).clone()
        for x in (original.clone(), original.clone()):
            call, at = poke.calling(lambda x: x.clone(), x)
            before = original
            for _ in range(5):
                seen = call()
                assert (seen != before).nonzero().tolist() == [list(poke.index or ())]
                before = seen
            known, fresh = poke.truth_at(at), truth(case.problem, seen, inputs.weight, inputs.bias)
            torch.testing.assert_close(known.y, fresh.y, rtol=1e-12, atol=1e-12)
            assert not known.y.equal(inputs.truth.y)
            # Errors may be as large as the larger of both inputs allows.
            assert bool((known.scale >= fresh.scale - 1e-12).all())
            assert bool((known.norms >= fresh.norms - 1e-12).all())
            poke.restore(x)
            assert x.equal(original)


@pytest.mark.parametrize("calls", [1, 3])
def test_every_timed_call_finds_another_value(calls: int) -> None:
    case = Case(ConvProblem.parse("mb1ic2ih6oc3kh3ph1"))
    inputs = draw(case, 3)
    poke = Poke(case, inputs, 5)
    index, seen = poke.index, list[float]()
    assert index is not None

    def run(x: torch.Tensor) -> torch.Tensor:
        seen.append(float(x[index]))
        return x

    call, _ = poke.calling(run, inputs.x)
    for _ in range(4):
        CpuClock().sample(call, calls)
    assert len(set(seen)) == 4 * calls


def test_two_calls_do_not_share_their_truth() -> None:
    case = Case(ConvProblem.parse(DESCRIPTORS[0]))
    inputs = draw(case, 1)
    poke = Poke(case, inputs, 1)
    first, at_first = poke.calling(lambda x: x.clone(), inputs.x)
    second, at_second = poke.calling(lambda x: x.clone(), inputs.x.clone())
    seen = first()
    second()
    torch.testing.assert_close(
        poke.truth_at(at_first).y, truth(case.problem, seen, inputs.weight, None).y, rtol=1e-12, atol=1e-12
    )
    assert at_first != at_second


def test_an_input_that_no_output_sees_is_not_poked() -> None:
    # All outputs are computed from padding alone.
    case = Case(ConvProblem(1, 1, (1, 1), 1, (1, 1), (3, 3), ((2, 2), (2, 2))))
    assert not case.problem.sees_input
    inputs = draw(case, 1)
    poke = Poke(case, inputs, 1)
    call, at = poke.calling(lambda x: x.clone(), inputs.x)
    assert poke.index is None
    assert call().equal(inputs.x)
    assert poke.truth_at(at) is inputs.truth


def test_an_empty_batch_is_not_poked() -> None:
    case = Case(ConvProblem.parse("mb0ic2ih4oc2kh3"))
    inputs = draw(case, 1)
    call, _ = Poke(case, inputs, 1).calling(lambda x: x, inputs.x)
    assert call() is inputs.x
