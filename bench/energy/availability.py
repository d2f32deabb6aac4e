"""Detects whether an energy source is available, by opening it once and closing it again."""

from __future__ import annotations

from collections.abc import Callable

from bench.energy.meter import Found, Meter, MeterError, Method


class Unavailable(MeterError):
    """A source that cannot be opened here; `remedy` is the command that makes it available, None if there is none."""

    def __init__(self, why_not: str, remedy: str | None = None) -> None:
        super().__init__(why_not)
        self.remedy = remedy


def detect(source: str, device: str, method: Method, opening: Callable[[], Meter]) -> Found:
    """Open the source, which also takes a first reading, and close it. Raises no error of a sensor."""
    try:
        meter = opening()
    except MeterError as error:
        remedy = error.remedy if isinstance(error, Unavailable) else None
        return Found(source, device, method, why_not=str(error), remedy=remedy)
    scopes = meter.scopes
    meter.close()
    return Found(source, device, method, scopes, open=opening)
