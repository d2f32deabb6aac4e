"""The zoo: each network has the convolutions of the layer set of its name, and runs."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from bench.networks.built_in import NETWORKS
from bench.networks.module import list_module
from bench.sweep import layers


def test_every_layer_set_has_its_network() -> None:
    assert sorted(NETWORKS) == sorted(layers.built_in_names())


@pytest.mark.parametrize("name", NETWORKS)
def test_convolutions_are_those_of_the_layer_set(name: str) -> None:
    network = NETWORKS[name]
    found: Counter[str] = Counter()
    for one in list_module(name, network.make, [network.input]).convolutions:
        assert one.problem is not None
        found[one.problem.descriptor] += 1
    listed: Counter[str] = Counter()
    for layer in layers.built_in(name).layers:
        listed[layer.problem.descriptor] += layer.count
    assert found == listed


@pytest.mark.parametrize("name", ["lenet-5", "mobilenet-v1", "separable", *(
    pytest.param(name, marks=pytest.mark.full) for name in ("alexnet", "vgg-16", "googlenet", "resnet-18", "resnet-50")
)])  # fmt: skip
def test_networks_run(name: str) -> None:
    network = NETWORKS[name]
    with torch.no_grad():
        y = network.make().eval()(torch.randn(network.input.shape))
    assert y.shape == (1, 10 if name in ("lenet-5", "separable") else 1000)
    assert bool(torch.isfinite(y).all())
