"""Which joules may stand beside each other. A modelled joule is time × an assumed power: it says no more than time."""

from __future__ import annotations

from collections.abc import Mapping

from bench.energy.figures import Figure
from bench.energy.meter import MEASURED


def require_same_kind(figures: Mapping[str, Figure]) -> None:
    """Refuse to rank modelled joules against measured ones, or joules that are not there; figures by name.

    Raises ValueError with a sentence for the reader.
    """
    for name, figure in figures.items():
        if figure.method == "unavailable":
            raise ValueError(f"{name} has no joules to compare: {figure.reason}")
    measured = {name: f for name, f in figures.items() if f.method in MEASURED}
    modelled = {name: f for name, f in figures.items() if f.method not in MEASURED}
    if measured and modelled:
        raise ValueError(
            f"measured and modelled joules cannot be ranked: {_named(measured)} measured, {_named(modelled)} modelled "
            "as time × an assumed power; compare the measured ones, or times"
        )


def _named(figures: Mapping[str, Figure]) -> str:
    return ", ".join(f"{name} ({figure.source})" for name, figure in figures.items())
