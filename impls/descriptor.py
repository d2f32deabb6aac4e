"""Reads and writes the text form of a convolution: the descriptors of oneDNN's benchdnn.

Grammar (benchdnn, tests/benchdnn/doc/driver_conv.md and str2desc in conv_aux.cpp): fields `g mb ic ih iw oc oh ow kh kw
sh sw ph pw dh dw`, each followed by an integer, in any order; `_` is ignored; then `n"name"` to the end, which spaces
may precede. Without any `w` field the problem is square. With one, height and width are read separately. With `w`
fields only, the problem is 1-D (height 1). Dilation counts from 0; without `mb` the batch is 2. A given output size
determines the padding that is missing: the trailing padding if the leading one is given, else both. In benchdnn's shape
files a name may end in `*N`: the layer occurs N times.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from impls.errors import ProblemError
from impls.padding import Pair, Sides, extent

_FIELD = re.compile(r"(mb|ic|ih|iw|oc|oh|ow|kh|kw|sh|sw|ph|pw|dh|dw|g)(-?\d+)", re.ASCII)
_DEPTH = re.compile(r"(id|od|kd|sd|pd|dd)-?\d+")
_NAME = re.compile(
    r'n(?P<quote>"?)(?P<name>[^"*]*)(?:\*(?P<inner>\d{1,18}))?(?P=quote)(?:\*(?P<outer>\d{1,18}))?$', re.ASCII
)
_BEFORE_NAME = re.compile(r"\s+(?=n)")
_EXAMPLE = 'for example "mb1ic64ih56oc64kh3ph1"'
_BENCHDNN_BATCH = 2
# Longer numbers make no size on any machine, and Python converts them in quadratic time.
MAX_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Descriptor:
    """The values of a descriptor, named as in ConvProblem; its name (may be empty) and how often the layer occurs.

    `dilation` counts from 1. The sizes are read, not checked: ConvProblem checks them.
    """

    batch: int
    in_channels: int
    size: Pair
    out_channels: int
    kernel: Pair
    stride: Pair
    padding: Sides
    dilation: Pair
    groups: int
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


def parse(text: str) -> Descriptor:
    """Read one descriptor. Raises DescriptorError with the column."""
    fields, name, count = _split(text)
    for key in ("ic", "oc"):
        if key not in fields:
            raise DescriptorError(text, len(text) + 1, f"{key} is missing; {_EXAMPLE}")
    rows, columns = _axes(text, fields)
    return Descriptor(
        fields.get("mb", _BENCHDNN_BATCH), fields["ic"], (rows.size, columns.size),
        fields["oc"], (rows.kernel, columns.kernel), (rows.stride, columns.stride),
        (rows.padding, columns.padding), (rows.dilation, columns.dilation), fields.get("g", 1), name, count,
    )  # fmt: skip


def _split(text: str) -> tuple[dict[str, int], str, int]:
    fields: dict[str, int] = {}
    position = 0
    while position < len(text):
        if text[position] == "_":
            position += 1
            continue
        if spaces := _BEFORE_NAME.match(text, position):
            position = spaces.end()
        if text[position] == "n":
            name, count = _read_name(text, position)
            return fields, name, count
        match = _FIELD.match(text, position)
        if not match:
            raise DescriptorError(text, position + 1, _complaint(text, position))
        key, digits = match.groups()
        if key in fields:
            raise DescriptorError(text, position + 1, f"{key} is given twice")
        if len(digits) > MAX_DIGITS:
            raise DescriptorError(text, position + 1, f"{key} has {len(digits)} digits; allowed: {MAX_DIGITS}")
        fields[key] = int(digits)
        position = match.end()
    return fields, "", 1


def _read_name(text: str, position: int) -> tuple[str, int]:
    match = _NAME.match(text, position)
    if not match:
        raise DescriptorError(text, position + 1, 'the name must end the text, as in n"conv1" or n"conv1*3"')
    count = int(match["inner"] or match["outer"] or 1)
    if count < 1:
        raise DescriptorError(text, position + 1, f"the layer occurs {count} times; allowed: 1 or more")
    return match["name"], count


def _complaint(text: str, position: int) -> str:
    if _DEPTH.match(text, position):
        return "a depth field makes this a 3-D convolution; allowed: 2-D, with h and w fields only"
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
            hint = " (with any w field, height and width are read separately)" if axis == "w" else ""
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
    """The (leading, trailing) padding that gives `outputs`; the trailing one follows from the leading one."""
    for key, value in (("o" + axis, outputs), ("s" + axis, stride)):
        if value < 1:
            raise DescriptorError(text, text.find(key) + 1, f"{key} is {value}; allowed: 1 or more")
    needed = (outputs - 1) * stride + span - size
    if leading is None:
        leading = max(0, needed // 2)
    trailing = needed - leading
    if trailing <= -stride:
        least = (size + leading - span) // stride + 1
        column = text.find("o" + axis) + 1
        raise DescriptorError(text, column, f"o{axis}{outputs} is impossible: these sizes make at least {least}")
    return leading, max(0, trailing)


def render(d: Descriptor, output_size: Pair) -> str:
    """The shortest text that reads back as the sizes of `d`: always with `mb`, without defaults, squares once."""
    is_symmetric = all(leading == trailing for leading, trailing in d.padding)
    leading = (d.padding[0][0], d.padding[1][0])
    per_axis: list[tuple[str, Pair, bool]] = [
        ("o", output_size, not is_symmetric),
        ("k", d.kernel, True),
        ("s", d.stride, d.stride != (1, 1)),
        # Next to an output size, a missing padding would be deduced, not 0.
        ("p", leading, not is_symmetric or leading != (0, 0)),
        ("d", (d.dilation[0] - 1, d.dilation[1] - 1), d.dilation != (1, 1)),
    ]
    is_square = d.padding[0] == d.padding[1] and all(
        pair[0] == pair[1] for pair in (d.size, d.kernel, d.stride, d.dilation)
    )

    def show(prefix: str, pair: Pair) -> str:
        return f"{prefix}h{pair[0]}" if is_square else f"{prefix}h{pair[0]}{prefix}w{pair[1]}"

    groups = f"g{d.groups}" if d.groups != 1 else ""
    channels_in = f"mb{d.batch}ic{d.in_channels}{show('i', d.size)}"
    rest = "".join(show(prefix, pair) for prefix, pair, is_shown in per_axis if is_shown)
    return f"{groups}{channels_in}oc{d.out_channels}{rest}"
