"""Swapped networks as programs: what is fused and what is not, one arena, weights that change."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import impls
from impls import Epilogue, SwapChoice
from impls.swap.network import OptimizedNetwork
from impls.swap.steps import ConvolutionStep
from tests.impls.swap.networks import block_net, following

X = torch.randn(1, 3, 12, 12, generator=torch.Generator().manual_seed(1))
NOTHING, RELU, ADD = Epilogue(), Epilogue(has_relu=True), Epilogue(adds_residual=True)
BOTH = Epilogue(adds_residual=True, has_relu=True)


def swapped(net: nn.Module, layout: str = "nhwc", implementation: str = "direct", x: Any = X) -> OptimizedNetwork:
    names = [name for name, part in net.named_modules() if isinstance(part, nn.Conv2d)]
    return impls.optimize(net, x, using=SwapChoice(dict.fromkeys(names, implementation), layout))


def steps(fast: OptimizedNetwork) -> dict[str, ConvolutionStep]:
    assert fast.program is not None, fast.notes
    return {step.layer: step for step in fast.program.steps if isinstance(step, ConvolutionStep)}


def require_same(fast: OptimizedNetwork, net: nn.Module, *given: torch.Tensor) -> None:
    """The same as the network itself, on other values and twice: the arena keeps nothing that matters."""
    with torch.no_grad():
        for _ in range(2):
            x = [torch.randn_like(one) for one in given or (X,)]
            right = net(*(one.clone() for one in x))
            assert torch.allclose(fast(*x), right, rtol=1e-4, atol=1e-4)


class Shortcut(nn.Module):
    """Where sizes change both ways around have a convolution, as in ResNet."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1), nn.ReLU(inplace=True), nn.Conv2d(16, 16, 3, padding=1))
        self.shortcut = nn.Conv2d(3, 16, 1, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.body(x)
        y += self.shortcut(x)
        return F.relu(y, inplace=True)


# What is made of the results of the first convolution and of the second with its batch norm, and what is fused then.
AFTER: dict[str, tuple[Callable[[Any, Any], Any], Epilogue]] = {
    "nothing": (lambda a, b: b, NOTHING),
    "relu": (lambda a, b: torch.relu(b), RELU),
    "F.relu": (lambda a, b: F.relu(b), RELU),
    "F.relu in place": (lambda a, b: F.relu(b, inplace=True), RELU),
    ".relu()": (lambda a, b: b.relu(), RELU),
    ".relu_()": (lambda a, b: b.relu_(), RELU),
    "a + b": (lambda a, b: a + b, ADD),
    "b + a, relu": (lambda a, b: torch.relu(b + a), BOTH),
    "torch.add, relu": (lambda a, b: torch.add(a, b).relu(), BOTH),
    ".add_()": (lambda a, b: b.add_(a).relu_(), BOTH),
    "another follows": (lambda a, b: (b + a).relu() * 2.0 + a, BOTH),
    "added twice": (lambda a, b: (b + a) + a, ADD),
    "relu, then a + b": (lambda a, b: b.relu() + a, RELU),
    # None of these may be fused.
    "two readers": (lambda a, b: b + b.relu(), NOTHING),
    "twice itself": (lambda a, b: b + b, NOTHING),
    "returned, too": (lambda a, b: torch.cat([b, (b + a).relu()]), NOTHING),
    "times alpha": (lambda a, b: torch.add(b, a, alpha=2), NOTHING),
    "a number": (lambda a, b: b + 1.0, NOTHING),
    "of another shape": (lambda a, b: b + a.mean((2, 3), keepdim=True), NOTHING),
    "changes the other": (lambda a, b: a.add_(b) + a, NOTHING),
    "changed in between": (lambda a, b: b + a.mul_(0.5), NOTHING),
    "another function": (lambda a, b: F.relu6(b), NOTHING),
}


@pytest.mark.sample(every=2)
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("name", AFTER)
def test_additions_and_relus_are_fused_where_nothing_else_sees_the_result(name: str, layout: str) -> None:
    after, epilogue = AFTER[name]
    net = following(after)
    fast = swapped(net, layout)
    assert steps(fast)["conv"].plan.epilogue == epilogue
    assert fast.proof is not None
    assert all(proof.is_right for proof in fast.proof.layers)
    assert [proof.layer for proof in fast.proof.layers] == ["before", "conv"]
    require_same(fast, net)


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("implementation", ["direct", "implicit-gemm", "winograd-f4", "im2col", "torch"])
def test_residuals_are_added_by_every_kind_of_plan(implementation: str, layout: str) -> None:
    net = following(AFTER["b + a, relu"][0])
    fast = swapped(net, layout, implementation)
    found = steps(fast)["conv"]
    assert (found.implementation, found.plan.epilogue) == (implementation, BOTH)
    assert (found.plan.writer is not None) == (implementation not in ("im2col", "torch"))
    require_same(fast, net)
    # Another size has no program: torch computes.
    require_same(fast, net, torch.randn(2, 3, 9, 7))


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
def test_of_two_convolutions_that_are_added_the_later_one_adds(layout: str) -> None:
    net = Shortcut().eval()
    fast = swapped(net, layout)
    found = {layer: step.plan.epilogue for layer, step in steps(fast).items()}
    assert found == {"body.0": RELU, "body.2": NOTHING, "shortcut": BOTH}
    require_same(fast, net)


def test_a_layer_that_is_called_twice_is_fused_where_it_can_be() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3, padding=1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y: torch.Tensor = self.conv(torch.relu(self.conv(x)))
            return y

    net = Twice().eval()
    fast = swapped(net)
    assert fast.program is not None
    assert [step.plan.epilogue for step in fast.program.steps if isinstance(step, ConvolutionStep)] == [RELU, NOTHING]
    require_same(fast, net)


def test_max_pooling_is_ours_in_channels_last() -> None:
    net = nn.Sequential(
        nn.Conv2d(3, 20, 3), nn.MaxPool2d(3, 2, 1), nn.Conv2d(20, 4, 1), nn.MaxPool2d(2, ceil_mode=True)
    )
    names = [type(step).__name__ for step in swapped(net.eval()).program.steps]  # type: ignore[union-attr]
    assert names == ["ConvolutionStep", "PoolingStep"] * 2
    require_same(swapped(net), net)
    require_same(swapped(net, "nchw"), net)


def test_results_share_memory_and_what_is_returned_does_not() -> None:
    torch.manual_seed(7)
    layers = [nn.Conv2d(3, 16, 3, padding=1), *(nn.Conv2d(16, 16, 3, padding=1) for _ in range(7))]
    net = nn.Sequential(*layers).eval()
    fast = swapped(net)
    assert fast.program is not None
    result = 16 * 12 * 12 * 4
    # Of eight results no more than two are in use at a time.
    workspaces = max(step.workspace_bytes(fast.program.threads) or 0 for step in fast.program.steps)
    assert fast.program.arena_bytes <= 2 * result + workspaces + 128
    with torch.no_grad():
        first = fast(X)
        before = first.clone()
        fast(torch.randn_like(X))
    assert torch.equal(first, before)


def test_views_of_results_are_kept_as_long_as_they_are_read() -> None:
    class Views(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Conv2d(3, 8, 1), nn.Conv2d(8, 8, 3, padding=1)

        def forward(self, x: torch.Tensor) -> dict[str, Any]:
            y = self.first(x)
            left, right = y.chunk(2, dim=1)
            z = self.second(self.second(self.second(y)))
            return {"all": z, "part": (left, right[:, 1:] + 0), "sum": (z.flatten(1).sum() + left.sum())}

    net = Views().eval()
    fast = swapped(net)
    with torch.no_grad():
        found, right = fast(X), net(X)
        fast(torch.randn_like(X))
    assert torch.allclose(found["part"][0], right["part"][0], atol=1e-5)
    assert torch.allclose(found["part"][1], right["part"][1], atol=1e-5)
    assert torch.allclose(found["all"], right["all"], atol=1e-5)
    assert torch.allclose(found["sum"], right["sum"], rtol=1e-4, atol=1e-3)


def test_plans_of_folded_weights_are_made_anew_after_a_change() -> None:
    net = block_net()
    x = torch.randn(1, 3, 16, 16)
    fast = swapped(net, x=x)
    before = fast.program
    norm: Any = net.get_submodule("1.norm")
    with torch.no_grad():
        norm.running_var.mul_(4.0)
        require_same(fast, net, x)
        assert fast.program is not before
        net.get_parameter("1.first.weight").data *= 2
        require_same(fast, net, x)
        fast.network.get_submodule("1.second").bias = nn.Parameter(torch.ones(8))
        net.get_submodule("1.second").bias = nn.Parameter(torch.ones(8))
        require_same(fast, net, x)


def test_hooks_are_called_and_keep_what_they_see_apart() -> None:
    net = following(AFTER["relu"][0])
    fast = swapped(net)
    seen: list[str] = []
    handle = fast.network.get_submodule("norm").register_forward_hook(lambda *_: seen.append("norm"))
    require_same(fast, net)
    assert seen == ["norm"] * len(seen) != []
    assert steps(fast)["conv"].norm is None
    handle.remove()
    number = len(seen)
    require_same(fast, net)
    assert len(seen) == number
    assert steps(fast)["conv"].norm == "norm"
    with fast.network.register_forward_hook(lambda *_: seen.append("whole")):
        require_same(fast, net)
        assert fast.program is None
    assert seen[number:] == ["whole"] * 2


def test_threads_take_turns() -> None:
    net = following(AFTER["b + a, relu"][0])
    fast = swapped(net)
    given = [torch.randn_like(X) for _ in range(4)]
    with torch.no_grad():
        right = [net(x) for x in given]
    wrong: list[int] = []

    def call(number: int) -> None:
        for _ in range(20):
            if not torch.allclose(fast(given[number]), right[number], rtol=1e-4, atol=1e-4):
                wrong.append(number)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(len(given))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_another_number_of_threads_makes_it_anew() -> None:
    net = following(AFTER["b + a, relu"][0])
    fast, before = swapped(net, implementation="implicit-gemm"), torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        require_same(fast, net)
        assert fast.program is not None
        assert fast.program.threads == 1
    finally:
        torch.set_num_threads(before)
