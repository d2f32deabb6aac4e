"""The meter that a user asks for."""

from __future__ import annotations

import pytest

from bench.energy.asked import VARIABLE, Asked, asked


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (None, Asked()),
        ("", Asked()),
        (" battery ", Asked("battery")),
        ("csv:/tmp/log.csv", Asked("csv", "/tmp/log.csv")),
        ("csv: C:\\logs\\wall.csv", Asked("csv", "C:\\logs\\wall.csv")),
        ("command:read-meter --port /dev/ttyUSB0", Asked("command", "read-meter --port /dev/ttyUSB0")),
    ],
)
def test_each_meter_is_asked_for_in_one_way(text: str | None, wanted: Asked) -> None:
    assert asked({} if text is None else {VARIABLE: text}) == wanted


@pytest.mark.parametrize("text", ["wall", "csv:", "command: ", "battery:BAT0", "CSV:log.csv"])
def test_another_value_is_an_error_that_lists_what_is_allowed(text: str) -> None:
    error = asked({VARIABLE: text}).error
    assert error is not None
    assert error.startswith(f"CONVCOST_METER is '{text.strip()}'; allowed: CONVCOST_METER=battery, ")
