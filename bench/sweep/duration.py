"""Reads durations such as 90, 90s, 10m and 1.5h."""

from __future__ import annotations

import math
import re

from bench.errors import UsageError

_UNITS_S = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
_TEXT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([smh]?)$")


def seconds(value: object) -> float:
    """A duration in seconds. Raises UsageError with the forms that are allowed."""
    text = str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
    match = _TEXT.match(text.strip()) if isinstance(text, str) else None
    duration_s = float(match[1]) * _UNITS_S[match[2]] if match else 0.0
    if not duration_s > 0:
        raise UsageError(
            f"{value!r} is not a duration above 0; allowed: 90 or 90s (seconds), 10m (minutes), 1.5h (hours)"
        )
    return duration_s


def limit_seconds(text: str | None) -> float:
    """The seconds of --limit, infinite without it. Raises UsageError for text that is not a duration."""
    return math.inf if text is None else seconds(text)
