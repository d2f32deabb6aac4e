"""Durations as they are typed."""

from __future__ import annotations

import pytest

from bench.errors import UsageError
from bench.sweep.duration import seconds


@pytest.mark.parametrize(
    ("given", "expected"),
    [("90", 90.0), ("90s", 90.0), ("10m", 600.0), ("1.5h", 5400.0), (" 10 m ", 600.0), (90, 90.0), (0.5, 0.5)],
)
def test_durations(given: object, expected: float) -> None:
    assert seconds(given) == expected


@pytest.mark.parametrize(
    "given", ["", "0", "0s", "-5", "10d", "m", "1e3", "inf", "nan", "1,5h", "10m30s", 0, -1, True, None, [10], "9" * 30]
)
def test_what_is_none_is_refused_with_what_is_allowed(given: object) -> None:
    with pytest.raises(UsageError, match=r"is no duration above 0; allowed: 90 or 90s \(seconds\), 10m"):
        seconds(given)
