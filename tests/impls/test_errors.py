"""Errors in one line: with the place in a plug-in's code, and with nothing of the harness's."""

from __future__ import annotations

import pytest
import torch

import impls
from impls.errors import in_one_line, without_frames


def _raised(source: str) -> Exception:
    """The exception that a plug-in's code raises; it has the name `mine.py`."""
    try:
        exec(compile(source, "/somewhere/mine.py", "exec"), {"__name__": "mine", "impls": impls, "torch": torch})
    except Exception as error:
        # Without the frame of this test, which is no plug-in's either.
        return error.with_traceback(error.__traceback__.tb_next if error.__traceback__ else None)
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("raise ValueError('no')", "ValueError: no (mine.py, line 1)"),
        ("def f():\n    raise ValueError('two\\nlines')\n\nf()", "ValueError: two (mine.py, line 2)"),
        ("raise KeyError", "KeyError (mine.py, line 1)"),
        ("import json\njson.loads('')", "JSONDecodeError: Expecting value: line 1 column 1 (char 0) (mine.py, line 2)"),
        ("impls.get('nothing')", None),
        ("torch.nn.functional.conv2d(torch.zeros(1), torch.zeros(1))", None),
    ],
)
def test_the_place_is_the_innermost_line_of_the_plug_in(source: str, text: str | None) -> None:
    line = in_one_line(_raised(source))
    assert line == text if text else line.endswith(" (mine.py, line 1)")
    assert "\n" not in line


def test_our_own_errors_have_no_place() -> None:
    error = _raised("impls.ConvProblem.parse('nonsense')")
    inner = error.__traceback__.tb_next if error.__traceback__ else None
    assert "line" not in in_one_line(error.with_traceback(inner)).replace("column", "")
    assert in_one_line(ValueError("never raised")) == "ValueError: never raised"


def test_the_place_stays_without_the_frames() -> None:
    error = without_frames(_raised("raise ValueError('no')"))
    assert error.__traceback__ is None
    assert in_one_line(error) == "ValueError: no (mine.py, line 1)"
