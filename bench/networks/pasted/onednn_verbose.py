"""Reads the log that oneDNN writes with ONEDNN_VERBOSE: each executed convolution is a layer.

Source: oneDNN, doc/advanced/verbose.md: fields between commas; the last but one is the problem in benchdnn's
notation. Lines of versions 1 to 3 differ in what stands before the engine. Other primitives, backward passes and text
of other programs between the lines are left out and counted.
"""

from __future__ import annotations

import re

from bench.cost.layer import Layer, merged
from bench.networks.pasted.pasted_format import Pasted, PastedError, counted, impossible, one_of
from impls import ConvError, ConvProblem
from impls.descriptor import DescriptorError, parse

_MARKER = re.compile(r"(?:onednn|dnnl)_verbose,")
# The marker, since version 3 its own version, a time stamp if asked for, and the kind of component.
_EXECUTED = re.compile(r"(?:onednn|dnnl)_verbose,(?:v\d+,)?(?:\d+\.\d+,)?(?:(?:primitive|graph),)?exec,")
_GRAPH = re.compile(r"(?:onednn|dnnl)_verbose,(?:v\d+,)?(?:\d+\.\d+,)?graph,exec,")
# Operands as in src:f32:a:blocked:abcd::f0, or in versions 1 and 2 as in src_f32::blocked:abcd:f0.
_OPERAND = re.compile(r"(?P<name>src|wei|bia|dst)[:_](?P<type>\w+)")
_TYPES = {"f64": "fp64", "f32": "fp32", "bf16": "bf16", "f16": "fp16"}
# Attributes that change no result, by their names in all versions.
_PASSED_OVER = ("attr-scratchpad", "scratchpad_mode", "attr-deterministic")
_FIELDS = ("engine", "primitive", "implementation", "propagation", "operands", "attributes", "auxiliary", "problem")


class OnednnVerbose:
    """A log, or one line of it."""

    name = "a log of ONEDNN_VERBOSE"

    def recognises(self, text: str) -> bool:
        """Whether a line begins with oneDNN's marker."""
        return any(_MARKER.match(line) for line in text.splitlines())

    def read(self, text: str) -> Pasted:
        """The layers of all executed convolutions, equal ones as one."""
        layers: list[Layer] = []
        others: list[str] = []
        for number, line in enumerate(text.splitlines(), 1):
            if not _MARKER.match(line):
                others += ["line of other text"] if line.strip() else []
            elif _GRAPH.match(line):
                others.append("graph")
            elif match := _EXECUTED.match(line):
                found = _read_line(line, match.end(), number)
                layers += [found] if isinstance(found, Layer) else []
                others += [found] if isinstance(found, str) else []
        if not layers:
            message = "the log has no executed forward convolution; to record them: ONEDNN_VERBOSE=1"
            raise PastedError(message, 1, 1)
        return Pasted(merged(layers), counted(others))


def _read_line(line: str, start: int, number: int) -> Layer | str:
    """The layer of a line whose fields start at an index; of anything but a forward convolution its name."""
    fields: dict[str, tuple[str, int]] = {}
    position = start
    for name, text in zip(_FIELDS, line[start:].split(","), strict=False):
        fields[name] = text, position + 1
        position += len(text) + 1
    primitive, propagation = (fields.get(name, ("", 1))[0] for name in ("primitive", "propagation"))
    if primitive != "convolution":
        return primitive
    if not propagation.startswith("forward"):
        return f"{primitive} {propagation}"
    if "problem" not in fields:
        raise PastedError(f"the line has {len(fields)} fields; needed: {', '.join(_FIELDS)}", start + 1, number)
    _require_no_attributes(*fields["attributes"], number)
    precision, has_bias = _operands(*fields["operands"], number)
    text, column = fields["problem"]
    try:
        problem = ConvProblem.from_descriptor(parse(text), bias=has_bias)
    except DescriptorError as error:
        raise PastedError(f"problem {text!r}: {error.message}", column + error.column - 1, number) from error
    except ConvError as error:
        raise impossible(error, column, number) from error
    return Layer(problem, problem.descriptor, precision=precision)


def _require_no_attributes(text: str, column: int, number: int) -> None:
    """Raise PastedError for an attribute that is computed, such as a ReLU after the convolution."""
    for match in re.finditer(r"\S+", text):
        if not match[0].startswith(_PASSED_OVER):
            message = f"{match[0]} is not measured; take it out of the line, to measure the convolution alone"
            raise PastedError(message, column + match.start(), number)


def _operands(text: str, column: int, number: int) -> tuple[str, bool]:
    """The one precision of input, weights and output, and whether there is a bias."""
    found = {match["name"]: match for match in _OPERAND.finditer(text)}
    precisions = {}
    for name in ("src", "wei", "dst"):
        if name not in found:
            raise PastedError(f"the operands lack {name}", column, number)
        match = found[name]
        precisions[name] = one_of(f"the type of {name}", match["type"], _TYPES, column + match.start(), number)
    if len(set(precisions.values())) > 1:
        several = ", ".join(f"{name} {precision}" for name, precision in precisions.items())
        raise PastedError(f"the types differ: {several}; allowed: one for all of them", column, number)
    return precisions["src"], "bia" in found and found["bia"]["type"] != "undef"
