"""A swapped network timed as a whole beside torch."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from bench.errors import UsageError
from bench.networks import swapped
from bench.networks.inputs import input_shape
from bench.networks.swapped import require_rivals, time_swapped
from impls import SwapChoice

SHAPE = [input_shape("1x3x8x8")]
CHOICE = SwapChoice({"0": "im2col"})


def net() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())


def test_it_is_timed_beside_torch_in_both_layouts_and_proven() -> None:
    threads = torch.get_num_threads()
    found = time_swapped(net, SHAPE, CHOICE, ["eager"], 1, max_seconds=0.1)
    assert list(found.sides) == ["swapped", "eager torch, NCHW", "eager torch, NHWC"]
    assert set(found.over_swapped) == {"eager torch, NCHW", "eager torch, NHWC"}
    assert all(estimate > 0 for estimate, _, _ in found.over_swapped.values())
    assert [proof.layer for proof in found.proof.layers] == ["0"]
    assert found.choice.layers == {"0": "im2col"}
    assert torch.get_num_threads() == threads


def test_a_rival_that_cannot_run_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def compiled(module: nn.Module) -> object:
        def fails(*given: object) -> None:
            raise RuntimeError("no compiler\nand more")

        return fails

    monkeypatch.setattr(swapped.torch, "compile", compiled)
    found = time_swapped(net, SHAPE, CHOICE, ["compile"], 1, max_seconds=0.1)
    assert found.failed == {"torch.compile": "no compiler"}
    assert list(found.sides) == ["swapped"]


def test_unknown_rivals_are_refused() -> None:
    with pytest.raises(UsageError, match=r"--against eagr is unknown .did you mean 'eager'"):
        require_rivals(["eagr"])
