"""Reads command lines of MIOpenDriver. Source: MIOpen, driver/conv_driver.hpp.

Sizes that a line leaves out have the defaults of the program. Options that choose a layout, an algorithm or a way of
timing are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bench.cost.layer import Layer
from bench.networks.pasted.pasted_format import Pasted, PastedError, impossible, one_of
from bench.networks.pasted.words import Given, Word, require_known, split, whole
from impls import ConvError, ConvProblem
from impls.padding import resolve

# The command after the program, with the precision that it means.
COMMANDS = {"conv": "fp32", "convfp16": "fp16", "convbfp16": "bf16"}
# Long names by short ones, and the defaults of those that are numbers.
_LONG = {
    "n": "batchsize", "c": "in_channels", "H": "in_h", "W": "in_w", "k": "out_channels", "y": "fil_h", "x": "fil_w",
    "p": "pad_h", "q": "pad_w", "u": "conv_stride_h", "v": "conv_stride_w", "l": "dilation_h", "j": "dilation_w",
    "g": "group_count", "F": "forw", "b": "bias", "_": "spatial_dim", "m": "mode", "z": "pad_mode",
}  # fmt: skip
_NUMBERS = {
    "batchsize": 100, "in_channels": 3, "in_h": 32, "in_w": 32, "out_channels": 32, "fil_h": 3, "fil_w": 3, "pad_h": 0,
    "pad_w": 0, "conv_stride_h": 1, "conv_stride_w": 1, "dilation_h": 1, "dilation_w": 1, "group_count": 1, "forw": 0,
    "bias": 0, "spatial_dim": 2,
}  # fmt: skip
_PASSED_OVER = frozenset(
    {
        "t", "time", "V", "verify", "i", "iter", "s", "search", "w", "wall", "P", "printconv", "o", "dump_output",
        "I", "in_layout", "O", "out_layout", "f", "fil_layout", "S", "solution", "G", "gpualloc",
    }
)  # fmt: skip
_MODES = {"conv": True}
_PROGRAM = re.compile(r"(?:\S*/)?MIOpenDriver\s")


class MIOpenLine:
    """One command line: `MIOpenDriver conv -n 32 -c 48 -H 56 …`."""

    name = "MIOpenDriver"

    def recognises(self, text: str) -> bool:
        """Whether the line begins with the program."""
        return _PROGRAM.match(text) is not None

    def read(self, text: str) -> Pasted:
        """The one layer of a line."""
        match = _PROGRAM.match(text)
        words = split(text, match.end() if match else 0)
        command = words[0] if words else Word("", len(text) + 1)
        precision = one_of("the command of MIOpenDriver", command.text, COMMANDS, command.column)
        problem = _problem(_flags(words[1:]), command.column)
        return Pasted((Layer(problem, problem.descriptor, precision=precision),))


def _flags(words: Sequence[Word]) -> dict[str, Given]:
    """The options by their long names, each with its value: -n 32, --batchsize 32 or --batchsize=32."""
    found: dict[str, Given] = {}
    rest = iter(words)
    for word in rest:
        typed, has_value, value = word.text.partition("=")
        if not typed.startswith("-"):
            raise PastedError(
                f"{word.text!r} is no option of MIOpenDriver; allowed: -n 32 or --batchsize 32", word.column
            )
        given = Given(value, word.column)
        if not has_value and (following := next(rest, None)):
            given = Given(following.text, following.column)
        require_known("MIOpenDriver", typed, word.column, {*_PASSED_OVER, *_LONG, *_LONG.values()})
        name = typed.lstrip("-")
        found[_LONG.get(name, name)] = given
    return found


def _problem(flags: dict[str, Given], column: int) -> ConvProblem:
    numbers = {name: whole(f"--{name}", flags.get(name, Given(str(usual), column))) for name, usual in _NUMBERS.items()}
    _require_forward(flags, numbers, column)
    size, kernel, stride, dilation, pad = (
        (numbers[name.format("h")], numbers[name.format("w")])
        for name in ("in_{}", "fil_{}", "conv_stride_{}", "dilation_{}", "pad_{}")
    )
    mode = flags.get("pad_mode", Given("default", column))
    forms = {"default": pad, "conv": pad, "same": "same", "valid": "valid"}
    form = one_of("--pad_mode", mode.value.lower(), forms, mode.column)
    try:
        return ConvProblem(
            numbers["batchsize"], numbers["in_channels"], size, numbers["out_channels"], kernel, stride,
            resolve(form, size, kernel, stride, dilation), dilation, numbers["group_count"], numbers["bias"] == 1,
        )  # fmt: skip
    except ConvError as error:
        raise impossible(error, column) from error


def _require_forward(flags: dict[str, Given], numbers: dict[str, int], column: int) -> None:
    """Raise PastedError for anything but the forward pass of a 2-D convolution."""
    mode = flags.get("mode", Given("conv", column))
    one_of("--mode", mode.value, _MODES, mode.column)
    if numbers["spatial_dim"] != 2:
        raise PastedError(f"--spatial_dim is {numbers['spatial_dim']}; allowed: 2", flags["spatial_dim"].column)
    # Of --forw, 0 is every pass, 1 forward, 2 and 4 are backward, and sums are several.
    if numbers["forw"] and not numbers["forw"] & 1:
        message = f"--forw {numbers['forw']} is a backward pass; allowed: forward, 1"
        raise PastedError(message, flags["forw"].column)
