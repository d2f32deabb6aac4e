"""The terms of energy in a sweep, known before it starts: devices without a sensor, and the power assumed for the CPU.

That power is a model with the user's own figures, else a bracket of machines of the same class. A model of what was
executed (bench.energy.executed) comes before both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.energy.all_meters import choose
from bench.energy.bracket.bracket import PowerBracket
from bench.energy.executed.form import as_dict, from_dict
from bench.energy.executed.model import ExecutedModel
from bench.energy.meter import MEASURED, Found
from bench.energy.model import PowerModel

LEFT_OUT = "left out"
COLD = "windows of energy run with warm caches"


@dataclass(frozen=True, slots=True)
class Terms:
    """`without` is the reason for each device without a sensor; `model` or `bracket` is the power then of the CPU.

    Never both: the user's own figures replace the bracket, and `executed`, the model of what one device executes,
    replaces either on that device. Runs up to schema 2.2 have no bracket, those up to 2.3 no model of executed work.
    """

    without: Mapping[str, str] = field(default_factory=dict)
    model: PowerModel | None = None
    bracket: PowerBracket | None = None
    executed: ExecutedModel | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, for run.json."""
        return {
            "without": dict(self.without),
            "model": None if self.model is None else asdict(self.model),
            "bracket": None if self.bracket is None else self.bracket.as_dict(),
            "executed": None if self.executed is None else as_dict(self.executed),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Terms:
        """The inverse of `as_dict`. Raises KeyError, TypeError or ValueError for other data."""
        model, bracket, executed = data["model"], data.get("bracket"), data.get("executed")
        return cls(
            dict(data["without"]),
            None if model is None else PowerModel(**model),
            None if bracket is None else PowerBracket.from_dict(bracket),
            None if executed is None else from_dict(executed),
        )


def terms_for(
    devices: Iterable[str],
    sources: tuple[Found, ...],
    model: PowerModel | None,
    bracket: PowerBracket | None = None,
    executed: ExecutedModel | None = None,
) -> Terms:
    """The terms that follow from the detected sources for these devices."""
    blind = [device for device in dict.fromkeys(devices) if choose(device, sources) is None]
    return assumed({device: _why(device, sources) for device in blind}, model, bracket, executed)


def nowhere(
    devices: Iterable[str], reason: str, model: PowerModel | None = None, bracket: PowerBracket | None = None
) -> Terms:
    """Terms without a measurement on any of these devices, for one reason."""
    return assumed(dict.fromkeys(devices, reason), model, bracket)


def assumed(
    without: Mapping[str, str],
    model: PowerModel | None,
    bracket: PowerBracket | None,
    executed: ExecutedModel | None = None,
) -> Terms:
    """The terms of devices without a sensor: of a CPU one of the three, of a GPU the model of executed work or none.

    A model of executed work comes before figures of the user, and these before a bracket.
    """
    if executed is not None and executed.device not in without:
        executed = None
    if "cpu" not in without or (executed is not None and executed.device == "cpu"):
        return Terms(without, executed=executed)
    return Terms(without, model, bracket if model is None else None, executed)


def _why(device: str, sources: tuple[Found, ...]) -> str:
    # Nobody misses a meter that must be asked for.
    sensors = (f for f in sources if f.device == device and f.method in MEASURED and f.is_asked_for is not False)
    reasons = [f"{f.source}: {f.why_not}" for f in sensors if f.why_not]
    return "no sensor: " + "; ".join(dict.fromkeys(reasons)) if reasons else "no sensor"
