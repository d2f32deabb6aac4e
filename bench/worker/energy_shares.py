"""Puts together the energy of one case from the shares of several processes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from bench.energy.figures import EnergyFigure
from bench.energy.meter import MEASURED
from bench.energy.pooling import ProcessShare, pooled
from bench.energy.window import Window
from bench.worker.protocol import MeasureEnergy

_Figures = list[dict[str, Any]]


class EnergyShares:
    """What each process in turn found for a task, and the implementations that the next one should measure.

    An implementation that failed in one process is not measured in the next, and has no joules. A process that measured
    nothing at all, for one reason that is not an implementation's, is left out of all figures.
    """

    def __init__(self, task: MeasureEnergy, processes: int) -> None:
        self._task, self._processes = task, processes
        self._found: list[Mapping[str, Any]] = []
        self._failed: dict[str, _Figures] = {}
        self._last_words: dict[str, _Figures] = {}
        self._raw: list[dict[str, Any]] = []

    @property
    def names(self) -> tuple[str, ...]:
        """The implementations that have not failed."""
        return tuple(name for name in self._task.implementations if name not in self._failed)

    def add(self, found: Mapping[str, Any]) -> None:
        """Add what one process found: its record, as bench.worker.energy makes it."""
        energy: Mapping[str, _Figures] = found["energy"]
        failed = {name: figures for name, figures in energy.items() if not any(map(_has_joules, figures))}
        self._raw.append({name: value for name, value in found.items() if name != "energy"})
        if _is_lost(energy, failed):
            self._last_words = failed
            self._raw[-1]["failed"] = _reasons(failed).pop()
            return
        self._failed |= failed
        self._found.append(found)

    def record(self) -> dict[str, Any]:
        """The record of the journal without its key: the figures over all processes, and the raw data of each."""
        energy = {name: self._failed.get(name) or self._pooled(name) for name in self._task.implementations}
        return {"energy": energy, "processes": self._raw}

    def _pooled(self, name: str) -> _Figures:
        if not self._found:
            return self._last_words[name]
        parts: dict[tuple[str, str], list[ProcessShare]] = {}
        for found in self._found:
            windows = tuple(map(Window.from_dict, found["windows"][name]))
            idle = tuple(tuple(map(Window.from_dict, side)) for side in found["idle"])
            for figure in map(EnergyFigure.from_dict, found["energy"][name]):
                parts.setdefault((figure.source, figure.scope), []).append(ProcessShare(figure, windows, idle))
        plan, device = self._task.plan, self._task.case.device
        return [asdict(pooled(own, plan, self._processes, device)) for own in parts.values()]


def _has_joules(figure: Mapping[str, Any]) -> bool:
    return figure["method"] in MEASURED


def _is_lost(energy: Mapping[str, _Figures], failed: Mapping[str, _Figures]) -> bool:
    """Whether all implementations, of several, failed for one reason: a lost process or a failed meter."""
    return 1 < len(energy) == len(failed) and len(_reasons(failed)) == 1


def _reasons(failed: Mapping[str, Iterable[Mapping[str, Any]]]) -> set[str]:
    return {str(figure["reason"]) for figures in failed.values() for figure in figures}
