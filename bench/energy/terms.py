"""The terms of energy in a sweep, known before it starts: devices without a sensor, and the assumed power model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.energy.all_meters import choose
from bench.energy.meter import Found, Method
from bench.energy.model import PowerModel

LEFT_OUT = "left out"
COLD = "windows of energy run with warm caches"


@dataclass(frozen=True, slots=True)
class Terms:
    """`without` is the reason for each device without a sensor; `model` is the power then assumed for the CPU."""

    without: Mapping[str, str] = field(default_factory=dict)
    model: PowerModel | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, for run.json."""
        return {"without": dict(self.without), "model": None if self.model is None else asdict(self.model)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Terms:
        """The inverse of `as_dict`. Raises KeyError, TypeError or ValueError for other data."""
        model = data["model"]
        return cls(dict(data["without"]), None if model is None else PowerModel(**model))


def terms_for(devices: Iterable[str], sources: tuple[Found, ...], model: PowerModel | None) -> Terms:
    """The terms that follow from the detected sources for these devices."""
    blind = [device for device in dict.fromkeys(devices) if choose(device, sources) is None]
    return Terms({device: _why(device, sources) for device in blind}, model if "cpu" in blind else None)


def nowhere(devices: Iterable[str], reason: str, model: PowerModel | None = None) -> Terms:
    """Terms without a measurement on any of these devices, for one reason."""
    return Terms(dict.fromkeys(devices, reason), model)


def _why(device: str, sources: tuple[Found, ...]) -> str:
    # Nobody misses a meter that must be asked for.
    sensors = (f for f in sources if f.device == device and f.method != Method.MODEL and not f.is_unasked)
    reasons = [f"{f.source}: {f.why_not}" for f in sensors if f.why_not]
    return "no sensor: " + "; ".join(dict.fromkeys(reasons)) if reasons else "no sensor"
