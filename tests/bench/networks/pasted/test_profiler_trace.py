"""Traces of torch.profiler: what torch exports, and events that say too little."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.networks.pasted.pasted_format import PastedError
from bench.networks.pasted.profiler_trace import ProfilerTrace
from impls import ConvProblem

EVENT: dict[str, Any] = {
    "name": "aten::convolution",
    "args": {
        "Ev Idx": 7,
        "Input Dims": [[1, 16, 32, 24], [8, 16, 3, 3], [8], [], [], [], [], [], []],
        "Input type": ["float", "float", "float", "ScalarList", "ScalarList", "ScalarList", "Scalar", "ScalarList",
                       "Scalar"],
        "Concrete Inputs": ["", "", "", "[2, 1]", "[1, 0]", "[1, 2]", "False", "[0, 0]", "1"],
    },
}  # fmt: skip


def event(**changes: Any) -> dict[str, Any]:
    return EVENT | {"args": {key: value for key, value in (EVENT["args"] | changes).items() if value is not None}}


def trace(*events: dict[str, Any]) -> str:
    return json.dumps({"schemaVersion": 1, "traceEvents": list(events)}, indent=1)


def values(**changes: str) -> list[str]:
    """The arguments of a call, with some changed by their place, as in at6."""
    return [changes.get(f"at{place}", text) for place, text in enumerate(EVENT["args"]["Concrete Inputs"])]


def test_calls_are_layers_and_the_rest_is_counted() -> None:
    flat = event(
        **{
            "Input Dims": [[1, 4, 10], [4, 4, 3], [], [], [], [], [], [], []],
            "Concrete Inputs": ["", "", "", "[2]", "[1]", "[1]", "False", "[0]", "1"],
            "Input type": ["c10::BFloat16", "c10::BFloat16"],
        }
    )
    solid = event(**{"Input Dims": [[1, 4, 8, 8, 8], [4, 4, 3, 3, 3], []]})
    text = trace(
        EVENT, {"name": "aten::relu"}, EVENT, flat, solid, event(**{"Concrete Inputs": values(at6="True")}),
        {"name": "aten::convolution_backward"}, {"name": "mkldnn::_convolution_pointwise"}, {"ph": "M"},
    )  # fmt: skip
    assert ProfilerTrace().recognises(text)
    found = ProfilerTrace().read(text)
    assert [(layer.problem, layer.count, layer.precision) for layer in found.layers] == [
        (ConvProblem(1, 16, (32, 24), 8, (3, 3), (2, 1), ((1, 1), (0, 0)), (1, 2), bias=True), 2, "fp32"),
        (ConvProblem(1, 4, (1, 10), 4, (1, 3), (1, 2), ((0, 0), (1, 1))), 1, "bf16"),
    ]
    assert found.left_out == (
        "1 × 3-D convolution", "1 × transposed convolution", "1 × aten::convolution_backward",
        "1 × mkldnn::_convolution_pointwise",
    )  # fmt: skip


def test_one_number_is_for_both_axes() -> None:
    (layer,) = ProfilerTrace().read(trace(event(**{"Concrete Inputs": values(at3="[2]")}))).layers
    assert layer.problem.stride == (2, 2)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (trace(event(**{"Input Dims": None})), "aten::convolution has no shapes; profile with record_shapes=True"),
        (trace(event(**{"Concrete Inputs": [""] * 5})), "aten::convolution has 5 arguments; needed: 9"),
        (trace(event(**{"Input type": ["c10::complex<float>"] * 9})), "the type of the input is 'c10::complex<float>'"),
        (trace(event(**{"Input type": ["float", "double"]})), "the weights are double, the input float"),
        (trace(event(**{"Concrete Inputs": values(at3="?")})), "the arguments of aten::convolution are no sizes"),
        (trace(event(**{"Input Dims": [[1, 16, 1, 1], [8, 16, 9, 9], []]})), "the kernel spans 9"),
        (trace({"name": "aten::relu"}), "the trace has no aten::convolution of two dimensions"),
        ('{"traceEvents": [', "the trace is damaged"),
    ],
)
def test_what_a_trace_does_not_say_is_named(text: str, sentence: str) -> None:
    with pytest.raises(PastedError) as caught:
        ProfilerTrace().read(text)
    assert caught.value.message.startswith(sentence)
    if '"Ev Idx"' in text:
        assert '"Ev Idx": 7' in text.splitlines()[(caught.value.line or 0) - 1]


def test_a_trace_that_torch_exports_is_read(tmp_path: Path) -> None:
    import torch
    from torch.profiler import ProfilerActivity, profile

    layers = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3, 2, 2, dilation=2), torch.nn.Conv2d(8, 8, 3, groups=8, bias=False)
    )
    x = torch.randn(2, 3, 14, 12)
    with torch.no_grad(), profile(activities=[ProfilerActivity.CPU], record_shapes=True) as profiled:
        layers(x)
        torch.nn.functional.conv1d(torch.randn(1, 4, 9), torch.randn(4, 4, 3), padding=1)
    profiled.export_chrome_trace(str(tmp_path / "trace.json"))
    found = ProfilerTrace().read((tmp_path / "trace.json").read_text())
    assert [layer.problem for layer in found.layers] == [
        ConvProblem.parse("mb2ic3ih14iw12oc8kh3kw3sh2sw2ph2pw2dh1dw1", bias=True),
        ConvProblem.parse("g8mb2ic8ih7iw6oc8kh3kw3"),
        ConvProblem.parse("mb1ic4ih1iw9oc4kh1kw3ph0pw1"),
    ]
