"""Durations: the forms that are read, and those that are refused."""

from __future__ import annotations

import math

import pytest

from bench.errors import UsageError
from bench.sweep.duration import limit_seconds, seconds


@pytest.mark.parametrize(
    ("given", "expected"),
    [("90", 90.0), ("90s", 90.0), ("10m", 600.0), ("1.5h", 5400.0), (" 10 m ", 600.0), (90, 90.0), (0.5, 0.5)],
)
def test_a_duration_is_read_in_seconds(given: object, expected: float) -> None:
    assert seconds(given) == expected


@pytest.mark.parametrize(
    "given", ["", "0", "0s", "-5", "10d", "m", "1e3", "inf", "nan", "1,5h", "10m30s", 0, -1, True, None, [10], "9" * 30]
)
def test_anything_else_is_refused_with_the_allowed_forms(given: object) -> None:
    with pytest.raises(UsageError, match=r"is not a duration above 0; allowed: 90 or 90s \(seconds\), 10m"):
        seconds(given)


def test_no_limit_is_infinite() -> None:
    assert (limit_seconds(None), limit_seconds("2m")) == (math.inf, 120.0)
