"""Reads cells of a data frame as plain values: None, NaN and pandas' NA are missing, and missing is never 0."""

from __future__ import annotations

import json
from typing import Any


def is_missing(value: Any) -> bool:
    """Whether a cell is None, NaN or pandas' NA, which has no truth value."""
    return value is None or type(value).__name__ in ("NAType", "NaTType") or value != value  # noqa: PLR0124 (NaN)


def number(value: Any) -> float | None:
    return None if is_missing(value) else float(value)


def whole(value: Any) -> int | None:
    return None if is_missing(value) else int(value)


def text(value: Any) -> str:
    return "" if is_missing(value) else str(value)


def words(value: Any) -> tuple[str, ...]:
    """The words between a cell's commas."""
    return tuple(word.strip() for word in text(value).split(",") if word.strip())


def json_list(value: Any) -> list[Any]:
    loaded = json.loads(text(value) or "[]")
    return loaded if isinstance(loaded, list) else []
