"""Measures energy: meters behind one protocol, windows on counter edges, one uncertainty for each figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.energy.meter import Found
    from bench.energy.model import PowerModel

__all__ = ["meters"]


def meters(model: PowerModel | None = None, uuid: str | None = None) -> tuple[Found, ...]:
    """All energy sources, best first; each one that is not available has its reason and its remedy.

    `model` is the power by the user's own figures; `uuid` is the GPU's, torch's device 0 by default. Raises
    nothing.
    """
    # Imported here, so that importing the protocol loads no sensor.
    from bench.energy.all_meters import meters as found

    return found(model, uuid=uuid)
