"""Drivers: the loops around kernels, written in Python and translated as kernels are.

Numba needs seconds for the drivers of one implementation, its own start included; LLVM needs a tenth of a second. A
driver and its parts stay in the kernel language (impls.cpu.compiler.translation) and take integers: sizes, addresses of
arrays and of kernels, and addresses of records, whose fields are read by the name of the variable:

    @part
    def _share(g, kernel, x, y, thread, part, parts):
        for line in range(g.lines * part // parts, g.lines * (part + 1) // parts):
            call(kernel, (x + g.bytes * line, y + g.bytes * line, g.width))

    @driver
    def lines(g, kernel, x, y, threads):
        fork(_share, (g, kernel, x, y), threads)

    g = Integers((lines, width, bytes))
    run = lines.compiled(g=("lines", "width", "bytes"))    # for records with these fields
    run(g.address, kernel, x.data_ptr(), y.data_ptr(), 2)

It runs without the interpreter's lock. Its machine code is kept as that of kernels (impls.cpu.compiler.generated).
"""

from __future__ import annotations

import ast
import ctypes
import functools
import inspect
import textwrap
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from impls.cpu.compiler import generated, threads
from impls.cpu.compiler.calls import call

# Machine code of drivers calls this function by its name.
assert threads.REGISTERED, "a driver needs the function that runs parts on threads"

Drive = Callable[..., None]
_PARTS: set[Callable[..., Any]] = set()


class Integers:
    """Integers in memory, such as those of a record, at `address` as long as this object lives."""

    __slots__ = ("_kept", "address")

    def __init__(self, values: Iterable[int]) -> None:
        self._kept = array("q", values)
        self.address = self._kept.buffer_info()[0]


def part(function: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a function that drivers and other parts call: it is translated with each driver that needs it."""
    _PARTS.add(function)
    return function


@dataclass(frozen=True, slots=True)
class Driver:
    """A driver; `function` is its Python."""

    function: Callable[..., Any]

    def compiled(self, **records: tuple[str, ...] | None) -> Drive:
        """The driver as a C function of integers, for records with these fields by the name of their variable."""
        return _compiled(self.function, tuple((name, fields or ()) for name, fields in records.items()))


def driver(function: Callable[..., Any]) -> Driver:
    """Make a driver of a function."""
    return Driver(function)


@functools.cache
def _compiled(function: Callable[..., Any], records: tuple[tuple[str, tuple[str, ...]], ...]) -> Drive:
    name = "_".join(function.__module__.split(".")[-2:])
    kernel = getattr(generated.module(name, text_of(function, records)), function.__name__)
    kind = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * len(inspect.signature(function).parameters))
    made: Drive = kind(kernel.address)
    return made


def text_of(function: Callable[..., Any], records: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    """The text of a module with the driver, the parts and the constants that it needs, and its records."""
    parts: dict[str, Callable[..., Any]] = {}
    constants: dict[str, int] = {}
    _collect(function, parts, constants)
    head = [f"{name} = record{fields!r}" for name, fields in records]
    head += [f"{name} = {value!r}" for name, value in constants.items()]
    count = len(inspect.signature(function).parameters)
    bodies = [f"@{_kind(one)}\n{_body(one)}" for one in parts.values()]
    return "\n\n\n".join(["\n".join(head), *bodies, f"@kernel({count})\n{_body(function)}\n"])


def _kind(function: Callable[..., Any]) -> str:
    """Parts that call kernels or parts stay functions of their own; arithmetic is copied to where it is needed."""
    calls = any(value is call or value in _PARTS for _, value in _names(function) if isinstance(value, FunctionType))
    return "part" if calls else "function"


def _collect(function: Callable[..., Any], parts: dict[str, Callable[..., Any]], constants: dict[str, int]) -> None:
    """Add what a function needs: parts after those that they call themselves."""
    for name, value in _names(function):
        if isinstance(value, FunctionType) and value in _PARTS and name not in parts:
            _collect(value, parts, constants)
            parts[name] = value
        elif isinstance(value, int):
            constants[name] = value
        assert parts.get(name, value) is value, f"two parts of {function.__name__} have the name {name}"


def _names(function: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    """The global names that a function reads, with their values."""
    assert isinstance(function, FunctionType), "a driver is a plain function"
    found, own = function.__globals__, set(function.__code__.co_varnames)
    used = (node.id for node in ast.walk(_tree(function)) if isinstance(node, ast.Name))
    return ((name, found[name]) for name in dict.fromkeys(used) if name in found and name not in own)


def _body(function: Callable[..., Any]) -> str:
    """The text of a function without its decorators and its docstring, which say nothing of its code."""
    tree = _tree(function)
    tree.decorator_list = []
    if ast.get_docstring(tree, clean=False) is not None:
        del tree.body[0]
    return ast.unparse(tree)


def _tree(function: Callable[..., Any]) -> ast.FunctionDef:
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(tree, ast.FunctionDef), "a driver is a plain function"
    return tree
