"""Modules listed as they are called: the same MACs as torch's own counter, names, and what cannot be listed."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.flop_counter import FlopCounterMode

from bench.errors import UsageError
from bench.networks.built_in import NETWORKS
from bench.networks.inputs import InputShape, input_shape
from bench.networks.listing import NetworkListing
from bench.networks.module import list_module, require_plain
from bench.networks.operation import NetworkOperation, OperationKind
from tests.bench.networks.models import Everything, Segmentation, mobilenet_v2

TEN: dict[str, tuple[Callable[[], nn.Module], InputShape]] = {
    **{name: (one.make, one.input) for name, one in NETWORKS.items()},
    "mobilenet-v2": (mobilenet_v2, input_shape("1x3x224x224")),
    "segmentation": (Segmentation, input_shape("2x3x64x48")),
}


def listed(make: Callable[[], nn.Module], shape: str) -> NetworkListing:
    return list_module("net", make, [input_shape(shape)])


def named(listing: NetworkListing, name: str) -> list[NetworkOperation]:
    return [one for one in listing.operations if one.name == name]


@pytest.mark.parametrize("name", TEN)
def test_macs_are_those_of_torch(name: str) -> None:
    make, shape = TEN[name]
    listing = list_module(name, make, [shape])
    with torch.no_grad(), FakeTensorMode(), FlopCounterMode(display=False) as counter:
        make().eval()(torch.empty(shape.shape))
    counted = counter.get_flop_counts()["Global"]
    assert 2 * sum(one.macs or 0 for one in listing.convolutions) == counted[torch.ops.aten.convolution]
    every = sum(2 * (one.macs or 0) for one in listing.operations)
    assert every == counter.get_total_flops()
    assert listing.stopped is None
    with torch.device("meta"):
        assert listing.parameters == sum(one.numel() for one in make().parameters())


def test_ten_networks_are_compared() -> None:
    assert len(TEN) == 10


def test_calls_of_functions_shared_weights_and_branches_are_listed() -> None:
    listing = listed(Everything, "1x4x16x16")
    found = [(one.name, one.problem.descriptor if one.problem else None) for one in listing.convolutions]
    assert found == [
        ("shared", "mb1ic4ih16oc4kh3ph1"),
        ("shared", "mb1ic4ih16oc4kh3ph1"),
        ("convolution", "mb1ic4ih8oc6kh1"),
        ("volume", None),
        ("row", "mb1ic6ih1iw64oc2kh1kw3ph0pw1"),
    ]
    assert [one.name for one in listing.not_covered] == ["volume"]
    assert "in 3 dimensions" in (listing.not_covered[0].reason or "")
    assert [(layer.name, layer.count) for layer in listing.layer_set.layers] == [
        ("shared", 2), ("convolution", 1), ("row", 1)
    ]  # fmt: skip
    # Below the limit of the branch there is no pooling.
    assert not [one for one in listed(Everything, "1x4x8x8").operations if "max_pool" in one.operator]


def test_the_share_of_what_is_not_covered_is_known() -> None:
    listing = listed(Segmentation, "1x3x16x16")
    (transposed,) = listing.not_covered
    macs = 8 * 8 * 48 * 5 * 2 * 2
    assert transposed.macs == macs
    assert listing.share_of_macs(listing.not_covered) == macs / sum(one.macs or 0 for one in listing.convolutions)


def test_other_operations_are_counted() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
                        nn.Flatten(), nn.Linear(64, 5), nn.Softmax(1))  # fmt: skip
    listing = listed(lambda: net, "1x3x8x8")
    table = [(one.kind, one.flops, one.bytes_moved, one.parameters) for one in listing.operations]
    assert table == [
        (OperationKind.CONVOLUTION, 2 * 27 * 4 * 64 + 4 * 64, 4 * (3 * 64 + 27 * 4 + 4 + 4 * 64), 27 * 4 + 4),
        (OperationKind.NORMALISATION, 2 * 256, 4 * (256 + 16 + 256), 8),
        (OperationKind.ACTIVATION, 256, 4 * 512, 0),
        (OperationKind.POOLING, 4 * 64, 4 * (256 + 64) + 8 * 64, 0),
        (OperationKind.DENSE, 2 * 64 * 5 + 5, 4 * (64 + 64 * 5 + 5 + 5), 64 * 5 + 5),
        (OperationKind.ACTIVATION, None, 4 * 10, 0),
    ]
    assert listing.totals()[0].calls == 1


def test_receptive_fields_count_pooling_and_branches() -> None:
    net = nn.Sequential(nn.Conv2d(1, 1, 3), nn.MaxPool2d(2), nn.Conv2d(1, 1, 3, dilation=2), nn.ReLU(),
                        nn.AdaptiveAvgPool2d(1))  # fmt: skip
    fields = [one.receptive_field for one in listed(lambda: net, "1x1x32x32").operations]
    # 3; (2 − 1)·1 more; (3 − 1)·2·2 more, where neighbours are two pixels apart; then the whole image.
    assert fields == [(3, 3), (4, 4), (12, 12), (12, 12), None]
    branches = listed(Segmentation, "1x3x64x64")
    (joined,) = [one for one in branches.operations if one.kind is OperationKind.CONCATENATION]
    # 3 + 2·4·2: the widest branch.
    assert joined.receptive_field == (19, 19)


def test_a_module_is_not_changed_by_listing() -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout()).train()
    before = copy.deepcopy(net.state_dict())
    listed(lambda: net, "4x1x8x8")
    assert net.training
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert all(not part._forward_hooks and not part._forward_pre_hooks for part in net.modules())
    assert "Fake" not in type(net[0].weight).__name__


class Uncopyable(nn.Sequential):
    def __deepcopy__(self, memo: object) -> nn.Module:
        raise RuntimeError("one only")


def test_a_module_that_cannot_be_copied_is_as_it_was() -> None:
    net = Uncopyable(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4).eval(), nn.Dropout())
    listing = listed(lambda: net, "1x3x8x8")
    assert [(one.name, one.parameters) for one in listing.operations] == [("0", 112), ("1", 8)]
    assert [part.training for part in net.modules()] == [True, True, False, True]
    assert all(not part._forward_hooks for part in net.modules())
    assert net(torch.zeros(2, 3, 8, 8)).shape == (2, 4, 6, 6)


def test_hooks_of_the_user_run_and_stay() -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3))
    seen: list[str] = []
    net[0].register_forward_hook(lambda *given: seen.append("hook"))
    listed(lambda: net, "1x1x8x8")
    assert seen == ["hook"]
    assert len(net[0]._forward_hooks) == 1


class Looks(nn.Module):
    """What it does next depends on a value."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 2, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.first(x)
        return y if y.sum() > 0 else -y


class Two(nn.Module):
    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return x * mask


def test_what_can_be_listed_is_listed() -> None:
    listing = listed(Looks, "1x1x8x8")
    assert [one.name for one in listing.covered] == ["first"]
    assert listing.stopped is not None
    assert "listing stopped in model (Looks): what it does next depends on values" in listing.stopped
    second = listed(lambda: nn.Sequential(nn.Conv2d(1, 2, 3), nn.Conv2d(3, 2, 3)), "1x1x8x8")
    assert "listing stopped in 1 (Conv2d)" in (second.stopped or "")


@pytest.mark.parametrize(
    ("make", "shape", "sentence"),
    [
        (Two, "1x1x8x8", "takes other inputs .*'mask'.*; give one --input for each"),
        (lambda: nn.Conv2d(3, 2, 3), "1x4x8x8", "stopped in model .Conv2d.: .*4 channels"),
        (lambda: nn.Sequential(nn.Conv2d(3, 2, 9)), "1x3x4x4", "stopped in 0 .Conv2d.*; its input was 1x3x4x4"),
    ],
)
def test_a_module_that_cannot_be_called_is_refused(make: Callable[[], nn.Module], shape: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        listed(make, shape)


def test_sparse_and_quantised_weights_are_named() -> None:
    sparse = nn.Sequential(nn.Linear(4, 4))
    sparse[0].weight = nn.Parameter(torch.eye(4).to_sparse(), requires_grad=False)
    with pytest.raises(UsageError, match=r"net: 0\.weight is sparse; allowed: dense"):
        require_plain(sparse, "net")
    quantised = nn.Sequential(torch.ao.nn.quantized.ReLU6())
    with pytest.raises(UsageError, match=r"layer 0 is quantised .ReLU6.*; give the model before"):
        require_plain(quantised, "net")


def test_a_network_without_convolutions_has_no_layer_to_measure() -> None:
    with pytest.raises(UsageError, match=r"net has no 2-D convolution to measure: it has none"):
        _ = listed(lambda: nn.Linear(3, 4), "1x3").layer_set
    with pytest.raises(UsageError, match=r"its 1 cannot be measured .*transposed"):
        _ = listed(lambda: nn.ConvTranspose2d(3, 4, 2), "1x3x8x8").layer_set
