"""The form of a model of executed work as plain data: a JSON file, and a part of run.json."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from bench.energy.executed.model import MOST_ERROR, ExecutedModel, LeftOutError
from impls.interface import DEVICES

FORMAT_VERSION = "1.0"
_ERRORS = "left_out_error_by_implementation"


def as_dict(model: ExecutedModel) -> dict[str, Any]:
    """The model as plain data, its version first."""
    return {"format_version": FORMAT_VERSION, **asdict(model)}


def from_dict(data: Any) -> ExecutedModel:
    """The inverse of `as_dict`. Raises ValueError that names the version or the value that is wrong or missing."""
    table = _table(data, "the whole")
    if (version := table.get("format_version")) != FORMAT_VERSION:
        raise ValueError(f"its format_version is {version!r}; this convcost reads {FORMAT_VERSION!r}")
    if missing := [field.name for field in fields(ExecutedModel) if field.name not in table]:
        raise ValueError(f"it lacks {', '.join(missing)}")
    words = {name: _word(table[name], name) for name in ("microarchitecture", "processor", "source", "method", "scope")}
    counts = {name: _count(table[name], name) for name in ("rows", "implementations")}
    given: dict[str, Any] = {**words, **counts}
    return ExecutedModel(
        device=_device(table["device"]),
        threads=None if table["threads"] is None else _count(table["threads"], "threads"),
        idle_w=_number(table["idle_w"], "idle_w"),
        flop_j={
            instructions: _numbers(known, f"flop_j of {instructions}")
            for instructions, known in _table(table["flop_j"], "flop_j").items()
        },
        byte_j=_numbers(table["byte_j"], "byte_j"),
        left_out_error=_error(table["left_out_error"], "left_out_error", below=MOST_ERROR),
        left_out_error_by_implementation={
            name: _error(known, f"{_ERRORS} of {name}") for name, known in _table(table[_ERRORS], _ERRORS).items()
        },
        **given,
    )


def _error(data: Any, name: str, below: float = math.inf) -> LeftOutError:
    table = _table(data, name)
    if missing := [field.name for field in fields(LeftOutError) if field.name not in table]:
        raise ValueError(f"{name} lacks {', '.join(missing)}")
    return LeftOutError(
        _number(table["median"], f"{name}, median"),
        _number(table["quantile_90"], f"{name}, quantile_90", below),
        _count(table["rows"], f"{name}, rows"),
    )


def _numbers(data: Any, name: str) -> dict[str, float]:
    return {key: _number(value, f"{name}, {key},") for key, value in _table(data, name).items()}


def _number(value: Any, name: str, below: float = math.inf) -> float:
    """A coefficient or an error. Raises ValueError for what cannot be one: text, NaN, or a number below 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < below:
        limit = "finite" if below == math.inf else f"below {below:g}"
        raise ValueError(f"{name} is {value!r}; allowed: a number of at least 0, {limit}")
    return float(value)


def _count(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{name} is {value!r}; allowed: a whole number of at least 1")
    return value


def _word(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is {value!r}; allowed: a name")
    return value


def _device(value: Any) -> str:
    if value not in DEVICES:
        raise ValueError(f"device is {value!r}; allowed: {', '.join(DEVICES)}")
    return str(value)


def _table(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} is no table of names and values")
    return value
