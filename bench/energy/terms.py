"""What is known about energy before a sweep begins: on which devices it can be measured, and what is assumed else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.energy.meter import Found
from bench.energy.model import PowerModel
from bench.energy.sources import choose

LEFT_OUT = "left out"
COLD = "windows of energy run with warm caches"


@dataclass(frozen=True, slots=True)
class Terms:
    """`without` says by device why nothing can be measured there; `model` is what is assumed for the CPU then."""

    without: Mapping[str, str] = field(default_factory=dict)
    model: PowerModel | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, for run.json."""
        return {"without": dict(self.without), "model": None if self.model is None else asdict(self.model)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Terms:
        """The inverse of `as_dict`. Raises KeyError, TypeError or ValueError for what it cannot have made."""
        model = data["model"]
        return cls(dict(data["without"]), None if model is None else PowerModel(**model))


def terms_for(devices: Iterable[str], sources: tuple[Found, ...], model: PowerModel | None) -> Terms:
    """What the sources that were looked for come to on these devices."""
    blind = [device for device in dict.fromkeys(devices) if choose(device, sources) is None]
    return Terms({device: _why(device, sources) for device in blind}, model if "cpu" in blind else None)


def nowhere(devices: Iterable[str], reason: str, model: PowerModel | None = None) -> Terms:
    """Nothing measured on any of these devices, for one reason."""
    return Terms(dict.fromkeys(devices, reason), model)


def _why(device: str, sources: tuple[Found, ...]) -> str:
    reasons = [f"{f.source}: {f.why_not}" for f in sources if f.device == device and f.source != "model" and f.why_not]
    return "no sensor: " + "; ".join(dict.fromkeys(reasons)) if reasons else "no sensor"
