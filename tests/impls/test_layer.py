"""impls.Conv2d is torch.nn.Conv2d computed by an implementation: same arguments, same state, same results."""

from __future__ import annotations

import copy
import gc
import io
import weakref
from typing import Any

import pytest
import torch
import torch.nn.utils.prune

import impls

X = torch.randn(2, 4, 9, 8)


def same(layer: torch.nn.Module, torchs: torch.nn.Module, x: torch.Tensor = X) -> None:
    with torch.no_grad():
        torch.testing.assert_close(layer(x), torchs(x), atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize(
    "options",
    [
        {}, {"bias": False}, {"stride": (1, 2)}, {"padding": "same"}, {"padding": (2, 0)}, {"dilation": 2},
        {"groups": 2},
        {"padding": 1, "padding_mode": "reflect"}, {"padding": "same", "padding_mode": "circular"},
        {"dtype": torch.float64},
    ],
)  # fmt: skip
def test_it_has_the_arguments_the_state_and_the_results_of_torchs_layer(options: dict[str, Any]) -> None:
    torchs = torch.nn.Conv2d(4, 6, 3, **options)
    layer = impls.Conv2d(4, 6, 3, **options)
    assert [name for name, _ in layer.named_parameters()] == [name for name, _ in torchs.named_parameters()]
    layer.load_state_dict(torchs.state_dict())
    torchs.load_state_dict(layer.state_dict())
    same(layer, torchs, X.to(layer.weight.dtype))
    same(impls.Conv2d.from_torch(torchs), torchs, X.to(layer.weight.dtype))


@pytest.mark.parametrize("name", impls.names("cpu"))
def test_every_implementation_computes_it(name: str) -> None:
    torchs = torch.nn.Conv2d(4, 6, 3, padding=1)
    layer = impls.Conv2d.from_torch(torchs, implementation=name)
    for x in (X, X[0], X[:1], X.contiguous(memory_format=torch.channels_last)):
        same(layer, torchs, x)


def test_it_plans_once_for_each_size() -> None:
    layer = impls.Conv2d(4, 6, 3, implementation="im2col")
    for x in (X, X[:1], X, X[:1], X):
        layer(x)
    info = layer.plan_cache_info()
    assert (info.hits, info.misses, info.plans, info.limit_bytes) == (3, 2, 2, None)
    layer.clear_plan_cache()
    assert layer.plan_cache_info().plans == 0


def test_it_keeps_the_plans_of_eight_sizes() -> None:
    layer = impls.Conv2d(4, 6, 3, implementation="im2col")
    for height in range(4, 16):
        layer(torch.randn(1, 4, height, 9))
    assert layer.plan_cache_info().plans == 8


def test_it_plans_anew_when_weights_change() -> None:
    torchs = torch.nn.Conv2d(4, 6, 3)
    layer = impls.Conv2d.from_torch(torchs, implementation="winograd-f2")
    same(layer, torchs)
    optimizer = torch.optim.SGD(torchs.parameters(), lr=0.5)
    torchs(X).sum().backward()
    optimizer.step()
    same(layer, torchs)
    layer.load_state_dict(torch.nn.Conv2d(4, 6, 3).state_dict())
    same(layer, torchs)
    layer.weight = torch.nn.Parameter(torch.randn(6, 4, 3, 3))
    layer.double().float()
    same(layer, impls.Conv2d.from_torch(layer, implementation="torch"))


def test_from_torch_shares_parameters_and_mode() -> None:
    torchs = torch.nn.Conv2d(4, 6, 3).eval()
    layer = impls.Conv2d.from_torch(torchs)
    assert layer.weight is torchs.weight
    assert layer.bias is torchs.bias
    assert not layer.training
    assert torchs.weight.requires_grad


@pytest.mark.parametrize(
    ("conv", "kind"),
    [
        (torch.nn.Conv1d(4, 6, 3), "Conv1d"), (torch.nn.LazyConv2d(6, 3), "LazyConv2d"),
        (torch.nn.utils.parametrizations.weight_norm(torch.nn.Conv2d(4, 6, 3)), "ParametrizedConv2d"),
    ],
)  # fmt: skip
def test_other_layers_are_refused(conv: Any, kind: str) -> None:
    with pytest.raises(impls.ConvError, match=f"conv is a {kind}; allowed: a torch.nn.Conv2d itself"):
        impls.Conv2d.from_torch(conv)


def test_computed_parameters_are_refused() -> None:
    pruned = torch.nn.utils.prune.random_unstructured(torch.nn.Conv2d(4, 6, 3), "weight", amount=0.5)
    with pytest.raises(impls.ConvError, match=r"conv.weight is a Tensor that torch computes.*prune.remove"):
        impls.Conv2d.from_torch(pruned)
    bias = torch.nn.utils.prune.random_unstructured(torch.nn.Conv2d(4, 6, 3), "bias", amount=0.5)
    with pytest.raises(impls.ConvError, match=r"conv\.bias is a Tensor"):
        impls.Conv2d.from_torch(bias)
    same(impls.Conv2d.from_torch(torch.nn.utils.prune.remove(pruned, "weight")), pruned)


@pytest.mark.parametrize("register", ["register_forward_hook", "register_forward_pre_hook"])
def test_forward_hooks_are_refused(register: str) -> None:
    conv = torch.nn.Conv2d(4, 6, 3)
    handle = getattr(conv, register)(lambda *arguments: None)
    with pytest.raises(impls.ConvError, match="conv has forward hooks"):
        impls.Conv2d.from_torch(conv)
    handle.remove()
    same(impls.Conv2d.from_torch(conv), conv)


@pytest.mark.parametrize(
    "change", [lambda layer: layer.double(), lambda layer: layer.load_state_dict(layer.state_dict())]
)
def test_a_called_layer_can_be_changed_where_torch_swaps_parameters(change: Any) -> None:
    layer = impls.Conv2d(4, 6, 3, implementation="im2col")
    layer(X)
    swapping = torch.__future__.get_swap_module_params_on_conversion()
    torch.__future__.set_swap_module_params_on_conversion(True)
    try:
        change(layer)
    finally:
        torch.__future__.set_swap_module_params_on_conversion(swapping)
    x = X.to(layer.weight.dtype)
    same(layer, impls.Conv2d.from_torch(layer, implementation="torch"), x)


def test_gradients_are_refused_in_a_sentence() -> None:
    assert not any(parameter.requires_grad for parameter in impls.Conv2d(4, 6, 3).parameters())
    layer = impls.Conv2d.from_torch(torch.nn.Conv2d(4, 6, 3))
    with pytest.raises(impls.ConvError, match="weight requires a gradient, and only the forward pass exists"):
        layer(X)
    with torch.inference_mode():
        assert layer(X).shape == (2, 6, 7, 6)
    layer.requires_grad_(False)
    with pytest.raises(impls.ConvError, match="x requires a gradient"):
        layer(X.clone().requires_grad_())
    assert layer(X).shape == (2, 6, 7, 6)


def test_unknown_names_are_refused_when_it_is_made() -> None:
    with pytest.raises(impls.UnknownImplementation, match="did you mean 'winograd-f4'"):
        impls.Conv2d(4, 6, 3, implementation="winogard-f4")


def test_an_unsupported_problem_is_refused_with_the_reason() -> None:
    with pytest.raises(impls.Unsupported, match="it computes stride 1 only"):
        impls.Conv2d(4, 6, 3, stride=2, implementation="winograd-f4")(X)


def test_copies_and_pickles_have_no_plans() -> None:
    layer = impls.Conv2d(4, 6, 3, implementation="im2col", precision="fp32")
    layer(X)
    file = io.BytesIO()
    torch.save(layer, file)
    file.seek(0)
    for other in (copy.deepcopy(layer), copy.copy(layer), torch.load(file, weights_only=False)):
        assert other.plan_cache_info().plans == 0
        same(other, layer)
        assert other.implementation == "im2col"


def test_a_freed_layer_frees_its_plans() -> None:
    torchs = torch.nn.Conv2d(4, 6, 3)
    layer = impls.Conv2d.from_torch(torchs, implementation="im2col")
    same(layer, torchs)
    cache = weakref.ref(layer._plans)
    del layer
    gc.collect()
    assert cache() is None


def test_its_repr_names_the_implementation() -> None:
    layer = impls.Conv2d(4, 6, 3, padding=1, implementation="winograd-f4")
    assert repr(layer) == (
        "Conv2d(4, 6, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), implementation='winograd-f4')"
    )
