"""Reads cells of a data frame as plain values: None, NaN and pandas' NA are missing, and missing is never 0."""

from __future__ import annotations

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


def listed(value: Any) -> tuple[Any, ...]:
    """The members of a list; none if it is missing."""
    return () if value is None or isinstance(value, float) else tuple(value)
