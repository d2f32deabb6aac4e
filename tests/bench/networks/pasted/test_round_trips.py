"""Laws: a layer written in each program's own way is read back as it was.

The writers stand here, and follow the programs' documentation, not the readers.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bench.cost.layer import Layer, merged
from bench.networks.pasted.benchdnn import BenchdnnBatch, BenchdnnLine
from bench.networks.pasted.cutlass import CutlassLine
from bench.networks.pasted.formats import is_pasted
from bench.networks.pasted.miopen import MIOpenLine
from bench.networks.pasted.onednn_verbose import OnednnVerbose
from bench.networks.pasted.profiler_table import ProfilerTable
from bench.networks.pasted.profiler_trace import ProfilerTrace
from bench.sweep.layers import read_descriptors
from impls import ConvProblem, ProblemError

_PAIR = st.tuples(st.integers(1, 5), st.integers(1, 5))
_NAMES = st.text(st.characters(blacklist_categories=["C", "Z"], blacklist_characters='"*'), max_size=8)
_BENCHDNN_TYPES = {"fp64": "f64", "fp32": "f32", "bf16": "bf16", "fp16": "f16"}
_TORCH_TYPES = {"fp64": "double", "fp32": "float", "bf16": "c10::BFloat16", "fp16": "c10::Half"}


@st.composite
def layers(draw: st.DrawFn, *, is_symmetric: bool = True) -> Layer:
    """Layers of any sizes, with a name and how often they occur; of most programs, paddings are symmetric."""
    groups = draw(st.integers(1, 3))
    rows, columns = draw(st.integers(0, 4)), draw(st.integers(0, 4))
    trailing = (rows, columns) if is_symmetric else (draw(st.integers(0, 4)), draw(st.integers(0, 4)))
    try:
        problem = ConvProblem(
            draw(st.integers(1, 300)), groups * draw(st.integers(1, 70)), draw(st.tuples(*[st.integers(1, 300)] * 2)),
            groups * draw(st.integers(1, 70)), draw(_PAIR), draw(_PAIR), ((rows, trailing[0]), (columns, trailing[1])),
            draw(_PAIR), groups, draw(st.booleans()),
        )  # fmt: skip
    except ProblemError:
        assume(False)
        raise
    precision = draw(st.sampled_from(sorted(_BENCHDNN_TYPES)))
    return Layer(problem, draw(_NAMES) or problem.descriptor, draw(st.integers(1, 9)), precision)


def bare(layer: Layer) -> Layer:
    """The layer as a format without names and counts has it."""
    return Layer(layer.problem, layer.problem.descriptor, precision=layer.precision)


def benchdnn(layer: Layer) -> str:
    """The options and the problem of benchdnn; the name is quoted."""
    direction = "FWD_B" if layer.problem.bias else "FWD_D"
    return (
        f"--dir={direction} --dt={_BENCHDNN_TYPES[str(layer.precision)]} "
        f'{layer.problem.descriptor}n"{layer.name}*{layer.count}"'
    )


@given(layers(is_symmetric=False))
def test_benchdnn(layer: Layer) -> None:
    line = f"./benchdnn --conv --mode=P {benchdnn(layer)}"
    assert is_pasted(line)
    assert BenchdnnLine(Path()).read(line).layers == (layer,)


@given(st.lists(layers(is_symmetric=False), min_size=1, max_size=4))
def test_a_batch_file(some: list[Layer]) -> None:
    # In a batch file a # starts a comment, also in a name.
    named = [replace(layer, name=layer.name.replace("#", "") or "x") for layer in some]
    text = "\n".join(map(benchdnn, named))
    assert BenchdnnBatch(Path()).read(text).layers == tuple(named)
    assert read_descriptors(text, "t", "t.txt").layers == merged(named)


@given(layers())
def test_miopen(layer: Layer) -> None:
    assume(layer.precision != "fp64")
    p = layer.problem
    command = {"fp32": "conv", "fp16": "convfp16", "bf16": "convbfp16"}[str(layer.precision)]
    line = (
        f"./bin/MIOpenDriver {command} -n {p.batch} -c {p.in_channels} -H {p.size[0]} -W {p.size[1]} "
        f"-k {p.out_channels} -y {p.kernel[0]} -x {p.kernel[1]} -p {p.padding[0][0]} -q {p.padding[1][0]} "
        f"-u {p.stride[0]} -v {p.stride[1]} -l {p.dilation[0]} -j {p.dilation[1]} -m conv -g {p.groups} -F 1 -t 1 "
        f"-b {int(p.bias)}"
    )
    assert is_pasted(line)
    assert MIOpenLine().read(line).layers == (bare(layer),)


@given(layers(is_symmetric=False))
def test_cutlass(layer: Layer) -> None:
    p = replace(layer.problem, bias=False)
    kind = _BENCHDNN_TYPES[str(layer.precision)]
    line = (
        f"cutlass_profiler --operation=Conv2d --Activation={kind}:nhwc --Filter={kind}:nhwc --Output={kind} "
        f"--n={p.batch} --h={p.size[0]} --w={p.size[1]} --c={p.in_channels} --k={p.out_channels} --r={p.kernel[0]} "
        f"--s={p.kernel[1]} --p={p.output_shape[2]} --q={p.output_shape[3]} --g={p.groups} --pad_h={p.padding[0][0]} "
        f"--pad_w={p.padding[1][0]} --stride_h={p.stride[0]} --stride_w={p.stride[1]} --dilation_h={p.dilation[0]} "
        f"--dilation_w={p.dilation[1]}"
    )
    assert is_pasted(line)
    (found,) = CutlassLine().read(line).layers
    assert found.precision == layer.precision
    # Rows and columns of padding that no tap reaches are no part of an output size.
    assert replace(found.problem, padding=p.padding) == p
    assert found.problem.output_shape == p.output_shape


def verbose(layer: Layer) -> str:
    p, kind = layer.problem, _BENCHDNN_TYPES[str(layer.precision)]
    axes = "_".join(
        f"i{a}{p.size[i]}o{a}{p.output_shape[2 + i]}k{a}{p.kernel[i]}s{a}{p.stride[i]}d{a}{p.dilation[i] - 1}"
        f"p{a}{p.padding[i][0]}"
        for i, a in enumerate("hw")
    )
    groups = f"g{p.groups}" if p.groups > 1 else ""
    bias = f"bia:{kind}:a:blocked:a::f0" if p.bias else "bia:undef::undef:::"
    return (
        f"onednn_verbose,v1,primitive,exec,cpu,convolution,jit:avx512_core,forward_inference,src:{kind}:a:blocked:acdb::"
        f"f0 wei:{kind}:a:blocked:abcd::f0 {bias} dst:{kind}:a:blocked:acdb::f0,attr-scratchpad:user,"
        f"alg:convolution_direct,{groups}mb{p.batch}_ic{p.in_channels}oc{p.out_channels}_{axes},0.5"
    )


@given(layers(is_symmetric=False))
def test_onednn_verbose(layer: Layer) -> None:
    assert is_pasted(verbose(layer))
    (found,) = OnednnVerbose().read("\n".join([verbose(layer)] * layer.count)).layers
    assert (found.count, found.precision) == (layer.count, layer.precision)
    assert replace(found.problem, padding=layer.problem.padding) == layer.problem
    assert found.problem.output_shape == layer.problem.output_shape


@given(layers())
def test_a_trace(layer: Layer) -> None:
    p, kind = layer.problem, _TORCH_TYPES[str(layer.precision)]
    padding = [p.padding[0][0], p.padding[1][0]]
    weights = [p.out_channels, p.in_channels // p.groups, *p.kernel]
    arguments = {
        "Concrete Inputs": ["", "", "", str(list(p.stride)), str(padding), str(list(p.dilation)), "False", "[0, 0]",
                            str(p.groups)],
        "Input type": [kind, kind, kind if p.bias else ""],
        "Input Dims": [[p.batch, p.in_channels, *p.size], weights, [p.out_channels] if p.bias else []],
    }  # fmt: skip
    text = json.dumps({"traceEvents": [{"name": "aten::convolution", "args": arguments}] * layer.count})
    assert is_pasted(text)
    assert ProfilerTrace().read(text).layers == (replace(bare(layer), count=layer.count),)


@given(layers(), st.sampled_from([1, 10**3, 10**6]))
def test_a_table(layer: Layer, unit: int) -> None:
    p = _usual(layer.problem)
    weights = [p.out_channels, p.in_channels // p.groups, *p.kernel]
    flops = layer.count * 2 * p.macs / unit
    assume(flops >= 1)
    # With torch's three digits after the point.
    row = [[p.batch, p.in_channels, *p.size], weights, [p.out_channels] if p.bias else [], [], [], [], []]
    text = (
        f"Name   Self CPU   # of Calls   Input Shapes   Total { {1: '', 10**3: 'K', 10**6: 'M'}[unit] }FLOPs\n"
        f"aten::conv2d   5.000us   {layer.count}   {row}   {flops:8.3f}\n"
    )
    assert is_pasted(text)
    (found,) = ProfilerTable().read(text).layers
    assert (found.count, found.precision) == (layer.count, None)
    # Another stride and padding may have as many FLOPs, as far as the table's digits say: what it says holds.
    sizes = ("batch", "in_channels", "size", "out_channels", "kernel", "groups", "bias")
    assert all(getattr(found.problem, name) == getattr(p, name) for name in sizes)
    assert found.problem.macs == pytest.approx(p.macs, rel=1e-3)


def _usual(p: ConvProblem) -> ConvProblem:
    """The problem with a stride, padding and dilation that a table can tell."""
    rows, columns = (min(side[0], kernel // 2) for side, kernel in zip(p.padding, p.kernel, strict=True))
    columns = rows if p.kernel[0] == p.kernel[1] else columns
    stride = min(p.stride[0], 4)
    sides = ((rows, rows), (columns, columns))
    try:
        return replace(p, stride=(stride, stride), padding=sides, dilation=(1, 1))
    except ProblemError:
        assume(False)
        raise
