"""Implementations are chosen by their times in the network, where its code can be followed."""

from __future__ import annotations

import weakref
from typing import Any

import pytest
import torch
from torch import nn

import impls
from impls.swap import in_place
from impls.swap.in_place import fastest_in_place
from impls.swap.program import Program
from impls.swap.steps import ConvolutionStep
from tests.impls.swap.networks import Branching

NET = nn.Sequential(nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 16, 1)).eval()
X = torch.randn(1, 16, 8, 8)
# Seconds of a call in each network, by layer and implementation.
SECONDS = {("0", "im2col"): 2.0, ("0", "torch"): 1.0, ("2", "im2col"): 3.0, ("2", "torch"): 5.0}


def test_each_layer_has_the_one_that_is_fastest_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def times_s(program: Program, inputs: list[torch.Tensor]) -> list[float]:
        slower = 1.0 if inputs[0].is_contiguous() else 2.0
        return [slower * SECONDS[step.layer, step.implementation] if isinstance(step, ConvolutionStep) else 0.5
                for step in program.steps]  # fmt: skip

    monkeypatch.setattr(in_place, "likeliest", lambda case: ["im2col", "torch"])
    monkeypatch.setattr(Program, "step_times_s", times_s)
    found = fastest_in_place(NET, [X], 0.01)
    assert (found.layers, found.layout) == ({"0": "torch", "2": "im2col"}, "nchw")
    assert found.origin == "measured in place, in one process"


def test_plans_for_one_layout_are_gone_before_those_for_the_other_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[Program]] = []
    alive = []
    programs_of = in_place._programs

    def seen(*asked: Any) -> list[Program]:
        alive.append(sum(one() is not None for one in made))
        found = programs_of(*asked)
        made.extend(map(weakref.ref, found))
        return found

    monkeypatch.setattr(in_place, "_programs", seen)
    fastest_in_place(NET, [X], 0.01)
    assert len(made) > 2
    assert alive == [0, 0]


def test_layers_are_timed_alone_where_the_code_cannot_be_followed() -> None:
    fast = impls.optimize(Branching().eval(), torch.randn(1, 3, 16, 16), using="measured", budget=0.05)
    assert fast.choice.origin == "measured in one process"
