"""Explains implementations and algorithms in words; the texts of the built-in ones are in explanations.toml."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from impls.errors import UnknownImplementation, did_you_mean
from impls.interface import Implementation
from impls.registry import BUILT_IN, get, names

_FILE = "explanations.toml"
# Parts of an explanation, in the order in which they are shown.
PARTS = ("cost", "wins", "memory", "error", "range", "source")


@dataclass(frozen=True, slots=True)
class Explanation:
    """An algorithm or implementation in words: one `line`, paragraphs of its idea, and the PARTS by name.

    `algorithm` is None where a library chooses it, or a plug-in names none; `implementations` are all that compute it;
    `symbols` says what the letters of formulas mean.
    """

    name: str
    line: str
    algorithm: str | None
    implementations: tuple[str, ...]
    idea: tuple[str, ...]
    parts: Mapping[str, str]
    symbols: str = ""


def explained() -> tuple[str, ...]:
    """All names that `explain` takes: algorithms first, then the other implementations."""
    return tuple(dict.fromkeys((*_texts()["algorithm"], *names())))


def line(name: str) -> str:
    """An implementation in one line; of a plug-in the first line of its docstring, empty if it has none."""
    found = _texts()["implementation"].get(name) or _texts()["algorithm"].get(name)
    return found["line"] if found else _docstring(get(name)).partition("\n")[0]


def explain(name: str) -> Explanation:
    """The explanation of an implementation or of an algorithm.

    Raises UnknownImplementation for another name.
    """
    families, own = _texts()["algorithm"], _texts()["implementation"].get(name, {})
    if not own and name not in families:
        return _plug_in(name)
    algorithm = own.get("algorithm") if own else name
    family = families[algorithm] if algorithm else {}
    # The idea of the algorithm comes first, then what the implementation makes of it.
    ideas = tuple(text["idea"].strip() for text in (family, own) if text)
    texts = {**family, **own}
    return Explanation(
        name, texts["line"], algorithm, _computing(algorithm), ideas,
        {part: texts[part].strip() for part in PARTS}, _texts()["symbols"].strip(),
    )  # fmt: skip


def _plug_in(name: str) -> Explanation:
    if name not in names():
        allowed = explained()
        raise UnknownImplementation(f"{name!r} is unknown{did_you_mean(name, allowed)}; allowed: {', '.join(allowed)}")
    implementation = get(name)
    own = _docstring(implementation)
    idea = own or "This plug-in does not explain itself: the docstring of its class would be shown here."
    algorithm = implementation.algorithm
    return Explanation(name, own.partition("\n")[0], algorithm, _computing(algorithm), (idea,), {})


def _computing(algorithm: str | None) -> tuple[str, ...]:
    """The built-in implementations of an algorithm."""
    if algorithm is None:
        return ()
    own = _texts()["implementation"]
    return tuple(name for name in BUILT_IN if own.get(name, {"algorithm": name}).get("algorithm") == algorithm)


def _docstring(implementation: Implementation) -> str:
    own = type(implementation).__dict__.get("__doc__")
    return inspect.cleandoc(own) if own else ""


@cache
def _texts() -> dict[str, Any]:
    text = resources.files("impls").joinpath(_FILE).read_text(encoding="utf-8")
    return tomllib.loads(text)
