"""Which sources of joules there are, and what comes of them: measured, modelled, or null."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.doctor.finding import FINE, MIND, MISSING, Finding
from bench.energy.meter import MEASURED, Found

_SECTION = "sensors"
_MODEL = "model"
_WORDS = {"counter": "energy counter", "power_integral": "power, integrated", "model": "time × an assumed power"}
_HOW_TO_MODEL = {"cpu": "pass --cpu-idle-w --cpu-max-w --cpu-cores"}


@dataclass(frozen=True, slots=True)
class Outlook:
    """How one quantity will come about here: `method` is measured, model or unavailable; `text` is for the reader."""

    quantity: str
    method: str
    source: str | None
    text: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def look() -> tuple[Found, ...]:
    """Every source that this version knows, there or not."""
    from bench.energy import meters  # type: ignore[attr-defined, unused-ignore]

    return tuple(meters())


def sensors(found: Sequence[Found]) -> list[Finding]:
    """A finding a source: what it tells, or why it is not there and how to get it."""
    times = Counter((source.source, source.device) for source in found)
    return [_sensor(source, times[source.source, source.device] > 1) for source in found] or [
        Finding(_SECTION, "energy", None, MISSING, "no source of joules is known for this system; energy stays null")
    ]


def _sensor(found: Found, is_one_of_several: bool) -> Finding:
    # One library may tell energy in several ways.
    how = f", {found.method}" if is_one_of_several else ""
    name = f"{found.source} ({found.device}{how})"
    if not found.available:
        return Finding(
            _SECTION, name, found.why_not, MISSING, found.remedy or "this machine has none; energy by it stays null"
        )
    tells = f"{_WORDS.get(found.method, found.method)}: {', '.join(found.scopes) or found.device}"
    if found.method == _MODEL:
        # An assumption is never as good as a measurement, wherever the watts came from.
        return Finding(
            _SECTION,
            name,
            tells,
            MIND,
            found.remedy or "a modelled joule tells no more than time does; prefer a source that measures",
        )
    return Finding(_SECTION, name, tells, FINE)


def energy(device: str, found: Sequence[Found], why_idle: Callable[[], str | None] = lambda: None) -> Outlook:
    """How joules of a device will come about: by the first source that measures, else by a model, else not at all.

    `why_idle` says why nothing would run on the device, None if something does; asked only where there is a sensor.
    """
    quantity = f"energy ({device})"
    here = [source for source in found if source.device == device]
    for source in here:
        if source.available and source.method in MEASURED:
            if (idle := why_idle()) is not None:
                text = f"missing: {source.source} would measure it, but nothing runs there: {idle}"
                return Outlook(quantity, "unavailable", None, text)
            return Outlook(quantity, "measured", source.source, f"measured by {source.source}")
    for source in here:
        if source.available and source.method == _MODEL:
            return Outlook(quantity, _MODEL, source.source, f"modelled by {source.source} (an assumption)")
    # What gives any figure first, then what gives a measured one, then why there is none.
    ways = [source.remedy for source in here if source.method == _MODEL]
    ways += [_HOW_TO_MODEL.get(device), *(source.remedy for source in here), *(source.why_not for source in here)]
    how = next(filter(None, ways), "no source is known for it")
    return Outlook(quantity, "unavailable", None, f"missing: {how}")
