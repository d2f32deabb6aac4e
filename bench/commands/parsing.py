"""Reads the numbers of the command line; an error names the given text and the allowed numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import typer

Number = TypeVar("Number", int, float)


def whole_number(least: int | None = None, most: int | None = None) -> Callable[[str], int]:
    """A parser of whole numbers within limits. It raises BadParameter for any other text."""
    return _parser(int, f"a whole number{_limits(least, most)}", least, most)


def number(least: float | None = None, most: float | None = None) -> Callable[[str], float]:
    """A parser of numbers within limits. It raises BadParameter for any other text."""
    return _parser(float, f"a number{_limits(least, most)}", least, most)


def _parser(
    convert: Callable[[str], Number], allowed: str, least: float | None, most: float | None
) -> Callable[[str], Number]:
    def parse(text: str) -> Number:
        try:
            value = convert(text)
        except ValueError:
            raise _refused(text, allowed) from None
        # This form refuses NaN too: it is outside of any limit.
        if (least is not None and not value >= least) or (most is not None and not value <= most):
            raise _refused(text, allowed)
        return value

    return parse


def _refused(text: str, allowed: str) -> typer.BadParameter:
    return typer.BadParameter(f"{text!r}; allowed: {allowed}")


def _limits(least: float | None, most: float | None) -> str:
    if least is not None and most is not None:
        return f" from {least:,} to {most:,}"
    if least is not None:
        return f" of at least {least:,}"
    return ""
