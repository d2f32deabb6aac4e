"""The list of implementations and their explanations, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.machine import devices
from bench.worker import elsewhere
from impls import Case, ConvProblem, Implementation, get, registry
from impls.explanations import explain, explained, line

# Every implementation computes one of these, in every precision that it has on a device.
_USUAL = tuple(map(ConvProblem.parse, ("mb1ic64ih56oc64kh3ph1", "mb1g64ic64ih56oc64kh3ph1")))


def entries(device: str | None, load: Sequence[Path]) -> list[dict[str, Any]]:
    """One mapping for each implementation. Raises impls.ConvError for an unknown device or a bad plug-in.

    `precisions` are those that it has on any device, `precisions_here` those of each device of this machine.
    """
    elsewhere.load(load)
    here = [found for found in devices.available() if device in (None, found)]
    return [_entry(name, get(name), here) for name in registry.names(device)]


def _entry(name: str, implementation: Implementation, here: Sequence[str]) -> dict[str, Any]:
    return {
        "name": name,
        "line": line(name),
        "algorithm": implementation.algorithm,
        "provider": implementation.provider,
        "devices": list(implementation.devices),
        "precisions": list(implementation.precisions),
        "precisions_here": {device: _precisions(implementation, device) for device in here},
        "bounds": list(implementation.bounds),
    }


def _precisions(implementation: Implementation, device: str) -> list[str]:
    """The precisions in which the implementation computes usual layers on this device."""
    return [
        precision
        for precision in implementation.precisions
        if any(implementation.why_not(Case(p, precision=precision, device=device)) is None for p in _USUAL)
    ]


def explanations(names: Sequence[str], load: Sequence[Path]) -> list[dict[str, Any]]:
    """The explanations of these names. Raises impls.ConvError for an unknown one or a bad plug-in."""
    elsewhere.load(load)
    return [asdict(explain(name)) for name in names]


def lines(load: Sequence[Path]) -> dict[str, str]:
    """Every name that can be explained, in one line. Raises impls.ConvError for a bad plug-in."""
    elsewhere.load(load)
    return {name: line(name) for name in explained()}
