"""Gives a finished run an assumed power of its processor, for joules that were not measured; no file of it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.energy.meter import MEASURED, Method
from bench.energy.model import OPTIONS, PowerModel, SocketPower
from bench.energy.own_cost import Spent
from bench.energy.terms import Terms
from bench.errors import UsageError
from bench.machine.environment import cpu_name
from bench.machine.processors import allotted_cores


def with_power(path: Path, meta: Mapping[str, Any], terms: Terms, power: SocketPower) -> dict[str, Any]:
    """The contents of run.json with this power in place of any other of the CPU; so is the run's own energy.

    Raises UsageError for impossible values, and if the CPU of the run has measured joules or was not used.
    """
    if "cpu" not in terms.without:
        raise UsageError(
            f"{path} has no joules of a CPU to model: they were measured, or it ran on another device; "
            f"leave out {OPTIONS}"
        )
    model = power.allotted(_allotted(meta, power))
    # A model of what a GPU executes stays.
    executed = terms.executed if terms.executed is not None and terms.executed.device != "cpu" else None
    given = replace(terms, model=model, bracket=None, executed=executed).as_dict()
    return {**meta, "energy": {**(meta.get("energy") or {}), **given}, "own_energy": _own_energy(meta, model)}


def _allotted(meta: Mapping[str, Any], power: SocketPower) -> int:
    """The cores that the run might use; earlier runs do not record them."""
    recorded = (meta.get("energy") or {}).get("allotted_cores")
    if recorded is not None:
        return int(recorded)
    environment = meta.get("environment") or {}
    if environment.get("cpu") == cpu_name():
        return allotted_cores()
    # Another machine: its processors, each of them a core unless the socket has fewer.
    return min(int(environment.get("cores") or 1), power.cores)


def _own_energy(meta: Mapping[str, Any], model: PowerModel) -> list[dict[str, Any]]:
    """The joules of the run itself: the measured ones, and for the CPU without a meter those of the model of power."""
    measured = [one for one in meta.get("own_energy") or () if one.get("method") in MEASURED]
    if meta.get("wall_s") is None or any(one.get("device") == "cpu" for one in measured):
        return measured
    threads = (meta.get("settings") or {}).get("threads") or model.allotted
    spent = Spent("cpu", model.scope, Method.MODEL, "model", model.joules(meta["wall_s"], threads))
    return [*measured, spent.as_dict()]
