"""Reads pasted command lines of oneDNN's benchdnn and of MIOpenDriver: one convolution each.

Sources: oneDNN, tests/benchdnn/doc/driver_conv.md; MIOpen, driver/conv_driver.hpp. Sizes that a line leaves out have
the defaults of its program. Options that choose a layout, an algorithm or a way of timing are passed over.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from bench.cost.layer import Layer
from bench.errors import UsageError
from impls import ConvProblem
from impls.descriptor import DescriptorError, parse
from impls.padding import resolve

Value = TypeVar("Value")

_LINE = re.compile(r"(?:\S*/)?(?P<program>benchdnn|MIOpenDriver)\s")

# Of --dir, whether the layer has a bias.
_DIRECTIONS = {"FWD_B": True, "FWD_D": False, "FWD_I": False}
# Of --dt and --cfg.
_TYPES = {
    "f64": "fp64", "f32": "fp32", "bf16": "bf16", "f16": "fp16", "f64:f64:f64": "fp64", "f32:f32:f32": "fp32",
    "bf16:bf16:bf16": "bf16", "f16:f16:f16": "fp16", "bf16bf16bf16": "bf16",
}  # fmt: skip
_KNOBS_PASSED_OVER = frozenset(
    {
        "conv", "mode", "mode-modifier", "alg", "stag", "wtag", "dtag", "impl", "skip-impl", "engine", "verbose",
        "fix-times-per-prb", "max-ms-per-prb", "memory-kind", "attr-scratchpad", "perf-template", "cold-cache",
    }
)  # fmt: skip

_DRIVERS = {"conv": "fp32", "convfp16": "fp16", "convbfp16": "bf16"}
# Long names by short ones, and the defaults of those that are numbers.
_FLAGS = {
    "n": "batchsize", "c": "in_channels", "H": "in_h", "W": "in_w", "k": "out_channels", "y": "fil_h", "x": "fil_w",
    "p": "pad_h", "q": "pad_w", "u": "conv_stride_h", "v": "conv_stride_w", "l": "dilation_h", "j": "dilation_w",
    "g": "group_count", "F": "forw", "b": "bias", "_": "spatial_dim", "m": "mode", "z": "pad_mode",
}  # fmt: skip
_NUMBERS = {
    "batchsize": 100, "in_channels": 3, "in_h": 32, "in_w": 32, "out_channels": 32, "fil_h": 3, "fil_w": 3, "pad_h": 0,
    "pad_w": 0, "conv_stride_h": 1, "conv_stride_w": 1, "dilation_h": 1, "dilation_w": 1, "group_count": 1, "forw": 0,
    "bias": 0, "spatial_dim": 2,
}  # fmt: skip
_FLAGS_PASSED_OVER = frozenset(
    {
        "t", "time", "V", "verify", "i", "iter", "s", "search", "w", "wall", "P", "printconv", "o", "dump_output",
        "I", "in_layout", "O", "out_layout", "f", "fil_layout", "S", "solution", "G", "gpualloc",
    }
)  # fmt: skip


def read(line: str) -> Layer | None:
    """The layer of a command line, None for other text. Raises UsageError, or impls.ConvError for impossible sizes."""
    match = _LINE.match(line)
    if match is None:
        if program := _missing_program(line):
            raise UsageError(f"begin the line with {program}, as in {program} {line}")
        return None
    readers: dict[str, Callable[[Sequence[str]], Layer]] = {"benchdnn": _benchdnn, "MIOpenDriver": _miopen}
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise UsageError(f"the line has an open quote: {line!r}") from error
    return readers[match["program"]](words[1:])


def _missing_program(line: str) -> str:
    """The program that a line of options belongs to, such as a line of a batch file; empty for other text."""
    first, _, rest = line.partition(" ")
    if first.startswith("--"):
        return "benchdnn"
    return "MIOpenDriver" if first in _DRIVERS and rest.lstrip().startswith("-") else ""


def _benchdnn(words: Sequence[str]) -> Layer:
    knobs: dict[str, str] = {}
    descriptors = []
    for word in words:
        if word.startswith("--"):
            name, _, value = word[2:].partition("=")
            knobs[name] = value
        elif not word.startswith("-v"):
            descriptors.append(word)
    _require("benchdnn", set(knobs), _KNOBS_PASSED_OVER | {"dir", "dt", "cfg", "mb"})
    if "conv" not in knobs:
        raise UsageError("the line has no --conv; allowed: convolutions")
    if len(descriptors) != 1:
        raise UsageError(f"the line has {len(descriptors)} problems; allowed: one descriptor at its end")
    direction, kind = knobs.get("dir", "FWD_B"), knobs.get("dt", knobs.get("cfg", "f32"))
    try:
        found = parse(descriptors[0])
    except DescriptorError as error:
        # Its column is that of the descriptor, not of the line.
        raise UsageError(str(error)) from error
    problem = ConvProblem.from_descriptor(found, bias=_one_of("--dir", direction, _DIRECTIONS))
    if batch := _whole("--mb", knobs.get("mb", "0")):
        problem = replace(problem, batch=batch)
    return Layer(problem, found.name or problem.descriptor, found.count, _one_of("--dt", kind, _TYPES))


def _miopen(words: Sequence[str]) -> Layer:
    driver = words[0] if words else ""
    precision = _one_of("the command of MIOpenDriver", driver, _DRIVERS)
    flags: dict[str, str] = {}
    rest = iter(words[1:])
    for word in rest:
        name, has_value, value = word.lstrip("-").partition("=")
        flags[_FLAGS.get(name, name)] = value if has_value else next(rest, "")
    _require("MIOpenDriver", set(flags), _FLAGS_PASSED_OVER | set(_FLAGS.values()))
    numbers = {name: _whole(f"--{name}", flags.get(name, str(default))) for name, default in _NUMBERS.items()}
    _one_of("--mode", flags.get("mode", "conv"), {"conv": True})
    if numbers["spatial_dim"] != 2:
        raise UsageError(f"--spatial_dim is {numbers['spatial_dim']}; allowed: 2")
    if numbers["forw"] and not numbers["forw"] & 1:
        raise UsageError(f"--forw {numbers['forw']} is a backward pass; allowed: forward, 1")
    size, kernel, stride, dilation, pad = (
        (numbers[name.format("h")], numbers[name.format("w")])
        for name in ("in_{}", "fil_{}", "conv_stride_{}", "dilation_{}", "pad_{}")
    )
    mode = flags.get("pad_mode", "default").lower()
    form = _one_of("--pad_mode", mode, {"default": pad, "conv": pad, "same": "same", "valid": "valid"})
    problem = ConvProblem(
        numbers["batchsize"], numbers["in_channels"], size, numbers["out_channels"], kernel, stride,
        resolve(form, size, kernel, stride, dilation), dilation, numbers["group_count"], numbers["bias"] == 1,
    )  # fmt: skip
    return Layer(problem, problem.descriptor, precision=precision)


def _require(program: str, given: set[str], allowed: frozenset[str] | set[str]) -> None:
    if unknown := sorted(given - allowed):
        raise UsageError(f"--{unknown[0]} of {program} is not read; leave it out, or write a descriptor")


def _one_of(name: str, given: str, allowed: Mapping[str, Value]) -> Value:
    if given not in allowed:
        raise UsageError(f"{name} is {given!r}; allowed: {', '.join(allowed)}")
    return allowed[given]


def _whole(name: str, text: str) -> int:
    if not re.fullmatch(r"\d{1,18}", text, re.ASCII):
        raise UsageError(f"{name} is {text!r}; allowed: a whole number of at least 0")
    return int(text)
