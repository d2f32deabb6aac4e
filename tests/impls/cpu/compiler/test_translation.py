"""The kernel language is a part of Python: its code means the same, and other code is refused."""

from __future__ import annotations

import ctypes
from itertools import product
from textwrap import indent
from typing import Any

import numpy as np
import pytest

from impls.cpu.compiler.generated import header, module

HEAD = header("float64", 2, ("zero", "load", "store_first"), ("nine = 9",))
# The place of the stored number shows an integer.
MIDDLE = 500
TEXT = """@function
def _ordered(a, b):
    if a < b:
        return a, b
    return b, a


@function
def _larger(a, b):
    return a if a > b else b


@kernel(4)
def f(a, b, ones, out):
{}
    store_first(out, 500 + r, load(ones, 0), 1)
"""
INTEGERS = (-7, -2, -1, 0, 1, 3, 8)

SAME = {
    "quotients": "r = a // -3 + b // 4",
    "remainders": "r = 10 * (a % 3) + b % -4",
    "quotient and remainder": "c = b if b else 5\nr = a // c + 20 * (a % c)",
    "bits": "r = ((a << 3) >> 1 & 15) | b & 1",
    "signs": "r = -a * b - nine",
    "smallest and largest": "r = 10 * min(a, b, 2) + max(a, -b)",
    "comparisons in a row": "r = 1 if -2 < a <= b != 3 else 2",
    "truths": "c = a < b or b == 3\nr = 4 if not a and c or b > 3 else 2 * c",
    "tuples": "r, s = a, b\nr, s = s - r, r\nr += 20 * s",
    "functions": "r, s = _ordered(a, b)\nr -= 10 * s",
    "branches": "r = 1\nif a < b:\n    r = 2\nelif a == 3:\n    r = 3\n    if b:\n        r = 4\nelse:\n    pass",
    "an early end": "r = 7\nif a < b:\n    store_first(out, a - 2 * b + 500, load(ones, 0), 1)\n    return",
    "while": "r = a\nwhile r < b and r % 5:\n    r += 1",
    "for": "r = 0\nfor i in range(b):\n    r += a * i",
    "from … to": "r = 0\nfor i in range(a, b):\n    if i % 2:\n        r += i",
    "by steps": "r, i = 0, 0\nfor i in range(a, b, 3):\n    r += i\nr += 10 * i",
    "downwards": "r = 0\nfor i in range(a, b, -2):\n    r = 3 * r + i\nr = r % 100",
    "by steps that are no constants": "r, s = 0, b if b else 3\nfor i in range(a, 4 * b, s):\n    r = (3 * r + i) % 99",
    "one integer of a function": "r = _larger(a, b)",
    "rounds are counted apart": "r = 0\nfor i in range(b):\n    i += 5\n    r += i",
}


@pytest.mark.parametrize("lines", SAME.values(), ids=SAME)
def test_kernels_compute_as_python_does(lines: str) -> None:
    text = TEXT.format(indent(lines, "    "))
    kernel = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 4)(module("language", HEAD + text).f.address)
    stored: list[int] = []
    names: dict[str, Any] = {
        "nine": 9, "function": lambda function: function, "kernel": lambda arguments: lambda function: function,
        "load": lambda address, at: 1.0, "store_first": lambda address, at, value, count: stored.append(at),
    }  # fmt: skip
    exec(text, names)
    ones = np.ones(2)
    for a, b in product(INTEGERS, INTEGERS):
        out = np.zeros(2 * MIDDLE)
        kernel(a, b, ones.ctypes.data, out.ctypes.data)
        stored.clear()
        names["f"](a, b, 0, 0)
        assert list(np.flatnonzero(out)) == stored, (a, b)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("r = a / b", "no operator Div"),
        ("r = a ** 2", "no operator Pow"),
        ("r = unknown(a)", "unknown is unknown"),
        ("r = unknown", "this value is unknown"),
        ("r = [a, b]", "this value is unknown"),
        ("r = load(a)", "load takes i64, i64"),
        ("r = load(a, b) + 1", "expected an integer"),
        ("r = a\nr = zero()", "a variable has one type: r"),
        ("r = a\nfor i in range(0, a, 0):\n    r += i", "a step must not be 0"),
        ("r = g.size", "this value is unknown"),
        ("call(a, (*residual_of(ones),))", "ones is no record"),
        ("fork(unknown, (a,), b)", "only functions can be shared"),
        ("fork(_ordered, (a, b), b)", "the share takes 2 integers"),
        ("r = a\nfor i in (a, b):\n    r += i", "allowed: assignments, calls, if, while"),
        ("r = s = a", "allowed: assignments"),
        ("try:\n    r = a\nfinally:\n    pass", "allowed: assignments"),
        ("r = 1 if a is b else 2", "allowed: < <= > >="),
        ("r += 1", "this value is unknown"),
        ("r = True", "this value is unknown"),
        ("r = store_first(ones, 0, load(ones, 0), 1)", "a variable needs a value: r"),
        ("r, s = _ordered(a)", "_ordered takes 2 integers"),
        ("r = min(a, b, key=a)", "with positional values"),
        ("r = call(a)", "call is unknown"),
        ("r, s = a, b, a", "there are 3 values"),
        ("r, s[0] = a, b", "only variables can be assigned"),
        ("r = a\nreturn\nr = b", "this code comes after a return"),
    ],
)
def test_code_outside_the_language_is_refused(lines: str, words: str) -> None:
    with pytest.raises(SyntaxError, match=words):
        module("language", HEAD + TEXT.format(indent(lines, "    ")))


@pytest.mark.parametrize("head", ["@kernel(2)\ndef f(a):", "@kernel(1)\ndef f(a=0):", "@njit\ndef f(a):", "def f(a):"])
def test_functions_without_a_kernel_decorator_are_refused(head: str) -> None:
    with pytest.raises(SyntaxError, match=r"allowed: @function, @part, or @kernel|parameters must be plain names"):
        module("language", HEAD + head + "\n    return\n")


def test_a_variable_is_zero_before_its_first_value() -> None:
    text = TEXT.format("    if a < b:\n        r = 3")
    kernel = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 4)(module("language", HEAD + text).f.address)
    out = np.zeros(2 * MIDDLE)
    kernel(2, 1, np.ones(2).ctypes.data, out.ctypes.data)
    assert list(np.flatnonzero(out)) == [MIDDLE]
