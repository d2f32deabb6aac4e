"""Reads the table of torch.profiler with input shapes and FLOPs: each row of aten::conv2d is a layer.

Source: torch.autograd.profiler_util, `_build_table`; torch/csrc/profiler/util.cpp, `computeFlops` (of a convolution
2 × batch × outputs × kernel × channels). A table has no stride, padding and dilation. Its FLOPs give the number of
outputs, and of usual strides and paddings with as many outputs the smallest are taken, with dilation 1. Rows whose
FLOPs no such convolution has are refused: a trace (bench.networks.pasted.profiler_trace) has every size.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from bench.cost.layer import Layer
from bench.format import count
from bench.networks.pasted.pasted_format import Pasted, PastedError
from impls import ConvError, ConvProblem
from impls.padding import Pair

_HEADER = re.compile(r"\s*Name\s.*\sSelf CPU\s.*# of Calls")
_UNIT = re.compile(r"Total (?P<prefix>[KMGTP]?)FLOPs")
_PREFIXES = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}
# The numbers of a shape; longer ones are no sizes.
_LIST = r"\[(?:\d{1,18}(?:, \d{1,18})*)?\]"
# The name, the calls (before a node's number, if there is one), the shapes, which may be cut off, and the FLOPs.
_ROW = re.compile(
    r"\s*(?P<name>aten::\S*conv\S*)\s.*?\s(?P<calls>\d{1,18})(?:\s+-?\d+)?\s+"
    rf"(?P<shapes>\[{_LIST}, {_LIST}(?:, {_LIST})?)"
    r"[\[\], \d]*?(?:\s{2,}(?P<flops>\d+\.\d+|--)(?=\s|$))?(?:\s{2,}.*)?$"
)
_CONVOLUTION = re.compile(r"\s*aten::conv2d\s")
_SHAPE = re.compile(r"\[(\d+(?:, \d+)*)?\]")
# A call of one of these becomes one of aten::convolution.
_CALLERS = re.compile(r"aten::conv(1d|2d|3d|_transpose[123]d)$")
# The table shows FLOPs with three digits after the point.
_HALF_A_DIGIT = 0.0005
# Larger strides than these are those of kernels as large, as in the patches of a vision transformer.
_USUAL_STRIDES = (1, 2, 3, 4)
# Of kernels of up to 63 × 63; larger paddings are not tried, and longer lines are of no table.
_MOST_PADDING, _LONGEST_LINE = 31, 10_000
_TRACE = "a trace has every size: prof.export_chrome_trace('trace.json')"
_ASSUMED = (
    "stride, padding and dilation, which a table of torch.profiler has not (the smallest stride and padding with the "
    f"table's FLOPs are taken, and dilation 1; {_TRACE})"
)


class ProfilerTable:
    """A table that `key_averages(group_by_input_shape=True).table()` made."""

    name = "a table of torch.profiler"

    def recognises(self, text: str) -> bool:
        """Whether a line is the header of such a table."""
        return any(_HEADER.match(line) for line in text.splitlines())

    def read(self, text: str) -> Pasted:
        """The layers of all rows of aten::conv2d; other convolutions are left out and counted."""
        lines = text.splitlines()
        head = next(index for index, line in enumerate(lines) if _HEADER.match(line))
        unit = _unit(lines[head], head + 1)
        layers: list[Layer] = []
        calls: Counter[str] = Counter()
        inner = 0
        for number, row in _rows(lines, head + 1):
            if row["name"] == "aten::conv2d":
                layers.append(_layer(row, unit, number))
            elif _CALLERS.match(row["name"]) or row["name"] == "aten::convolution_backward":
                calls[row["name"]] += int(row["calls"])
            if row["name"] == "aten::convolution":
                inner += int(row["calls"])
        if not layers:
            raise PastedError(f"the table has no aten::conv2d; {_TRACE}", 1, head + 1)
        named = sum(layer.count for layer in layers) + sum(n for name, n in calls.items() if _CALLERS.match(name))
        if inner > named:
            calls["aten::convolution without aten::conv2d"] = inner - named
        return Pasted(tuple(layers), (*(f"{number} × {name}" for name, number in calls.items()), _ASSUMED))


def _unit(header: str, number: int) -> int:
    """The FLOPs of one in the table's column. Raises PastedError for a table without shapes or FLOPs."""
    if "Input Shapes" not in header:
        message = "the table has no Input Shapes; profile with record_shapes=True, and make it by "
        raise PastedError(f"{message}key_averages(group_by_input_shape=True).table()", 1, number)
    match = _UNIT.search(header)
    if match is None:
        message = "the table has no FLOPs, so that strides and paddings are unknown; profile with with_flops=True, or: "
        raise PastedError(message + _TRACE, 1, number)
    return _PREFIXES[match["prefix"]]


def _rows(lines: list[str], start: int) -> Iterator[tuple[int, re.Match[str]]]:
    for number, line in enumerate(lines[start:], start + 1):
        if len(line) > _LONGEST_LINE:
            raise PastedError(f"the line has {len(line):,} characters; allowed: {_LONGEST_LINE:,}", 1, number)
        if match := _ROW.match(line):
            yield number, match
        elif _CONVOLUTION.match(line):
            raise PastedError(f"the row of aten::conv2d has no calls and shapes; {_TRACE}", 1, number)


def _layer(row: re.Match[str], unit: int, number: int) -> Layer:
    calls, column = int(row["calls"]), row.start("shapes") + 1
    shapes = [tuple(map(int, match[1].split(", "))) if match[1] else () for match in _SHAPE.finditer(row["shapes"])]
    if len(shapes[0]) != 4 or len(shapes[1]) != 4 or not calls:
        raise PastedError(f"{row['shapes']}] are no input and weights of a 2-D convolution", column, number)
    if row["flops"] in (None, "--"):
        raise PastedError(f"the row of {row['name']} has no FLOPs; {_TRACE}", column, number)
    image, weights = shapes[0], shapes[1]
    per_output = 2 * image[0] * weights[0] * weights[1] * weights[2] * weights[3] * calls
    if not per_output or not weights[1] or image[1] % weights[1]:
        raise PastedError(f"{row['shapes']}] are no input and weights of a 2-D convolution", column, number)
    outputs, half = float(row["flops"]) * unit / per_output, _HALF_A_DIGIT * unit / per_output
    for problem in _candidates(image, weights, has_bias=len(shapes) > 2 and shapes[2] != ()):
        if abs(problem.output_shape[2] * problem.output_shape[3] - outputs) <= half * (1 + 1e-9) + 1e-9:
            return Layer(problem, problem.descriptor, calls)
    message = f"no usual convolution of these shapes has {row['flops']} (of {count(calls, 'call')}); {_TRACE}"
    raise PastedError(message, row.start("flops") + 1, number)


def _candidates(image: tuple[int, ...], weights: tuple[int, ...], *, has_bias: bool) -> Iterator[ConvProblem]:
    """The usual convolutions of these shapes, by stride and then by padding; a square kernel has a square padding."""
    batch, channels, *size = image
    filters, group_channels, *kernel = weights
    for stride in dict.fromkeys((*_USUAL_STRIDES, *kernel)):
        for padding in _paddings((kernel[0], kernel[1])):
            sides = ((padding[0], padding[0]), (padding[1], padding[1]))
            try:
                yield ConvProblem(
                    batch, channels, (size[0], size[1]), filters, (kernel[0], kernel[1]), (stride, stride), sides,
                    (1, 1), channels // group_channels, has_bias,
                )  # fmt: skip
            except ConvError:
                # The kernel is larger than the padded image, so that the padding is larger.
                continue


def _paddings(kernel: Pair) -> list[Pair]:
    most = [min(size // 2, _MOST_PADDING) for size in kernel]
    if kernel[0] == kernel[1]:
        return [(width, width) for width in range(most[0] + 1)]
    return [(rows, columns) for rows in range(most[0] + 1) for columns in range(most[1] + 1)]
