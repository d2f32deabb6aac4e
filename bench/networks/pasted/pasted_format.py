"""What a format of pasted text is: the protocol that its reader has, and what a reader returns or raises."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from bench.cost.layer import Layer
from bench.errors import UsageError
from impls import ConvError

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Pasted:
    """The layers of a text in their order, and phrases on what was left out: '3 × reorder'."""

    layers: tuple[Layer, ...]
    left_out: tuple[str, ...] = ()


class PastedError(UsageError):
    """Pasted text that cannot be read; `column` and `line` count from 1, `line` is None within one line."""

    def __init__(self, message: str, column: int, line: int | None = None) -> None:
        place = f"column {column}" if line is None else f"line {line}, column {column}"
        super().__init__(f"{place}: {message}")
        self.message, self.column, self.line = message, column, line


class PastedFormat(Protocol):
    """A reader of one format.

    A text that `recognises` takes is read by `read`, which raises PastedError for an
    option or a value that the product does not measure.
    """

    @property
    def name(self) -> str:
        """What users call the format."""

    def recognises(self, text: str) -> bool:
        """Whether the text is of this format; it may still be wrong."""

    def read(self, text: str) -> Pasted:
        """The layers of the text. Raises PastedError with the place of a mistake."""


def one_of(name: str, given: str, allowed: Mapping[str, Value], column: int, line: int | None = None) -> Value:
    """The value of a word. Raises PastedError that names the allowed words."""
    if given not in allowed:
        raise PastedError(f"{name} is {given!r}; allowed: {', '.join(allowed)}", column, line)
    return allowed[given]


def impossible(error: ConvError, column: int, line: int | None = None) -> PastedError:
    """An impossible problem, at its place in the text."""
    return PastedError(str(error), column, line)


def counted(kinds: Iterable[str]) -> tuple[str, ...]:
    """Sentences on what was left out: '3 × reorder'."""
    return tuple(f"{number} × {kind}" for kind, number in Counter(kinds).items())
