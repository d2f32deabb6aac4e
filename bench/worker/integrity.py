"""Finds what plug-ins did to the process that measures them: code of the harness replaced, other processes kept busy.

Python lets any code replace any other. A change of the functions, classes and constants of our modules, and of what
they use of others to time and to judge, is found, named and put back. It is not found if it was undone before the
check, or if it was made to one object and not to a module or a class.
"""

from __future__ import annotations

import builtins
import random
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Set
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

import psutil
import torch

# Our modules; a plug-in file is a module of another name (impls.registry.load_file).
_OURS = ("bench.", "impls.")
_OTHERS: tuple[ModuleType, ...] = (builtins, time, random, statistics)
# Of torch only what the harness judges by: libraries may add to torch.
_OF_TORCH = (
    "Tensor", "Generator", "arange", "empty", "equal", "isfinite", "maximum", "ones", "randint", "randn",
    "where", "zeros",
)  # fmt: skip
_OF_TENSORS = (
    "abs", "add_", "amax", "any", "as_strided", "clone", "copy_", "detach", "double", "equal", "expand", "flatten",
    "gather", "max", "mean", "mul_", "numel", "numpy", "square", "stride", "sum", "to", "view", "__getitem__",
    "__setitem__", "__sub__", "__mul__", "__gt__", "__eq__", "__ne__",
)  # fmt: skip
_ABSENT = object()


class _Part(NamedTuple):
    """A value that has a name in a module or a class, and the code of a function."""

    holder: Any
    name: str
    value: Any
    code: CodeType | None
    defaults: Any


class Integrity:
    """The code of the harness as it was when this was made."""

    def __init__(self) -> None:
        self._parts = [*_of_modules(), *_of_torch()]

    def put_back(self) -> tuple[str, ...]:
        """The names of what was replaced since; it is put back."""
        replaced = []
        for part in self._parts:
            now = vars(part.holder).get(part.name, _ABSENT)
            if now is not part.value:
                replaced.append(f"{part.holder.__name__}.{part.name}")
                if part.value is _ABSENT:
                    delattr(part.holder, part.name)
                else:
                    setattr(part.holder, part.name, part.value)
            value = part.value
            if part.code is not None and (value.__code__ is not part.code or value.__defaults__ is not part.defaults):
                replaced.append(f"{part.holder.__name__}.{part.name}")
                value.__code__, value.__defaults__ = part.code, part.defaults
        return tuple(replaced)


def replaced_words(names: tuple[str, ...]) -> str:
    """Why an implementation is wrong that replaced these."""
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"code of the harness was replaced while it ran: {names[0]}{more}"


def _of_modules() -> Iterator[_Part]:
    ours = [module for name, module in sys.modules.items() if name.startswith(_OURS) and module is not None]
    for module in (*ours, *_OTHERS):
        for name, value in list(vars(module).items()):
            if name.startswith("__") and name.endswith("__"):
                continue
            yield _part(module, name, value)
            # A class is checked where it is defined.
            if isinstance(value, type) and value.__module__ == module.__name__ and module not in _OTHERS:
                for method, code in list(vars(value).items()):
                    # Python itself fills in others, such as the registry of an abstract class.
                    if isinstance(code, FunctionType | property | staticmethod | classmethod):
                        yield _part(value, method, code)


def _of_torch() -> Iterator[_Part]:
    for name in _OF_TORCH:
        yield _part(torch, name, getattr(torch, name))
    for name in _OF_TENSORS:
        yield _part(torch.Tensor, name, vars(torch.Tensor).get(name, _ABSENT))


def _part(holder: Any, name: str, value: Any) -> _Part:
    is_function = isinstance(value, FunctionType)
    return _Part(
        holder, name, value, value.__code__ if is_function else None, value.__defaults__ if is_function else None
    )


# What `remember` saw.
_remembered: list[Integrity] = []


def remember() -> Integrity:
    """The code of the harness now, to which `known` compares from here on: call it before plug-ins are loaded."""
    _remembered[:] = [Integrity()]
    return _remembered[0]


def known() -> Integrity:
    """The code that `remember` saw in this process, else that of now."""
    return _remembered[0] if _remembered else Integrity()


# The implementations that were timed when a child process was first seen at work, by its number.
_started_by: dict[int, frozenset[str]] = {}


def children_s() -> dict[int, float]:
    """Seconds of processor time that each living child process of this process has used, by its number."""
    found = {}
    for child in psutil.Process().children(recursive=True):
        try:
            used = child.cpu_times()
        except psutil.Error:
            # It has ended meanwhile.
            continue
        found[child.pid] = used.user + used.system
    return found


def started_by(before: Mapping[int, float], after: Mapping[int, float], least_s: float, names: Set[str]) -> set[str]:
    """The implementations whose child processes worked for `least_s` between two readings of `children_s`.

    A process that is new is that of the implementations timed now, `names`: which of several is unknown.
    """
    found: set[str] = set()
    for pid, used_s in after.items():
        if used_s - before.get(pid, 0.0) > least_s:
            found |= _started_by.setdefault(pid, frozenset(names))
    return found
