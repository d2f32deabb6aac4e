"""Examines the energy sources, and how energy will be obtained: measured, modelled, bracketed, or missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.doctor.finding import Finding, Rating
from bench.energy.bracket.bracket import PowerBracket
from bench.energy.executed.model import SOURCE, ExecutedModel
from bench.energy.meter import MEASURED, Found, Method

_SECTION = "sensors"
_NAMES = {
    Method.COUNTER: "energy counter",
    Method.POWER_INTEGRAL: "power, integrated",
    Method.MODEL: "time × an assumed power",
}
_HOW_TO_MODEL = {"cpu": "pass --cpu-idle-w --cpu-max-w --cpu-cores"}
_OWN_FIGURES = "convcost sweep quick --cpu-idle-w WATTS --cpu-max-w WATTS --cpu-cores N (own figures of the socket)"
# In remedies that a virtual machine cannot take.
_BARE_METAL = "bare metal"


@dataclass(frozen=True, slots=True)
class Outlook:
    """How one quantity will be obtained here: `method` is measured, model, bracket or unavailable.

    `text` is for the reader; `remedy` is the one command that would improve it, None where nothing is better.
    """

    quantity: str
    method: str
    source: str | None
    text: str
    remedy: str | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def find_sources() -> tuple[Found, ...]:
    """All energy sources that this version knows, available or not."""
    from bench.energy import meters  # type: ignore[attr-defined, unused-ignore]

    return tuple(meters())


def sensors(found: Sequence[Found]) -> list[Finding]:
    """One finding per source: what it measures, or why it is not available and how to get it."""
    times = Counter((source.source, source.device) for source in found)
    return [_sensor(source, times[source.source, source.device] > 1) for source in found] or [
        Finding(
            _SECTION, "energy", None, Rating.MISSING, "no energy source is known for this system; energy stays null"
        )
    ]


def _sensor(found: Found, is_one_of_several: bool) -> Finding:
    # One library may offer several methods.
    how = f", {found.method}" if is_one_of_several else ""
    name = f"{found.source} ({found.device}{how})"
    if not found.available:
        return Finding(
            _SECTION,
            name,
            found.why_not,
            Rating.MISSING,
            found.remedy or "this machine has no such source; its energy stays null",
        )
    value = _value(found)
    if found.method == Method.MODEL:
        # An assumption is never as good as a measurement, whatever the source of the watts.
        return Finding(
            _SECTION,
            name,
            value,
            Rating.MIND,
            found.remedy or "modelled energy carries no information beyond time; prefer a source that measures",
        )
    return Finding(_SECTION, name, value)


def energy(
    device: str,
    found: Sequence[Found],
    device_error: Callable[[], str | None] = lambda: None,
    bracket: PowerBracket | None = None,
    executed: ExecutedModel | None = None,
    *,
    is_virtual: bool = False,
) -> Outlook:
    """How the energy of a device will be obtained: measured, else by a model, else by a bracket, else not at all.

    `device_error` returns why nothing can run on the device, None if work can run; called only if there is a sensor.
    `bracket` and `executed` (a model of what is executed) are those of the device; `is_virtual` says that this is a
    virtual machine, where no driver can be loaded.
    """
    quantity = f"energy ({device})"
    here = [source for source in found if source.device == device]
    for source in here:
        if source.available and source.method in MEASURED:
            if (error := device_error()) is not None:
                text = f"missing: {source.source} would measure it, but nothing can run there: {error}"
                return Outlook(quantity, "unavailable", None, text)
            return Outlook(quantity, "measured", source.source, f"measured by {source.source} ({_value(source)})")
    remedy = _improvement(here, is_virtual=is_virtual)
    for source in here:
        if source.available and source.method == Method.MODEL:
            text = f"modelled by {source.source} (an assumption)"
            return Outlook(quantity, Method.MODEL, source.source, text, remedy)
    if executed is not None:
        text = f"modelled from what is executed ({executed.label}), not measured"
        return Outlook(quantity, Method.MODEL, SOURCE, text, remedy)
    if bracket is not None:
        text = f"bracketed by the published power of {bracket.label} ({bracket.why}), not measured"
        return Outlook(quantity, Method.BRACKET, bracket.label, text, remedy)
    # First a remedy for any figure, then one for a measured figure, then the reason for none.
    ways = [source.remedy for source in here if source.method == Method.MODEL]
    ways += [_HOW_TO_MODEL.get(device), *(source.remedy for source in here), *(source.why_not for source in here)]
    how = next(filter(None, ways), "no energy source is known for it")
    return Outlook(quantity, "unavailable", None, f"missing: {how}")


def _value(found: Found) -> str:
    """What a source measures, as in "energy counter: package-0, dram-0"."""
    return f"{_NAMES.get(found.method, found.method)}: {', '.join(found.scopes) or found.device}"


def _improvement(here: Sequence[Found], *, is_virtual: bool) -> str:
    """The one command that would give better joules: for the best sensor that is not available, else own figures.

    Meters that must be asked for and were not come after the others; no virtual machine has them.
    """
    sensors = [source for source in here if source.method in MEASURED and source.remedy]
    unasked = [source for source in sensors if source.is_asked_for is False]
    ordered = [source for source in sensors if source not in unasked] + ([] if is_virtual else unasked)
    remedies = [source.remedy for source in ordered if source.remedy]
    useful = [remedy for remedy in remedies if not (is_virtual and _BARE_METAL in remedy)]
    return useful[0] if useful else _OWN_FIGURES
