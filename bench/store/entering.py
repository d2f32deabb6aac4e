"""What may enter a run: types, ranges and texts of columns, checked where a line is read and before one is written.

Rows hold what plug-ins say and what other files name: any text, any number. What tables cannot hold never enters them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache, lru_cache
from typing import Any, TypeVar

from bench.bounds import harmless
from bench.store.column_types import Column, describe
from impls.descriptor import parse
from impls.interface import DEVICES, LAYOUTS
from impls.precision import PRECISIONS

# Tables hold whole numbers of 63 bits, and data frames those of a column with nulls as doubles: this is the last of
# these below 2**63.
_MOST = 2**63 - 1024
# Doubles that no measurement reaches: quotients of all others stay finite.
_LARGEST_DOUBLE, _SMALLEST_DOUBLE = 1e50, 1e-50
# Texts are read by people.
LONGEST_TEXT = 10_000
_NUMBERS = frozenset((int, float))
# Columns that may be below 0.
_ANY_SIGN = frozenset({"net_j", "net_j_per_direct_flop", "idle_w", "check_rel", "offset"})

_Line = TypeVar("_Line")


def text(value: str) -> str:
    """A text that every table, page and terminal can hold: without controls and halves of characters, not too long."""
    if len(value) > LONGEST_TEXT:
        value = f"{value[:LONGEST_TEXT]}… ({len(value):,} characters)"
    return harmless(value).encode("utf-8", "backslashreplace").decode("utf-8")


def checked(kind: Any, record: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of a line as its columns hold them, with texts cut. Raises ValueError with the column."""
    columns = _columns(kind)
    return {
        name: value if name not in columns or _is_plainly_fine(columns[name], value) else _value(columns[name], value)
        for name, value in record.items()
    }


def fitted(line: _Line) -> _Line:
    """A line whose texts are cut, and without numbers that tables cannot hold: these are missing, where they may be."""
    changed: dict[str, Any] = {}
    kind: Any = type(line)
    for name, column in _columns(kind).items():
        value = getattr(line, name)
        if _has_text(column) and (clean := _cleaned(value)) != value:
            changed[name] = clean
        elif column.is_nullable and not _fits(column, value):
            changed[name] = None
    return replace(line, **changed) if changed else line  # type: ignore[type-var]


def check_samples(kind: Any, columns: Mapping[str, Sequence[Any]]) -> None:
    """Raise ValueError for columns of samples with values that their table cannot hold."""
    known = _columns(kind)
    for name, values in columns.items():
        column = known[name]
        if not isinstance(values, (list, tuple)):
            raise ValueError(f"{name} is {_shown(values)}; allowed: a list")
        found = set(map(type, values))
        if found <= _NUMBERS and column.type in ("double", "int64"):
            # Many values: only the ends are looked at, where all are numbers.
            is_mixed = column.type == "int64" and float in found
            ends = values if is_mixed or not values else (min(values), max(values))
        else:
            ends = values
        for value in ends:
            if _value(column, value) != value:
                raise ValueError(f"{name} is {_shown(value)} with text that no table holds")


def require_possible(row: Any) -> None:
    """Raise ValueError for a Row under conditions that none is measured in, and for sizes that cannot be read."""
    for name, allowed in (("device", DEVICES), ("precision", PRECISIONS), ("layout", LAYOUTS)):
        if getattr(row, name) not in allowed:
            raise ValueError(f"{name} is {_shown(getattr(row, name))}; allowed: {', '.join(allowed)}")
    for name, length in (("stride", 2), ("padding", 4), ("dilation", 2)):
        given = getattr(row, name)
        if given and len(given) != length:
            raise ValueError(f"{name} has {len(given)} numbers; allowed: {length}")
    if row.descriptor:
        _read_once(row.descriptor)


# Rows of one problem follow each other.
_read_once = lru_cache(64)(parse)


@cache
def _columns(kind: Any) -> dict[str, Column]:
    return {column.name: column for column in describe(kind)}


def _is_plainly_fine(column: Column, value: Any) -> bool:
    """Whether a value is of the simplest kind that its column holds; of others `_value` knows more, and is slower."""
    kind = type(value)
    if kind is float:
        return column.type == "double" and (value == 0 or _SMALLEST_DOUBLE <= value <= _LARGEST_DOUBLE)
    if value is None:
        return column.is_nullable
    if kind is bool:
        return column.type == "bool"
    if kind is int:
        return 0 <= value <= _MOST and column.type == "int64"
    return (
        kind is str
        and column.type == "string"
        and len(value) <= LONGEST_TEXT
        and value.isascii()
        and value.isprintable()
    )


def _value(column: Column, value: Any) -> Any:
    if value is None:
        if not column.is_nullable:
            raise ValueError(f"{column.name} is null")
        return value
    if not _fits(column, value):
        raise ValueError(f"{column.name} is {_shown(value)}; allowed: {column.type}{_range(column)}")
    if _has_text(column):
        return _cleaned(value)
    # Tables refuse a whole number of more than 53 bits as a double.
    return float(value) if column.type == "double" else value


def _has_text(column: Column) -> bool:
    return "string" in column.type


def _cleaned(value: Any) -> Any:
    """A value with its texts, at any depth, as `text` has them."""
    if type(value) is str:
        return text(value)
    if isinstance(value, (list, tuple)):
        return type(value)(map(_cleaned, value))
    if isinstance(value, Mapping):
        return {name: _cleaned(one) for name, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _cleaned(getattr(value, field.name)) for field in fields(value)})
    return value


def _range(column: Column) -> str:
    return ", 0 or more" if column.type in ("double", "int64") and column.name not in _ANY_SIGN else ""


def _fits(column: Column, value: Any) -> bool:
    if value is None:
        return column.is_nullable
    is_fine = _FITS.get(column.type, lambda _: True)(value)
    return is_fine and (not _range(column) or value >= 0)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _MOST


def _is_float(value: Any) -> bool:
    if isinstance(value, float):
        return value == 0 or _SMALLEST_DOUBLE <= abs(value) <= _LARGEST_DOUBLE
    return _is_int(value)


def _all(is_one: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, (list, tuple)) and all(map(is_one, value))


def _of(**entries: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Whether a value has these entries, as an object of JSON or a dataclass."""

    def fits(value: Any) -> bool:
        if isinstance(value, Mapping):
            # Other entries are an error of the dataclass that is made of them.
            return all(is_one(value[name]) for name, is_one in entries.items() if name in value)
        return all(is_one(getattr(value, name, None)) for name, is_one in entries.items())

    return fits


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


# By the type of a column.
_FITS: Mapping[str, Callable[[Any], bool]] = {
    "bool": lambda value: isinstance(value, bool),
    "int64": _is_int,
    "double": _is_float,
    "string": _is_text,
    "list<string>": _all(_is_text),
    "list<int64>": _all(_is_int),
    "list<double>": _all(_is_float),
    "list<list<struct<axis: string, value: string>>>": _all(_all(_of(axis=_is_text, value=_is_text))),
    "list<struct<layer_set: string, layer: string, count: int64>>": _all(
        _of(layer_set=_is_text, layer=_is_text, count=lambda count: _is_int(count) and count > 0)
    ),
}


def _shown(value: Any) -> str:
    """A value for a sentence, which may be of any size."""
    if isinstance(value, (dict, list, tuple)):
        return f"a {type(value).__name__}"
    return repr(text(value)[:80]) if isinstance(value, str) else repr(value)[:80]
