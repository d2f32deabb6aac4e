"""The fastest implementation of each layer, within the memory that plans may take."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import nn

from impls.interface import Case
from impls.swap import choosing
from impls.swap.choosing import fastest

X = torch.randn(1, 16, 12, 12)
NET = nn.Sequential(nn.Conv2d(16, 32, 3, padding=1, bias=False), nn.Conv2d(32, 32, 3, bias=False)).eval()


def seconds(case: Case) -> dict[str, float]:
    """Winograd, whose filters are large, gains more in the second layer; NHWC is faster for both."""
    gain = 4.0 if case.problem.in_channels == 32 else 1.5
    unit_s = 1e-3 if case.layout == "nhwc" else 2e-3
    return {"winograd-f6": unit_s, "direct": gain * unit_s}


def seconds_of(cases: Sequence[Case]) -> list[dict[str, float]]:
    return list(map(seconds, cases))


@pytest.mark.parametrize(
    ("most", "layers"),
    [
        (100.0, {"0": "winograd-f6", "1": "winograd-f6"}),
        # The first layer has a third of the weights, and of each plan.
        (5.5, {"0": "direct", "1": "winograd-f6"}),
        (1.5, {"0": "direct", "1": "direct"}),
        # Nothing is smaller.
        (0.1, {"0": "direct", "1": "direct"}),
    ],
)
def test_layers_that_lose_least_give_way_to_the_limit(
    most: float, layers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "MOST_PLAN_BYTES", most)
    found = fastest(NET, [X], seconds_of, "in a test")
    assert (found.layers, found.layout, found.origin) == (layers, "nhwc", "in a test")


def test_a_layer_that_none_is_known_for_is_left_out() -> None:
    found = fastest(
        NET, [X], lambda new: [seconds(case) if case.problem.in_channels == 32 else {} for case in new], "in a test"
    )
    assert found.layers == {"1": "direct"}
