"""The fronts of time against error and against memory; that of energy is in bench.report.sections.front."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench import format
from bench.report.document.blocks import Gallery, Image, Prose, Section
from bench.report.drawing import canvas, cost_front
from bench.report.findings.cost_fronts import CostFront, CostPoint
from bench.report.findings.cost_fronts import cost_front as front_of
from bench.report.findings.ranking import central
from bench.report.findings.results import Result
from bench.report.sections.cells import names
from bench.report.sections.study import Study

_HOW_TO_READ = (
    "On the front is what no other implementation beats in both: bold names, joined by steps. Pale ones are behind by "
    "the times and costs shown. Memory is workspace and what the plan keeps; less than 1 kB is drawn at 1 kB."
)


@dataclass(frozen=True, slots=True)
class _Cost:
    """A cost beside time: in a title, on its axis, in a sentence, as text, and the least that is drawn."""

    name: str
    axis: str
    most: str
    read: Callable[[Result], float | None]
    text: Callable[[float], str]
    tick: Callable[[float], str]
    least: float


def _error(result: Result) -> float | None:
    value = result.error_rms
    return value if value is not None and 0 < value < float("inf") else None


def _memory(result: Result) -> float | None:
    known = [size for size in (result.other.workspace_bytes, result.other.plan_bytes) if size is not None]
    return float(sum(known)) if known else None


_COSTS = (
    _Cost("error", "rms error ÷ rms of the result", "most exact", _error, format.error, canvas.tick_power, 1e-18),
    _Cost("memory", "workspace and plan", "leanest", _memory, format.byte_count, canvas.tick_bytes, 1000.0),
)  # fmt: skip


def sections(study: Study) -> Iterator[Section]:
    """One section on the central case of each group that is not busy; none with one implementation."""
    found: list[tuple[_Cost, CostFront]] = []
    for group in study.groups:
        ranking = None if study.is_busy(group) else central(study.ranked(group), study.axes)
        if ranking is not None:
            found += [(cost, front) for cost in _COSTS if (front := front_of(ranking, cost.read)) is not None]
    if found:
        images = tuple(_image(study, cost, front) for cost, front in found)
        answers = tuple(study.said_of(front.ranking.group, _answer(cost, front)) for cost, front in found)
        yield Section("fronts", "Time against error and memory", answers, (Prose(_HOW_TO_READ), Gallery(images)))


def _image(study: Study, cost: _Cost, front: CostFront) -> Image:
    title = study.titled(f"Time against {cost.name}, {front.ranking.order[0].descriptor}", front.ranking.group)
    return cost_front.panel(front, study.marks, title, cost.axis, cost.tick, cost.least)


def _answer(cost: _Cost, found: CostFront) -> str:
    """The two ends of the front in a sentence."""
    front, where = found.front, found.ranking.order[0].descriptor
    first, last = front[0], front[-1]
    name = first.result.implementation
    if len(front) == 1:
        return f"on {where} {name} takes the least time and is the {cost.most}: {_costs(cost, first)}."
    least = f"and {last.result.implementation} is the {cost.most} ({_costs(cost, last)})"
    between = names(point.result.implementation for point in front)
    return (
        f"on {where} {name} takes the least time ({_costs(cost, first)}) {least}; on the front of "
        f"time and {cost.name}: {between}."
    )


def _costs(cost: _Cost, point: CostPoint) -> str:
    return f"{format.time(point.time)}, {cost.text(point.cost)}"
