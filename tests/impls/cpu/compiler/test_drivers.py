"""Drivers: translated with the parts, constants and records that they need, and nothing else."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest

from impls.cpu.compiler.calls import call, fork, residual_of
from impls.cpu.compiler.drivers import Integers, driver, part, text_of

_SEVEN = 7
_UNUSED = 8


@part
def _twice(n):  # type: ignore[no-untyped-def]
    """Of the interpreter's integers and of the processor's."""
    return 2 * n


@part
def _four_times(n):  # type: ignore[no-untyped-def]
    return _twice(_twice(n))


@driver
def _told(g, places, kernel):  # type: ignore[no-untyped-def]
    """Its own text has no docstring."""
    for place in range(g.first, g.last, g.step):
        call(kernel, (place, _four_times(places[place]), _SEVEN))


def _noting(count: int, seen: list[tuple[int, ...]]) -> Any:
    return ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * count)(lambda *given: seen.append(given))


def test_a_driver_reads_records_and_arrays_and_calls_kernels() -> None:
    seen: list[tuple[int, ...]] = []
    kernel = _noting(3, seen)
    address = ctypes.cast(kernel, ctypes.c_void_p).value
    places = Integers((10, 11, -12, 13, 14))
    for fields, values in ((("first", "last", "step"), (0, 5, 2)), (("step", "first", "last"), (-1, 3, 1))):
        g = Integers(values)
        _told.compiled(g=fields)(g.address, places.address, address)
    assert seen == [(0, 40, 7), (2, -48, 7), (4, 56, 7), (3, 52, 7), (2, -48, 7)]


def test_the_text_has_what_the_driver_needs_in_order() -> None:
    text = text_of(_told.function, (("g", ("first", "last", "step")),))
    assert text.startswith("g = record('first', 'last', 'step')\n_SEVEN = 7\n\n\n@function\ndef _twice(n):\n    return")
    assert text.index("def _twice") < text.index("@part\ndef _four_times") < text.index("@kernel(3)\ndef _told")
    assert "_UNUSED" not in text
    assert '"""' not in text


def test_the_same_records_mean_the_same_code() -> None:
    fields = ("first", "last", "step")
    assert _told.compiled(g=fields) is _told.compiled(g=fields)
    assert _told.compiled(g=fields) is not _told.compiled(g=(*fields, "more"))


def test_a_field_that_a_record_lacks_is_refused() -> None:
    with pytest.raises(SyntaxError, match=r"g\.last: this value is unknown"):
        _told.compiled(g=("first", "step"))


def test_integers_stay_where_they_are() -> None:
    held = Integers((1, -2, 1 << 62))
    there = np.ctypeslib.as_array((ctypes.c_int64 * 3).from_address(held.address))
    assert there.tolist() == [1, -2, 1 << 62]


def test_python_itself_calls_no_kernels() -> None:
    with pytest.raises(TypeError, match="only a translated driver"):
        call(1, (2,))
    with pytest.raises(TypeError, match="only a translated driver"):
        fork(_twice, (2,), 1)
    assert residual_of(object()) == ()
