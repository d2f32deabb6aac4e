"""Types of values that columns hold, and the means to declare a column; bench.store.schema has the columns."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, NamedTuple

from impls import ConvProblem


@dataclass(frozen=True, slots=True)
class AxisValue:
    """The value of an axis, as the configuration has it."""

    axis: str
    value: str


@dataclass(frozen=True, slots=True)
class LayerPlace:
    """A layer of a network, and its number of occurrences there."""

    layer_set: str
    layer: str
    count: int


# One value for every axis of a sweep.
Point = tuple[AxisValue, ...]

# The type of a column in the tables, by the type of its field without "| None".
TYPES = {
    "bool": "bool",
    "int": "int64",
    "float": "double",
    "str": "string",
    "Status": "string",
    "tuple[Flag, ...]": "list<string>",
    "tuple[str, ...]": "list<string>",
    "tuple[int, ...]": "list<int64>",
    "tuple[float, ...]": "list<double>",
    "tuple[Point, ...]": "list<list<struct<axis: string, value: string>>>",
    "tuple[LayerPlace, ...]": "list<struct<layer_set: string, layer: string, count: int64>>",
}
_OPTIONAL = " | None"
# Most values of a run: samples are many.
_SIMPLE = frozenset((float, int, str, bool, type(None)))


class Column(NamedTuple):
    """A column of a table; `type` is a value of TYPES, `unit` is empty for names, texts and ratios."""

    name: str
    type: str
    unit: str
    meaning: str
    is_nullable: bool


def column(meaning: str, unit: str = "", default: Any = None) -> Any:
    """The field of a dataclass that is a column."""
    return field(default=default, metadata={"meaning": meaning, "unit": unit})


def describe(kind: type[Any]) -> list[Column]:
    """Every column of a table, in order; `kind` is the dataclass of its lines.

    Raises KeyError for a field of a type that no column has.
    """
    return [
        Column(
            f.name,
            TYPES[str(f.type).removesuffix(_OPTIONAL)],
            f.metadata["unit"],
            f.metadata["meaning"],
            str(f.type).endswith(_OPTIONAL),
        )
        for f in fields(kind)
    ]


def plain_line(line: Any) -> dict[str, Any]:
    """A line of a table, a dataclass, as plain data."""
    return {f.name: plain(getattr(line, f.name)) for f in fields(line)}


def plain(value: Any) -> Any:
    """A value as JSON and the tables have it: dataclasses as objects, tuples as lists, enums as text."""
    if type(value) in _SIMPLE:
        return value
    if isinstance(value, tuple):
        return [plain(member) for member in value]
    if is_dataclass(value):
        return plain_line(value)
    return str(value) if isinstance(value, str) else value


def problem_columns(problem: ConvProblem) -> dict[str, Any]:
    """The columns of a row that hold the sizes of its problem, bias included."""
    (top, bottom), (left, right) = problem.padding
    return {
        "batch": problem.batch,
        "ic": problem.in_channels,
        "ih": problem.size[0],
        "iw": problem.size[1],
        "oc": problem.out_channels,
        "oh": problem.output_size[0],
        "ow": problem.output_size[1],
        "kh": problem.kernel[0],
        "kw": problem.kernel[1],
        "stride": problem.stride,
        "padding": (top, bottom, left, right),
        "dilation": problem.dilation,
        "groups": problem.groups,
        "bias": problem.bias,
    }
