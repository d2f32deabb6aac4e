"""conv2d equals torch.nn.functional.conv2d, and refuses other arguments in words."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F

import impls

X, W, B = torch.randn(2, 4, 9, 8), torch.randn(6, 4, 3, 3), torch.randn(6)


@pytest.mark.parametrize("name", impls.names("cpu"))
@pytest.mark.parametrize(
    "arguments",
    [
        {}, {"stride": 2}, {"stride": (1, 2)}, {"padding": 1}, {"padding": (2, 0)}, {"padding": "same"},
        {"padding": "valid"}, {"dilation": 2}, {"stride": 2, "padding": 1, "dilation": (2, 1)},
    ],
)  # fmt: skip
def test_conv2d_equals_torch(name: str, arguments: dict[str, Any]) -> None:
    try:
        y = impls.conv2d(X, W, B, **arguments, implementation=name)
    except impls.Unsupported:
        return
    torch.testing.assert_close(y, F.conv2d(X, W, B, **arguments), atol=1e-4, rtol=1e-4)


def test_asymmetric_padding_equals_a_padded_copy() -> None:
    y = impls.conv2d(X, W, padding=((1, 0), (0, 2)))
    torch.testing.assert_close(y, F.conv2d(F.pad(X, (0, 2, 1, 0)), W), atol=1e-4, rtol=1e-4)


def test_same_with_a_stride_pads_the_trailing_side_more() -> None:
    y = impls.conv2d(X, W[:, :, :2, :2], stride=2, padding="same")
    torch.testing.assert_close(y, F.conv2d(F.pad(X, (0, 0, 0, 1)), W[:, :, :2, :2], stride=2), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", impls.names("cpu"))
def test_an_image_without_a_batch_is_computed(name: str) -> None:
    y = impls.conv2d(X[0], W, B, padding=1, implementation=name)
    torch.testing.assert_close(y, F.conv2d(X[0], W, B, padding=1), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", impls.names("cpu"))
def test_an_empty_batch_gives_an_empty_output(name: str) -> None:
    assert impls.conv2d(X[:0], W, implementation=name).shape == (0, 6, 7, 6)


@pytest.mark.parametrize("name", impls.names("cpu"))
def test_channels_last_in_gives_channels_last_out(name: str) -> None:
    y = impls.conv2d(X.contiguous(memory_format=torch.channels_last), W, implementation=name)
    assert y.is_contiguous(memory_format=torch.channels_last)
    assert impls.conv2d(X, W, implementation=name).is_contiguous()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": X.int()}, "weight is torch.float32, x is torch.int32"),
        ({"weight": W.double()}, "weight is torch.float64, x is torch.float32"),
        ({"bias": B.half()}, "bias is torch.float16"),
        ({"bias": B[:3]}, "bias has shape (3,); allowed: (6,)"),
        ({"x": X.int(), "weight": W.int()}, "x is torch.int32; allowed: torch.float64"),
        ({"x": [1.0]}, "x is a list; allowed: a torch.Tensor"),
        ({"x": X[0, 0]}, "x has 2 dimensions"),
        ({"weight": W[0]}, "weight has 3 dimensions"),
        ({"weight": W[:, :3]}, "but x has 4 channels"),
        ({"groups": 3}, "in 3 groups"),
        ({"padding": "full"}, "padding 'full' is not understood"),
        ({"precision": "fp8"}, "precision 'fp8' is unknown"),
        ({"precision": "fp64"}, "weight is float32; allowed: float64 for fp64"),
        ({"precision": "tf32"}, "computes in fp32, fp64, bf16, fp16, not in tf32"),
        ({"implementation": "cudnn"}, "runs on cuda, not on cpu"),
        ({"implementation": "winograd-f2", "stride": 2}, "stride 1 only"),
        ({"implementation": "fastest"}, "implementation 'fastest' is unknown"),
    ],
)
def test_wrong_arguments_are_refused_in_one_sentence(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(impls.ConvError) as error:
        impls.conv2d(**{"x": X, "weight": W, **arguments})
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_unsupported_carries_its_reason() -> None:
    with pytest.raises(impls.Unsupported) as error:
        impls.conv2d(X, W, dilation=2, implementation="winograd-f4")
    assert error.value.implementation == "winograd-f4"
    assert error.value.reason == "it computes dilation 1 only"
