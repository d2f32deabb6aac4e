"""Logs of ONEDNN_VERBOSE of several versions."""

from __future__ import annotations

import pytest

from bench.networks.pasted.onednn_verbose import OnednnVerbose
from bench.networks.pasted.pasted_format import PastedError
from impls import ConvProblem

OPERANDS = "src:f32:a:blocked:acdb::f0 wei:f32:a:blocked:AcdB16b::f0 bia:f32:a:blocked:a::f0 dst:f32:a:blocked:acdb::f0"
PROBLEM = "mb8_ic32oc32_ih56oh56kh3sh1dh0ph1_iw50ow50kw3sw1dw0pw1"


def line(
    start: str = "onednn_verbose,v1,primitive,exec", *, primitive: str = "convolution", kind: str = "forward_training",
    operands: str = OPERANDS, attributes: str = "attr-scratchpad:user", problem: str = PROBLEM,
) -> str:  # fmt: skip
    return (
        f"{start},cpu,{primitive},jit:avx512_core,{kind},{operands},{attributes},alg:convolution_direct,{problem},1.25"
    )


@pytest.mark.parametrize(
    "start",
    [
        "onednn_verbose,v1,primitive,exec", "onednn_verbose,v1,5213.83,primitive,exec", "onednn_verbose,primitive,exec",
        "onednn_verbose,exec", "onednn_verbose,1623.25,exec", "dnnl_verbose,exec",
    ],
)  # fmt: skip
def test_lines_of_every_version_are_read(start: str) -> None:
    (layer,) = OnednnVerbose().read(line(start)).layers
    assert layer.problem == ConvProblem.parse("mb8ic32ih56iw50oc32kh3kw3ph1pw1", bias=True)
    assert (layer.precision, layer.count) == ("fp32", 1)


# As written by version 1 in its documentation.
VERSION_1 = (
    "dnnl_verbose,exec,cpu,convolution,jit:avx2,forward_inference,src_f32::blocked:abcd:f0 "
    "wei_f32::blocked:Acdb8a:f0 bia_f32::blocked:a:f0 dst_f32::blocked:aBcd8b:f0,,alg:convolution_direct,"
    "mb2_ic3oc16_ih7oh7kh5sh1dh0ph2_iw7ow7kw5sw1dw0pw2,0.0170898"
)


@pytest.mark.parametrize(
    ("text", "descriptor", "bias", "precision"),
    [
        (VERSION_1, "mb2ic3ih7oc16kh5ph2", True, "fp32"),
        (line(operands="src:bf16:a:blocked:acdb::f0 wei:bf16::blocked:acdb::f0 bia:undef::undef::: dst:bf16::::f0"),
         "mb8ic32ih56iw50oc32kh3kw3ph1pw1", False, "bf16"),
        (line(problem="g32mb8_ic32oc32_ih56oh26kh3sh2dh1ph0_iw56ow26kw3sw2dw1pw0"),
         "g32mb8ic32ih56oc32kh3sh2dh1", True, "fp32"),
        (line(problem="mb8_ic32oc32_ih1oh1kh1sh1dh0ph0_iw500ow498kw3sw1dw0pw0"),
         "mb8ic32ih1iw500oc32kh1kw3", True, "fp32"),
        (line(problem="mb8_ic32oc32_ih8oh8kh4sh1dh0ph1_iw8ow8kw4sw1dw0pw1"),
         "mb8ic32ih8oc32oh8kh4ph1", True, "fp32"),
    ],
)  # fmt: skip
def test_a_line_is_a_layer(text: str, descriptor: str, bias: bool, precision: str) -> None:
    (layer,) = OnednnVerbose().read(text).layers
    assert (layer.problem, layer.precision) == (ConvProblem.parse(descriptor, bias=bias), precision)


def test_a_log_counts_calls_and_says_what_it_leaves_out() -> None:
    log = "\n".join(
        [
            "onednn_verbose,v1,info,oneDNN v3.12.0 (commit 80afa710)",
            line("onednn_verbose,v1,primitive,create:cache_miss"),
            line(), "epoch 1", line(primitive="reorder", kind="undef"), line(),
            line(problem="mb1ic3ih8oc4kh3"), line(kind="backward_data"), line(primitive="deconvolution"),
            "onednn_verbose,v1,graph,exec,cpu,100002,convolution_post_ops,conv,,in0_f32:1:strided,,,,0.1",
        ]
    )  # fmt: skip
    found = OnednnVerbose().read(log)
    assert [(layer.problem.in_channels, layer.count) for layer in found.layers] == [(32, 2), (3, 1)]
    assert found.left_out == (
        "1 × line of other text", "1 × reorder", "1 × convolution backward_data", "1 × deconvolution", "1 × graph",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "place", "sentence"),
    [
        (
            line(attributes="attr-scratchpad:user attr-post-ops:eltwise_relu"),
            "attr-post",
            "attr-post-ops:eltwise_relu is",
        ),
        (
            line(attributes="attr-fpmath:bf16"),
            "attr-fpmath",
            "attr-fpmath:bf16 is not measured; take it out of the line",
        ),
        (line(operands=OPERANDS.replace("src:f32", "src:u8")), "src:u8", "the type of src is 'u8'; allowed: f64, f32"),
        (line(operands=OPERANDS.replace("wei:f32", "wei:s8")), "wei:s8", "the type of wei is 's8'; allowed: f64, f32"),
        (line(operands=OPERANDS.replace("src:f32", "src:bf16")), "src:bf16", "the types differ: src bf16, wei fp32"),
        (line(operands="src:f32::"), "src:f32", "the operands lack wei"),
        (line(problem="mb8_ic32oc32_id4_ih8kh3"), "id4", "problem 'mb8_ic32oc32_id4_ih8kh3': a depth field"),
        (line(problem="mb8ic32oc32ih8kh9"), "mb8ic32", "the kernel spans 9"),
        (
            "onednn_verbose,v1,primitive,exec,cpu,convolution,ref,forward_inference",
            "cpu",
            "the line has 4 fields; needed",
        ),
        (line(kind="backward_data"), "onednn", "the log has no executed forward convolution"),
    ],
)
def test_an_option_is_refused_with_its_place(text: str, place: str, sentence: str) -> None:
    with pytest.raises(PastedError) as caught:
        OnednnVerbose().read(text)
    assert caught.value.line == 1
    assert caught.value.message.startswith(sentence)
    assert text[caught.value.column - 1 :].startswith(place)
