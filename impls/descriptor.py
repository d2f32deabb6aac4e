"""The text form of a problem: oneDNN benchdnn's convolution descriptor.

Grammar (benchdnn, tests/benchdnn/doc/driver_conv.md and str2desc in conv_aux.cpp): fields `g mb ic ih iw
oc oh ow kh kw sh sw ph pw dh dw` followed by an integer, in any order, `_` ignored, then `n"name"` to the
end. Without any `w` field the problem is square; with one, each axis stands on its own; with `w` fields
only, it is 1-D (height 1). Dilation counts from 0; an omitted `mb` is 2. An output size that is given
fixes the padding that is not: trailing padding if the leading one is given, else both. In benchdnn's
shape files a name may end in `*N`: the layer occurs N times.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from impls.errors import ProblemError
from impls.padding import Pair, extent
from impls.problem import ConvProblem

_FIELD = re.compile(r"(mb|ic|ih|iw|oc|oh|ow|kh|kw|sh|sw|ph|pw|dh|dw|g)(-?\d+)")
_DEPTH = re.compile(r"(id|od|kd|sd|pd|dd)-?\d+")
_NAME = re.compile(r'n(?P<quote>"?)(?P<name>[^"*]*)(?:\*(?P<inner>\d+))?(?P=quote)(?:\*(?P<outer>\d+))?$')
_EXAMPLE = 'for example "mb1ic64ih56oc64kh3ph1"'
_BENCHDNN_BATCH = 2
# Longer numbers make no size on any machine, and Python converts them in quadratic time.
_MAX_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A parsed descriptor: the problem, its name (may be empty) and how often it occurs."""

    problem: ConvProblem
    name: str = ""
    count: int = 1


class DescriptorError(ProblemError):
    """A descriptor that cannot be read; `column` counts from 1."""

    def __init__(self, text: str, column: int, message: str) -> None:
        super().__init__(f"descriptor {text!r}, column {column}: {message}")
        self.column = column
        self.message = message


@dataclass(frozen=True, slots=True)
class _Axis:
    size: int
    kernel: int
    stride: int
    padding: Pair
    dilation: int


_POINT = _Axis(1, 1, 1, (0, 0), 1)


def parse(text: str, *, bias: bool = False) -> Descriptor:
    """Read one descriptor. Raises DescriptorError with the column, ProblemError for impossible sizes."""
    fields, name, count = _split(text)
    for key in ("ic", "oc"):
        if key not in fields:
            raise DescriptorError(text, len(text) + 1, f"{key} is missing; {_EXAMPLE}")
    rows, columns = _axes(text, fields)
    problem = ConvProblem(
        fields.get("mb", _BENCHDNN_BATCH), fields["ic"], (rows.size, columns.size),
        fields["oc"], (rows.kernel, columns.kernel), (rows.stride, columns.stride),
        (rows.padding, columns.padding), (rows.dilation, columns.dilation), fields.get("g", 1), bias,
    )  # fmt: skip
    return Descriptor(problem, name, count)


def _split(text: str) -> tuple[dict[str, int], str, int]:
    fields: dict[str, int] = {}
    position = 0
    while position < len(text):
        if text[position] == "_":
            position += 1
            continue
        if text[position] == "n":
            name, count = _read_name(text, position)
            return fields, name, count
        match = _FIELD.match(text, position)
        if not match:
            raise DescriptorError(text, position + 1, _complaint(text, position))
        key, digits = match.groups()
        if key in fields:
            raise DescriptorError(text, position + 1, f"{key} is given twice")
        if len(digits) > _MAX_DIGITS:
            raise DescriptorError(text, position + 1, f"{key} has {len(digits)} digits; allowed: {_MAX_DIGITS}")
        fields[key] = int(digits)
        position = match.end()
    return fields, "", 1


def _read_name(text: str, position: int) -> tuple[str, int]:
    match = _NAME.match(text, position)
    if not match:
        raise DescriptorError(text, position + 1, 'the name must close the text, as in n"conv1" or n"conv1*3"')
    count = int(match["inner"] or match["outer"] or 1)
    if count < 1:
        raise DescriptorError(text, position + 1, f"the multiplicity is {count}; allowed: 1 or more")
    return match["name"], count


def _complaint(text: str, position: int) -> str:
    if _DEPTH.match(text, position):
        return "depth makes this a 3-D convolution; allowed: 2-D, with h and w only"
    return (
        f"{text[position : position + 8]!r} is no field; "
        f"allowed: g mb ic ih iw oc oh ow kh kw sh sw ph pw dh dw with a whole number, {_EXAMPLE}"
    )


def _axes(text: str, fields: dict[str, int]) -> tuple[_Axis, _Axis]:
    has_height = any(key[-1] == "h" for key in fields)
    has_width = any(key[-1] == "w" for key in fields)
    rows = _axis(text, fields, "h") if has_height or not has_width else _POINT
    return rows, (_axis(text, fields, "w") if has_width else rows)


def _axis(text: str, fields: dict[str, int], axis: str) -> _Axis:
    for key in ("i" + axis, "k" + axis):
        if key not in fields:
            hint = " (where a width is given, each axis stands on its own)" if axis == "w" else ""
            raise DescriptorError(text, len(text) + 1, f"{key} is missing{hint}; {_EXAMPLE}")
    size, kernel = fields["i" + axis], fields["k" + axis]
    stride, dilation = fields.get("s" + axis, 1), fields.get("d" + axis, 0) + 1
    leading, outputs = fields.get("p" + axis), fields.get("o" + axis)
    if outputs is None:
        sides = (leading or 0, leading or 0)
    else:
        sides = _padding_for(text, axis, leading, outputs, size, extent(kernel, dilation), stride)
    return _Axis(size, kernel, stride, sides, dilation)


def _padding_for(text: str, axis: str, leading: int | None, outputs: int, size: int, span: int, stride: int) -> Pair:
    """The two paddings that give `outputs`; trailing padding follows from the leading one."""
    column = text.find("o" + axis) + 1
    if outputs < 1 or stride < 1:
        raise DescriptorError(text, column, f"o{axis} is {outputs}; allowed: 1 or more")
    needed = (outputs - 1) * stride + span - size
    if leading is None:
        leading = max(0, needed // 2)
    trailing = needed - leading
    if trailing <= -stride:
        least = (size + leading - span) // stride + 1
        raise DescriptorError(text, column, f"o{axis}{outputs} cannot be: these sizes give at least {least} outputs")
    return leading, max(0, trailing)


def render(p: ConvProblem) -> str:
    """The shortest descriptor that parses back to `p`: `mb` always, defaults left out, squares once."""
    leading = (p.padding[0][0], p.padding[1][0])
    show_outputs = not p.has_symmetric_padding
    per_axis: list[tuple[str, Pair, bool]] = [
        ("o", p.output_size, show_outputs),
        ("k", p.kernel, True),
        ("s", p.stride, p.stride != (1, 1)),
        # Beside an output size an omitted padding would be deduced, not 0.
        ("p", leading, show_outputs or leading != (0, 0)),
        ("d", (p.dilation[0] - 1, p.dilation[1] - 1), p.dilation != (1, 1)),
    ]
    square = p.padding[0] == p.padding[1] and all(
        pair[0] == pair[1] for pair in (p.size, p.kernel, p.stride, p.dilation)
    )

    def show(prefix: str, pair: Pair) -> str:
        return f"{prefix}h{pair[0]}" if square else f"{prefix}h{pair[0]}{prefix}w{pair[1]}"

    groups = f"g{p.groups}" if p.groups != 1 else ""
    channels_in = f"mb{p.batch}ic{p.in_channels}{show('i', p.size)}"
    rest = "".join(show(prefix, pair) for prefix, pair, shown in per_axis if shown)
    return f"{groups}{channels_in}oc{p.out_channels}{rest}"
