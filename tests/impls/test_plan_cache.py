"""impls.conv2d plans once for each weight, and never computes with weights as they were before a change."""

from __future__ import annotations

import gc
from typing import Any

import pytest
import torch
import torch.nn.functional as F

import impls
from impls import planning
from tests.impls.plan_caching import B, X, check, counts, weights

pytestmark = pytest.mark.usefixtures("own_cache")
ALL = impls.names("cpu")


@pytest.mark.parametrize("name", ALL)
def test_a_second_call_uses_the_plan_of_the_first(name: str) -> None:
    w = weights()
    for _ in range(3):
        check(w, B, name=name, padding=1)
    assert counts() == (2, 1, 1)


def test_planning_happens_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr("impls.functional.prepare", lambda *a: made.append(a) or planning.prepare(*a))
    w = weights()
    for _ in range(5):
        check(w)
    assert len(made) == 1


@pytest.mark.parametrize("name", ALL)
def test_a_change_in_place_plans_anew(name: str) -> None:
    w, b = weights(), torch.randn(6)
    check(w, b, name=name)
    w[5, 3, 2, 2] += 1
    check(w, b, name=name)
    b[1] = 7
    check(w, b, name=name)
    assert counts() == (0, 3, 1), "the plan of the old weights is gone"


def test_an_optimizer_step_plans_anew() -> None:
    conv = torch.nn.Conv2d(4, 6, 3)
    check(conv.weight, conv.bias)
    optimizer = torch.optim.SGD(conv.parameters(), lr=1.0)
    conv(X).sum().backward()
    optimizer.step()
    check(conv.weight, conv.bias)
    assert counts() == (0, 2, 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda w: setattr(w, "data", w.data.flip(0)),
        lambda w: w.data.mul_(2),
        lambda w: w.data.copy_(w.data.flip(0)),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_changes_that_torch_does_not_count_are_noticed(change: Any, dtype: torch.dtype) -> None:
    w = torch.nn.Parameter(weights().to(dtype))
    x = X.to(dtype)
    with torch.no_grad():
        impls.conv2d(x, w)
        change(w)
        torch.testing.assert_close(impls.conv2d(x, w), F.conv2d(x, w), atol=0.2, rtol=0.02)
        assert impls.plan_cache_info().misses == 2


def test_a_round_trip_through_16_bits_plans_anew() -> None:
    """`module.half().float()` sets `.data` twice: the same tensor, the same version, perhaps the same address."""
    conv = torch.nn.Conv2d(4, 6, 3)
    check(conv.weight, name="winograd-f2")
    with torch.no_grad():
        before = impls.conv2d(X, conv.weight, implementation="winograd-f2")
        conv.bfloat16().float()
        assert not torch.equal(before, impls.conv2d(X, conv.weight, implementation="winograd-f2"))


@pytest.mark.parametrize(
    "view", [lambda w: w[:6], lambda w: w[6:], lambda w: w[::2], lambda w: w.view(12, 4, 3, 3)[:6]]
)
def test_a_view_made_at_each_call_is_its_base(view: Any) -> None:
    w = torch.randn(12, 4, 3, 3)
    check(view(w))
    check(view(w))
    assert counts() == (1, 1, 1)
    w.add_(1)
    check(view(w))
    assert counts() == (1, 2, 1)


def test_views_of_one_tensor_have_plans_of_their_own() -> None:
    w = torch.randn(12, 4, 3, 3)
    for view in (w[:6], w[6:], w[::2], w[:6].transpose(2, 3)):
        check(view)
    assert counts() == (0, 4, 4)


def test_a_detached_tensor_that_is_kept_is_one_weight() -> None:
    conv = torch.nn.Conv2d(4, 6, 3)
    w = conv.weight.detach()
    check(w)
    check(w)
    assert counts() == (1, 1, 1)
    with torch.no_grad():
        conv.weight.mul_(2)
    check(w)
    assert counts() == (1, 2, 1)


@pytest.mark.parametrize("name", ["direct", *(pytest.param(n, marks=pytest.mark.full) for n in ALL if n != "direct")])
def test_a_freed_weight_leaves_the_cache(name: str) -> None:
    w, b = weights(), torch.randn(6)
    check(w, b, name=name)
    assert counts()[2] == 1
    del w
    gc.collect()
    assert impls.plan_cache_info().plans == impls.plan_cache_info().bytes == 0


def test_a_freed_bias_leaves_the_cache() -> None:
    w, b = weights(), torch.randn(6)
    check(w, b)
    check(w)
    del b
    gc.collect()
    assert counts()[2] == 1


def test_weights_without_a_version_are_not_kept() -> None:
    with torch.inference_mode():
        w = weights()
    check(w)
    with torch.inference_mode():
        w.mul_(2)
    check(w)
    assert counts() == (0, 2, 0)
    assert impls.plan_cache_info().left_out == 2


def test_other_tensor_classes_are_not_kept() -> None:
    class Mine(torch.Tensor):
        pass

    w = weights().as_subclass(Mine)
    impls.conv2d(X, w)
    impls.conv2d(X, w)
    assert counts() == (0, 2, 0)


@pytest.mark.parametrize("name", ALL)
def test_a_plan_made_under_inference_mode_runs_outside(name: str) -> None:
    w, b = weights(), torch.randn(6)
    with torch.inference_mode():
        impls.conv2d(X, w, b, implementation=name)
    check(w, b, name=name)
    y = impls.conv2d(X, w, b, implementation=name)
    assert counts() == (2, 1, 1)
    assert not y.is_inference()
    assert not y.requires_grad


def test_a_gradient_is_refused_on_a_hit_too() -> None:
    w = torch.nn.Parameter(weights())
    check(w)
    with pytest.raises(impls.ConvError, match=r"weight requires a gradient.*inference_mode\(\) or torch.no_grad\(\)"):
        impls.conv2d(X, w)
    with pytest.raises(impls.ConvError, match="x requires a gradient"):
        impls.conv2d(X.clone().requires_grad_(), w.detach())


@pytest.mark.parametrize(
    "more",
    [
        {"stride": 2}, {"padding": 1}, {"padding": "same"}, {"padding": ((1, 0), (0, 1))}, {"dilation": 2},
        {"x": torch.randn(2, 4, 9, 8)}, {"x": torch.randn(4, 8, 9)}, {"implementation": "direct"},
        {"x": X.contiguous(memory_format=torch.channels_last)}, {"bias": B},
    ],
)  # fmt: skip
def test_other_sizes_and_options_have_plans_of_their_own(more: dict[str, Any]) -> None:
    w = weights()
    for arguments in ({}, more, {}, more):
        given = {"x": X, "implementation": "im2col", **arguments}
        torch.testing.assert_close(impls.conv2d(weight=w, **given), impls.conv2d(weight=w.clone(), **given))
    # The copies were freed at once.
    assert (impls.plan_cache_info().hits, impls.plan_cache_info().plans) == (2, 2)


def test_an_image_without_a_batch_has_the_plan_of_a_batch_of_one() -> None:
    w = weights()
    check(w)
    check(w, x=X[0])
    assert counts() == (1, 1, 1)


@pytest.mark.parametrize("more", [{"stride": [2, 2]}, {"padding": [1, 0], "dilation": [1, 2]}])
def test_lists_are_tuples(more: dict[str, Any]) -> None:
    w = weights()
    for _ in range(2):
        check(w, **more)
    assert counts() == (1, 1, 1)


def test_the_number_of_threads_is_part_of_a_plan() -> None:
    w, threads = weights(), torch.get_num_threads()
    try:
        for number in (1, 2, 1):
            torch.set_num_threads(number)
            check(w, name="implicit-gemm")
    finally:
        torch.set_num_threads(threads)
    assert counts() == (1, 2, 2)


def test_a_plug_in_that_is_registered_again_is_planned_again() -> None:
    def plug_in(factor: float) -> None:
        @impls.register
        class Scaled(impls.Implementation):
            name = "scaled"

            def plan(self, case: impls.Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Any:
                return lambda x: factor * F.conv2d(x, weight)

    w = weights()
    plug_in(1)
    first = impls.conv2d(X, w, implementation="scaled")
    plug_in(3)
    torch.testing.assert_close(impls.conv2d(X, w, implementation="scaled"), 3 * first)


@pytest.mark.parametrize("name", ["direct", "torch"])
def test_a_negative_view_is_not_the_tensor_itself(name: str) -> None:
    """`z.conj().imag` has the memory, shape, strides and version of `z.imag`; torch marks it as negative."""
    w, b = torch.randn(6, 4, 3, 3, dtype=torch.complex64), torch.randn(6, dtype=torch.complex64)
    for weight, bias in [(w.imag, b.imag), (w.conj().imag, b.imag), (w.imag, b.conj().imag)]:
        check(weight, bias, name=name)
    x = torch.randn(1, 4, 9, 8, dtype=torch.complex64).conj().imag
    check(w.real, name=name, x=x)
    check(torch._neg_view(weights()), name=name, x=torch._neg_view(X))


def _gaps(w: torch.Tensor) -> torch.Tensor:
    return torch.stack([w, torch.zeros_like(w)], 1).flatten(0, 1)[::2]


@pytest.mark.parametrize("tap", [(0, 0), (1, 1), (2, 1)])
@pytest.mark.parametrize(
    "layout",
    [lambda w: w, lambda w: w.contiguous(memory_format=torch.channels_last), _gaps],
    ids=["nchw", "nhwc", "gaps"],
)
@pytest.mark.parametrize("shape", [(64, 3, 3, 3), (64, 64, 3, 3)])
def test_a_change_of_one_tap_is_noticed(shape: tuple[int, ...], layout: Any, tap: tuple[int, int]) -> None:
    w, x = layout(torch.randn(shape)), torch.randn(1, shape[1], 5, 5)
    check(w, x=x)
    w.data[:, :, tap[0], tap[1]] *= 3
    check(w, x=x)
    assert counts() == (0, 2, 1)


def test_a_change_of_a_view_with_gaps_is_noticed() -> None:
    w = torch.randn(8, 8, 3, 3)[:, ::2]
    check(w)
    w.data.mul_(2)
    check(w)
    assert counts() == (0, 2, 1)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ({"stride": 1}, {"stride": True}), ({"stride": 1}, {"stride": 1.0}), ({"padding": 1}, {"padding": 1.0}),
        ({"groups": 1}, {"groups": True}), ({"dilation": (1, 1)}, {"dilation": (True, 1)}),
        ({"padding": ((1, 0), (0, 1))}, {"padding": ((1, 0), (False, 1))}), ({"stride": [1, 1]}, {"stride": [1.0, 1]}),
    ],
)  # fmt: skip
def test_wrong_types_are_refused_after_a_call_with_equal_numbers(right: dict[str, Any], wrong: dict[str, Any]) -> None:
    w = weights()
    impls.conv2d(X, w, **right)
    with pytest.raises(impls.ProblemError):
        impls.conv2d(X, w, **wrong)


def test_a_weight_can_be_swapped_after_clearing() -> None:
    w, other = torch.nn.Parameter(weights()), torch.nn.Parameter(weights())
    check(w)
    impls.clear_plan_cache()
    torch.utils.swap_tensors(w, other)
    check(w)
