"""Swapped networks: proven right, sharing weights, with torch for all that was not chosen."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import impls
from impls import ConvError, SwapChoice, UnknownImplementation, registry
from impls.swap import optimize as optimizing
from impls.swap.convolution import SwappedConv2d
from impls.swap.network import OptimizedNetwork
from impls.swap.steps import CallStep, ConvolutionStep
from tests.impls.swap.networks import Branching, CalledTwice, TwoUses, block_net

X = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))


def close(one: torch.Tensor, two: torch.Tensor) -> bool:
    return bool(torch.allclose(one, two, rtol=1e-4, atol=1e-5))


@pytest.mark.parametrize(
    "using",
    ["im2col", "implicit-gemm", "auto", pytest.param("measured", marks=(pytest.mark.slow, pytest.mark.full)),
     pytest.param("winograd-f4", marks=pytest.mark.full)],
)  # fmt: skip
def test_a_swapped_network_gives_the_same_results(using: str) -> None:
    net = block_net()
    before = copy.deepcopy(net.state_dict())
    fast = impls.optimize(net, X, using=using, budget=0.2)
    other = torch.randn_like(X)
    with torch.no_grad():
        assert close(fast(other), net(other))
    assert fast.proof is not None
    assert all(proof.is_right for proof in fast.proof.layers)
    assert {proof.layer for proof in fast.proof.layers} == set(fast.choice.layers)
    assert fast.proof.output_rms <= fast.proof.output_limit
    # The original is as it was.
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert [type(part) for part in net.modules()] == [type(part) for part in block_net().modules()]


def test_one_implementation_takes_every_layer_that_it_computes() -> None:
    fast = impls.optimize(block_net(), X, using="im2col")
    assert fast.choice.layers == {"0": "im2col", "1.first": "im2col", "1.second": "im2col"}
    swapped = [part for part in fast.modules() if isinstance(part, SwappedConv2d)]
    assert [part.implementation for part in swapped] == ["im2col"] * 3
    assert fast.program is not None
    computed = [step for step in fast.program.steps if isinstance(step, ConvolutionStep)]
    assert [step.implementation for step in computed] == ["im2col"] * 3


def test_layers_that_an_implementation_refuses_stay_with_torch() -> None:
    fast = impls.optimize(block_net(), X, using=SwapChoice({"0": "winograd-f4", "1.first": "im2col"}))
    # The first has stride 2.
    assert fast.choice.layers == {"1.first": "im2col"}
    assert any(note.startswith("0 stays with torch for mb1ic3ih16oc8kh3sh2ph1: winograd-f4 cannot run this")
               for note in fast.notes)  # fmt: skip


def test_weights_that_are_not_folded_are_shared_and_changes_are_seen() -> None:
    net = block_net()
    fast = impls.optimize(net, X, using="im2col")
    weight = net.get_parameter("0.weight")
    assert fast.network.get_parameter("0.weight") is weight
    with torch.no_grad():
        weight.mul_(2.0)
        assert close(fast(X), net(X))


def test_other_sizes_are_computed_by_torch() -> None:
    net = block_net()
    fast = impls.optimize(net, X, using="im2col")
    first: Any = fast.network.get_submodule("0")
    plans = first.plan_cache_info()
    larger = torch.randn(2, 3, 24, 20)
    with torch.no_grad():
        assert close(fast(larger), net(larger))
    assert first.plan_cache_info() == plans


def test_the_layout_of_the_choice_is_that_of_all_tensors() -> None:
    net = block_net()
    layers = {"0": "im2col", "1.first": "im2col", "1.second": "im2col"}
    fast = impls.optimize(net, X, using=SwapChoice(layers, "nhwc"))
    layouts = set()
    for part in fast.modules():
        if isinstance(part, SwappedConv2d):
            part.register_forward_hook(lambda _, inputs, y: layouts.add((inputs[0].is_contiguous(), y.is_contiguous())))
    with torch.no_grad():
        assert close(fast(X), net(X))
    assert layouts == {(False, False)}


def test_a_choice_is_used_again_from_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = impls.optimize(block_net(), X, using="im2col")
    fast.choice.save(tmp_path / "choice.json")
    monkeypatch.setattr(optimizing, "measured", None)
    monkeypatch.setattr(optimizing, "expected_of", None)
    again = impls.optimize(block_net(), X, using=str(tmp_path / "choice.json"))
    assert again.choice == fast.choice


def test_a_network_can_be_copied_and_pickled() -> None:
    fast = impls.optimize(block_net(), X, using="im2col")
    with torch.no_grad():
        for made in (copy.deepcopy(fast), pickle.loads(pickle.dumps(fast))):
            assert close(made(X), fast(X))
            assert made.choice == fast.choice


def test_batch_norms_are_folded_where_nothing_stands_between() -> None:
    fast = impls.optimize(block_net(), X, using="im2col")
    assert fast.program is not None
    assert not [step for step in fast.program.steps if isinstance(step, CallStep)
                and isinstance(step.call, nn.BatchNorm2d)]  # fmt: skip
    assert fast.notes == ()


@pytest.mark.parametrize("net", [TwoUses().eval(), CalledTwice().eval()])
def test_one_of_two_readers_or_calls_keeps_its_batch_norm_apart(net: nn.Module) -> None:
    fast = impls.optimize(net, X, using="im2col")
    assert fast.program is not None
    norms = [step.norm for step in fast.program.steps if isinstance(step, ConvolutionStep)]
    assert norms == ([None] if isinstance(net, TwoUses) else [None, "norm"])
    with torch.no_grad():
        assert close(fast(X), net(X))


def test_what_torch_fx_cannot_follow_runs_by_its_own_code() -> None:
    net = Branching().eval()
    fast = impls.optimize(net, X, using="im2col")
    assert fast.program is None
    assert [note.partition(" (")[0] for note in fast.notes] == [
        "nothing is folded or fused: torch.fx cannot follow the module's code"
    ]
    assert fast.proof is not None
    assert [proof.layer for proof in fast.proof.layers] == ["conv"]
    with torch.no_grad():
        assert close(fast(X), net(X))


@pytest.mark.parametrize("implementation", ["direct", "implicit-gemm", "winograd-f4"])
def test_relu_is_fused_after_each_convolution_that_it_follows(implementation: str) -> None:
    relu = nn.ReLU()
    net = nn.Sequential(nn.Conv2d(3, 16, 3, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 16, 3), relu,
                        nn.Conv2d(16, 16, 3, padding=1), relu, nn.Conv2d(16, 4, 1)).eval()  # fmt: skip
    fast = impls.optimize(net, X, using=SwapChoice(dict.fromkeys(("0", "3", "5"), implementation)))
    assert fast.program is not None
    computed = {step.layer: step for step in fast.program.steps if isinstance(step, ConvolutionStep)}
    assert [step.plan.epilogue.has_relu for step in computed.values()] == [True, True, True, False]
    assert [step.implementation for step in computed.values()] == [implementation] * 3 + ["torch"]
    assert len(fast.program.steps) == len(computed)
    assert fast.proof is not None
    assert all(proof.is_right for proof in fast.proof.layers)
    other = torch.randn(2, 3, 20, 12)
    with torch.no_grad():
        for x in (X, other):
            assert close(fast(x), net(x))
        for made in (copy.deepcopy(fast), pickle.loads(pickle.dumps(fast))):
            assert close(made(X), net(X))


def test_layers_with_hooks_or_other_padding_stay_and_are_named() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"), nn.Conv2d(4, 2, 3))
    seen: list[int] = []
    net[0].register_forward_hook(lambda *given: seen.append(1))
    fast = impls.optimize(net.eval(), X, using="im2col")
    assert fast.choice.layers == {"2": "im2col"}
    assert [note.partition(":")[0] for note in fast.notes] == ["0 stays with torch", "1 stays with torch"]
    number = len(seen)
    fast(X)
    assert len(seen) == number + 1


def test_one_layer_with_two_names_is_swapped_under_both() -> None:
    conv = nn.Conv2d(3, 3, 3, padding=1)
    net = nn.Sequential(conv, nn.ReLU(), conv).eval()
    fast = impls.optimize(net, X, using="im2col")
    assert isinstance(fast.network.get_submodule("0"), SwappedConv2d)
    assert fast.network.get_submodule("0") is fast.network.get_submodule("2")


class Uncopyable(nn.Sequential):
    def __deepcopy__(self, memo: Any) -> Any:
        raise RuntimeError("one only")


def test_a_model_that_cannot_be_copied_is_refused() -> None:
    with pytest.raises(ConvError, match=r"model cannot be copied \(RuntimeError: one only.*give it a __deepcopy__"):
        impls.optimize(Uncopyable(nn.Conv2d(3, 4, 3)).eval(), X, using="im2col")


class Halves(impls.Implementation):
    """Gives half of the right result."""

    name = "halves"

    def plan(self, case: Any, weight: torch.Tensor, bias: torch.Tensor | None) -> Any:
        right = registry.get("im2col").plan(case, weight, bias)
        run = right.run if isinstance(right, impls.Plan) else right
        return lambda x: run(x) / 2


def test_a_wrong_implementation_is_found_with_its_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))
    impls.register(Halves)
    with pytest.raises(ConvError, match=r"layer 0 by halves is not right: an error is .* times what its bound allows"):
        impls.optimize(block_net(), X, using="halves")


def test_only_eval_mode_exists() -> None:
    fast = impls.optimize(block_net(), X, using="im2col")
    assert isinstance(fast, OptimizedNetwork)
    assert fast.eval() is fast
    with pytest.raises(ConvError, match="eval mode only; train the original"):
        fast.train()
    with pytest.raises(ConvError, match="an input requires a gradient"):
        fast(X.clone().requires_grad_())


@pytest.mark.parametrize(
    ("model", "using", "budget", "error", "sentence"),
    [
        (block_net().train(), "auto", 1.0, ConvError, r"training mode, .*; call model\.eval\(\) first"),
        (nn.Sequential(nn.Linear(3, 3)).eval(), "auto", 1.0, ConvError, r"model has no torch\.nn\.Conv2d"),
        ("resnet-18", "auto", 1.0, ConvError, r"model is a str; allowed: a torch\.nn\.Module"),
        (block_net(), "wino", 1.0, UnknownImplementation, "wino"),
        (block_net(), "measured", 0.0, ConvError, r"budget is 0\.0 seconds; allowed: a number from 0\.01 up"),
        (block_net(), "measured", float("nan"), ConvError, "budget is nan"),
        (block_net(), "nothing.json", 1.0, ConvError, r"nothing\.json cannot be read"),
        (block_net(), SwapChoice({"features.0": "im2col"}), 1.0, ConvError, r"of another network: .* features\.0"),
    ],
)
def test_bad_input_is_refused(model: Any, using: Any, budget: float, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        impls.optimize(model, X, using=using, budget=budget)


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"kind": "convcost choice", "layers": []}'])
def test_a_file_that_is_no_choice_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "choice.json").write_text(content)
    with pytest.raises(ConvError, match=r"choice\.json (cannot be read|is no choice of implementations)"):
        SwapChoice.load(tmp_path / "choice.json")


def test_an_unknown_name_or_layout_in_a_choice_is_refused(tmp_path: Path) -> None:
    SwapChoice({"0": "no-such"}).save(tmp_path / "choice.json")
    with pytest.raises(UnknownImplementation):
        SwapChoice.load(tmp_path / "choice.json")
    with pytest.raises(ConvError, match="layout 'nchwc' is unknown; allowed: nchw, nhwc"):
        SwapChoice({}, "nchwc")
