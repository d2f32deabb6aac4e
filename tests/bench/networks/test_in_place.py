"""Operations timed in the module, and the dense network beside it."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from bench.calibration.value import FMA, Calibration, Level, Peak
from bench.networks import dense
from bench.networks.dense import dense_network, with_times
from bench.networks.in_place import time_in_place
from bench.networks.inputs import input_shape
from bench.networks.module import list_module
from bench.networks.operation import OperationKind

NET = nn.Sequential(nn.Conv2d(1, 2, 3, bias=False), nn.ReLU(), nn.Flatten(), nn.Linear(72, 3))
SHAPE = [input_shape("2x1x8x8")]


def test_every_listed_operation_has_a_time_in_place() -> None:
    NET.train()
    threads = torch.get_num_threads()
    found = time_in_place(lambda: NET, SHAPE, 1)
    assert found is not None
    assert found.kinds == tuple(one.kind for one in list_module("net", lambda: NET, SHAPE).operations)
    assert all(time_s > 0 for time_s in found.times_s)
    assert found.whole_s > 0
    assert sum(found.share(kind) for kind in set(found.kinds)) == pytest.approx(1.0)
    assert found.of(OperationKind.POOLING) == 0
    assert found.as_dict()["share_of_convolutions"] == found.share(OperationKind.CONVOLUTION)
    # As they were before.
    assert (NET.training, torch.get_num_threads()) == (True, threads)


class Alternates(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return torch.relu(x) if self.calls % 4 < 2 else torch.relu(x) + 1


def test_a_module_with_changing_paths_has_no_times() -> None:
    module = Alternates()
    assert time_in_place(lambda: module, SHAPE, 1) is None


def test_the_dense_network_has_a_weight_for_each_input_and_output() -> None:
    counted = dense_network(list_module("net", lambda: NET, SHAPE))
    ins, outs = 8 * 8, 2 * 6 * 6
    assert (counted.layers, counted.parameters, counted.macs) == (1, ins * outs + outs, 2 * ins * outs)
    assert (counted.convolution_parameters, counted.convolution_macs) == (18, 2 * 9 * outs)


def test_its_time_is_measured_where_its_weights_fit_and_modelled_by_ceilings(monkeypatch: pytest.MonkeyPatch) -> None:
    listing = list_module("net", lambda: NET, SHAPE)
    counted = dense_network(listing)
    ceilings = Calibration("cpu", 1, (Peak("fp32", 1e9, FMA),), (Level("memory", None, 1e15, "read"),))
    found = with_times(counted, listing, ceilings, 1)
    assert found.modelled_s == pytest.approx(2 * counted.macs / 1e9)
    assert found.measured_s is not None
    assert found.measured_s > 0
    monkeypatch.setattr(dense, "usable_bytes", lambda: counted.weight_bytes)
    small = with_times(counted, listing, None, 1)
    assert (small.measured_s, small.modelled_s) == (None, None)
