"""Reads the trace that torch.profiler exports for Chrome: each call of aten::convolution is a layer.

Source: torch.profiler, `export_chrome_trace` of a profile with record_shapes=True; the arguments are those of
`aten::convolution` (input, weight, bias, stride, padding, dilation, transposed, output_padding, groups), which every
convolution of torch calls but the fused ones. 1-D convolutions become 2-D of height 1; 3-D, transposed and fused ones
and backward passes are left out and counted.
"""

from __future__ import annotations

import json
import re
from typing import Any

from bench.bounds import json_value
from bench.cost.layer import Layer, merged
from bench.networks.pasted.pasted_format import Pasted, PastedError, counted, one_of
from impls import ConvError, ConvProblem
from impls.padding import Pair

_EVENT = "aten::convolution"
_BEGINS = re.compile(r"\s*[{\[]")
# Convolutions that do not call aten::convolution.
_OTHERS = re.compile(
    r"aten::convolution_backward|mkldnn::_convolution\w*|onednn::qconv\w*|quantized::conv\w*|"
    r"aten::(?:cudnn|miopen)_convolution_(?:add_)?relu"
)
_TYPES = {"double": "fp64", "float": "fp32", "c10::BFloat16": "bf16", "c10::Half": "fp16"}
_FLAGS = {"True": True, "False": False}
_SHAPES_AND_VALUES = ("Input Dims", "Concrete Inputs", "Input type")


class ProfilerTrace:
    """A trace, as a whole JSON file."""

    name = "a trace of torch.profiler"

    def recognises(self, text: str) -> bool:
        """Whether it is JSON with events of a trace."""
        return _BEGINS.match(text) is not None and '"traceEvents"' in text

    def read(self, text: str) -> Pasted:
        """The layers of all calls, equal ones as one."""
        layers: list[Layer] = []
        others: list[str] = []
        for event in _events(text):
            name = str(event.get("name", ""))
            if name == _EVENT:
                found = _of_event(event, text)
                layers += [found] if isinstance(found, Layer) else []
                others += [found] if isinstance(found, str) else []
            elif _OTHERS.fullmatch(name):
                others.append(name)
        if not layers:
            raise PastedError(f"the trace has no {_EVENT} of two dimensions", 1, 1)
        return Pasted(merged(layers), counted(others))


def _events(text: str) -> list[dict[str, Any]]:
    """The events of a trace. Raises PastedError for JSON that is none."""
    try:
        events = json_value(text)["traceEvents"]
    except json.JSONDecodeError as error:
        raise PastedError(f"the trace is damaged: {error.msg}", error.colno, error.lineno) from error
    except (KeyError, TypeError, ValueError) as error:
        raise PastedError(f"the trace has no events: {error!r}", 1, 1) from error
    if not isinstance(events, list):
        raise PastedError(f"the events of the trace are {type(events).__name__}; allowed: a list", 1, 1)
    return [event for event in events if isinstance(event, dict)]


def _of_event(event: dict[str, Any], text: str) -> Layer | str:
    """As `_layer`. Raises PastedError with the event's line, which is looked for in the text only then."""
    try:
        return _layer(event.get("args") or {})
    except PastedError as error:
        raise PastedError(error.message, 1, _line(event.get("args"), text)) from error
    except ConvError as error:
        raise PastedError(str(error), 1, _line(event.get("args"), text)) from error
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError, IndexError) as error:
        message = f"the arguments of {_EVENT} are no sizes: {error}"
        raise PastedError(message, 1, _line(event.get("args"), text)) from error


def _layer(arguments: dict[str, Any]) -> Layer | str:
    """The layer of a call, or the name of one that is not computed here."""
    if any(key not in arguments for key in _SHAPES_AND_VALUES):
        raise PastedError(f"{_EVENT} has no shapes; profile with record_shapes=True", 1)
    shapes, values, types = (arguments[key] for key in _SHAPES_AND_VALUES)
    if len(values) < 9:
        raise PastedError(f"{_EVENT} has {len(values)} arguments; needed: 9", 1)
    image, weights = shapes[0], shapes[1]
    if one_of("transposed", values[6], _FLAGS, 1):
        return "transposed convolution"
    if len(image) not in (3, 4):
        return f"{len(image) - 2}-D convolution"
    is_flat = len(image) == 3
    if is_flat:
        image, weights = ([*image[:2], 1, image[2]], [*weights[:2], 1, weights[2]])
    precision = one_of("the type of the input", types[0], _TYPES, 1)
    if types[1] != types[0]:
        raise PastedError(f"the weights are {types[1]}, the input {types[0]}; allowed: one type", 1)
    stride, padding, dilation = (
        _pair(value, rows if is_flat else None) for value, rows in zip(values[3:6], (1, 0, 1), strict=True)
    )
    batch, channels, *size = map(int, image)
    filters, _, *kernel = map(int, weights)
    problem = ConvProblem(
        batch, channels, (size[0], size[1]), filters, (kernel[0], kernel[1]), stride,
        ((padding[0], padding[0]), (padding[1], padding[1])), dilation, int(values[8]), bool(shapes[2]),
    )  # fmt: skip
    return Layer(problem, problem.descriptor, precision=precision)


def _pair(text: str, rows: int | None) -> Pair:
    """The numbers of rows and columns: those of '[2, 1]', and of '[2]', which is for both unless `rows` are given."""
    numbers = json_value(text)
    return int(numbers[0]) if rows is None else rows, int(numbers[-1])


def _line(arguments: Any, text: str) -> int:
    """The line of an event in the text; 1 where it is not found."""
    index = arguments.get("Ev Idx") if isinstance(arguments, dict) else None
    match = re.search(rf'"Ev Idx":\s*{re.escape(str(index))}\b', text)
    return text.count("\n", 0, match.start()) + 1 if match else 1
