"""The terms of energy in a sweep, known before it starts: devices without a sensor, and the power assumed for the CPU.

That power is a model with the user's own figures, else a bracket of machines of the same class.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.energy.all_meters import choose
from bench.energy.bracket.bracket import PowerBracket
from bench.energy.meter import MEASURED, Found
from bench.energy.model import PowerModel

LEFT_OUT = "left out"
COLD = "windows of energy run with warm caches"


@dataclass(frozen=True, slots=True)
class Terms:
    """`without` is the reason for each device without a sensor; `model` or `bracket` is the power then of the CPU.

    Never both: the user's own figures replace the bracket. Runs up to schema 2.2 have no bracket.
    """

    without: Mapping[str, str] = field(default_factory=dict)
    model: PowerModel | None = None
    bracket: PowerBracket | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, for run.json."""
        return {
            "without": dict(self.without),
            "model": None if self.model is None else asdict(self.model),
            "bracket": None if self.bracket is None else self.bracket.as_dict(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Terms:
        """The inverse of `as_dict`. Raises KeyError, TypeError or ValueError for other data."""
        model, bracket = data["model"], data.get("bracket")
        return cls(
            dict(data["without"]),
            None if model is None else PowerModel(**model),
            None if bracket is None else PowerBracket.from_dict(bracket),
        )


def terms_for(
    devices: Iterable[str], sources: tuple[Found, ...], model: PowerModel | None, bracket: PowerBracket | None = None
) -> Terms:
    """The terms that follow from the detected sources for these devices."""
    blind = [device for device in dict.fromkeys(devices) if choose(device, sources) is None]
    return _terms({device: _why(device, sources) for device in blind}, model, bracket)


def nowhere(
    devices: Iterable[str], reason: str, model: PowerModel | None = None, bracket: PowerBracket | None = None
) -> Terms:
    """Terms without a measurement on any of these devices, for one reason."""
    return _terms(dict.fromkeys(devices, reason), model, bracket)


def _terms(without: Mapping[str, str], model: PowerModel | None, bracket: PowerBracket | None) -> Terms:
    """A power is assumed for a CPU without a sensor alone, and figures of the user come before a bracket."""
    if "cpu" not in without:
        return Terms(without)
    return Terms(without, model, bracket if model is None else None)


def _why(device: str, sources: tuple[Found, ...]) -> str:
    # Nobody misses a meter that must be asked for.
    sensors = (f for f in sources if f.device == device and f.method in MEASURED and f.is_asked_for is not False)
    reasons = [f"{f.source}: {f.why_not}" for f in sensors if f.why_not]
    return "no sensor: " + "; ".join(dict.fromkeys(reasons)) if reasons else "no sensor"
