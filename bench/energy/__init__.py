"""Joules: meters behind one protocol, windows on counter edges, one uncertainty for each figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.energy.meter import Found
    from bench.energy.model import PowerModel

__all__ = ["meters"]


def meters(model: PowerModel | None = None, uuid: str | None = None) -> tuple[Found, ...]:
    """Every source of joules, best first, whether it is there or not: why not, and what to type to get it.

    `model` replaces the power that would be assumed for this processor; `uuid` is the GPU's, torch's device 0 by
    default. Nothing is raised.
    """
    # Only here, so that who imports the protocol loads no sensor.
    from bench.energy.sources import meters as found

    return found(model, uuid=uuid)
