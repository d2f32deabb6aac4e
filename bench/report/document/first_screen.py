"""The first screen of a page: what to use, three numbers, one picture, and what the run cannot say."""

from __future__ import annotations

from dataclasses import dataclass

from bench.report.document.blocks import Image


@dataclass(frozen=True, slots=True)
class Number:
    """A number with its name and how it is known; `look` is empty, muted, or how an energy is known."""

    name: str
    value: str
    how: str
    look: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image for wide screens, the same data drawn for narrow ones, and the words under both."""

    wide: Image
    narrow: Image
    caption: str


@dataclass(frozen=True, slots=True)
class FirstScreen:
    """The answer of a run; `conditions` are said here once, `limits` are sentences on what the run cannot say."""

    headline: str
    detail: str
    conditions: str = ""
    numbers: tuple[Number, ...] = ()
    picture: Picture | None = None
    limits: tuple[str, ...] = ()
    limits_title: str = "What this run cannot say"
