"""The networks of the zoo, swapped by the cost model's choice: every layer within its bound."""

from __future__ import annotations

import math
import operator

import pytest
import torch
from torch import nn

import impls
from bench.networks.built_in import NETWORKS
from impls.swap.steps import CallStep, ConvolutionStep


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("name", ["vgg-16", "resnet-18", "resnet-50", "mobilenet-v1", "googlenet", "alexnet"])
def test_a_network_of_the_zoo_is_proven_right(name: str) -> None:
    torch.manual_seed(1)
    network = NETWORKS[name]
    model = network.make().eval()
    with torch.no_grad():
        for part in model.modules():
            if isinstance(part, nn.BatchNorm2d):
                assert part.running_mean is not None
                assert part.running_var is not None
                part.running_mean.normal_(0, 0.1)
                part.running_var.uniform_(0.5, 2.0)
    fast = impls.optimize(model, torch.randn(network.input.shape), using="auto")
    assert fast.notes == ()
    assert fast.program is not None
    # Batch norms and additions are parts of convolutions, and the ReLUs of the maps.
    left = [step.call for step in fast.program.steps if isinstance(step, CallStep)]
    assert not [call for call in left if isinstance(call, nn.BatchNorm2d) or call in (operator.add, torch.relu)]
    # Eager torch needs its weights, and at least the input and the output of each layer at a time.
    weights = sum(one.nbytes for one in (*model.parameters(), *model.buffers()))
    problems = [step.case.problem for step in fast.program.steps if isinstance(step, ConvolutionStep)]
    maps = max(4 * (math.prod(problem.input_shape) + problem.outputs) for problem in problems)
    assert fast.program.plan_bytes + fast.program.arena_bytes <= 1.5 * (weights + maps)
    assert fast.proof is not None
    assert len(fast.proof.layers) >= len(fast.choice.layers) > 0
    assert all(proof.is_right for proof in fast.proof.layers)
    assert fast.proof.output_rms <= fast.proof.output_limit
