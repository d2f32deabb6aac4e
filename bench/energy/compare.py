"""Refuses to compare modelled with measured joules, and brackets with anything: they say no more than the time."""

from __future__ import annotations

from collections.abc import Mapping

from bench.energy.figures import EnergyFigure
from bench.energy.meter import MEASURED, Method


def require_same_kind(figures: Mapping[str, EnergyFigure]) -> None:
    """Raise ValueError for figures (by name) that mix modelled and measured joules, are bracketed, or have none."""
    for name, figure in figures.items():
        if figure.method == Method.UNAVAILABLE:
            raise ValueError(f"{name} has no joules to compare: {figure.reason}")
        if figure.method == Method.BRACKET:
            raise ValueError(f"{name} has no joules to compare: they are bracketed; compare times")
    measured = {name: f for name, f in figures.items() if f.method in MEASURED}
    modelled = {name: f for name, f in figures.items() if f.method not in MEASURED}
    if measured and modelled:
        raise ValueError(
            f"measured and modelled joules cannot be ranked: {_named(measured)} measured, {_named(modelled)} modelled "
            "as time × an assumed power; compare the measured ones, or compare times"
        )


def _named(figures: Mapping[str, EnergyFigure]) -> str:
    return ", ".join(f"{name} ({figure.source})" for name, figure in figures.items())
