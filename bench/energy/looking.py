"""Looking for a source: it is opened once and closed again, since only that tells whether it would answer."""

from __future__ import annotations

from collections.abc import Callable

from bench.energy.meter import Found, Meter, MeterError


class Unavailable(MeterError):
    """A source that cannot be opened here; `remedy` is what to type to get it, None where nothing helps."""

    def __init__(self, why_not: str, remedy: str | None = None) -> None:
        super().__init__(why_not)
        self.remedy = remedy


def look_for(source: str, device: str, method: str, opening: Callable[[], Meter]) -> Found:
    """The source, there if it opens: each takes a first reading then. Raises nothing that a sensor raises."""
    try:
        meter = opening()
    except MeterError as error:
        remedy = error.remedy if isinstance(error, Unavailable) else None
        return Found(source, device, method, why_not=str(error), remedy=remedy)
    scopes = meter.scopes
    meter.close()
    return Found(source, device, method, scopes, open=opening)
