"""The line of Python for users computes the problem that it was made for."""

from __future__ import annotations

import pytest
import torch

from bench.rows.python_call import python_call
from impls import ConvProblem
from impls.precision import PRECISIONS

SMALL = "mb1ic4ih8oc4kh3ph1"

# (descriptor, precision, layout, with a bias, the arguments of the call)
CALLS = [
    (SMALL, "fp32", "nchw", False, "x, w, padding=1"),
    ("mb1ic4ih8oc4kh3", "fp64", "nchw", True, "x, w, bias"),
    ("g4mb1ic4ih9iw9oc4kh3kw3sh2sw1dh1dw1", "bf16", "nhwc", False, "x, w, stride=(2, 1), dilation=2, groups=4"),
    ("mb1ic4ih8iw8oc4kh3kw3ph1pw0", "fp16", "nchw", False, "x, w, padding=(1, 0)"),
    ("mb1ic4ih8oc4oh8kh2ph0", "fp32", "nchw", False, "x, w, padding=((0, 1), (0, 1))"),
]


@pytest.mark.parametrize(("descriptor", "precision", "layout", "bias", "arguments"), CALLS, ids=[c[0] for c in CALLS])
def test_the_line_computes_the_problem(
    descriptor: str, precision: str, layout: str, bias: bool, arguments: str
) -> None:
    p, dtype = ConvProblem.parse(descriptor, bias=bias), getattr(torch, PRECISIONS[precision].dtype)
    line = python_call(p, precision, layout, "im2col")
    end = "  # x, w channels last" if layout == "nhwc" else ""
    assert line == f'import impls; y = impls.conv2d({arguments}, implementation="im2col"){end}'
    x, w = torch.randn(p.input_shape).to(dtype), torch.randn(p.weight_shape).to(dtype)
    names = {"x": x, "w": w, "bias": torch.zeros(p.out_channels, dtype=dtype)}
    exec(line, names)
    assert tuple(names["y"].shape) == p.output_shape


def test_a_precision_that_the_type_does_not_tell_is_named() -> None:
    line = python_call(ConvProblem.parse(SMALL), "tf32", "nchw", "torch")
    assert 'padding=1, precision="tf32", implementation="torch")' in line
