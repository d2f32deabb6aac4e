"""The child's work on the energy of one case: plans made and proven right, then windows, then proven right again."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import asdict
from typing import Any

from bench import gate
from bench.energy import meters
from bench.energy.figures import Figure
from bench.energy.measured import Measured
from bench.energy.meter import Found, Meter, MeterError
from bench.energy.protocol import measure
from bench.energy.sources import MEASURED, choose
from bench.energy.work import Work, work_for
from bench.worker import apart
from bench.worker.beacon import HARNESS, Beacon
from bench.worker.judging import describe
from bench.worker.protocol import MeasureEnergy, no_figure, no_joules

_Judge = Callable[[], str | None]


def measure_energy(task: MeasureEnergy, beacon: Beacon) -> dict[str, Any]:
    """What a record of the journal holds beside its key: figures by implementation, and the raw data behind them."""
    beacon.show(HARNESS)
    sources = meters()
    best = choose(task.case.device, sources)
    if best is None:
        return {"energy": no_joules(task.implementations, "the sensor is gone")}
    with ExitStack() as stack:
        try:
            meter = stack.enter_context(_opened(best))
            other = _other(best, sources)
            check = None if other is None else stack.enter_context(_opened(other))
        except MeterError as error:
            return {"energy": no_joules(task.implementations, str(error))}
        return _measure(task, meter, check, beacon)


def _opened(found: Found) -> closing[Meter]:
    assert found.open is not None, "what was chosen can be opened"
    return closing(found.open())


def _other(best: Found, sources: tuple[Found, ...]) -> Found | None:
    """Another measured source of the same device, by another method, to hold the first one against."""
    return choose(best.device, (f for f in sources if f.method in MEASURED and f.method != best.method))


def _measure(task: MeasureEnergy, meter: Meter, check: Meter | None, beacon: Beacon) -> dict[str, Any]:
    inputs = gate.draw(task.case, task.seed)
    judges: dict[str, _Judge] = {}

    def work(index: int, name: str) -> Work:
        beacon.show(index)
        judges[name], call = _proven(name, task, inputs)
        return _Shown(work_for(task.case.device, call), beacon, index)

    works = {name: (lambda i=i, n=name: work(i, n)) for i, name in enumerate(task.implementations)}
    measured = measure(meter, works, task.plan, rng=random.Random(task.seed), check=check)
    energy = {}
    for index, (name, by_scope) in enumerate(measured.figures.items()):
        beacon.show(index)
        wrong = judges[name]() if name in judges else None
        energy[name] = [_plain(figure, wrong) for figure in by_scope.values()]
    beacon.show(HARNESS)
    return {"energy": energy, **_raw(measured)}


def _proven(name: str, task: MeasureEnergy, inputs: gate.Inputs) -> tuple[_Judge, Callable[[], Any]]:
    """How to judge a plan that has just been found right, and a call of it. Raises ValueError if it is wrong."""
    implementation = apart.make(name)
    gated = gate.gate(implementation, task.case, inputs, tricks=False)
    if not gated.verdict.ok:
        raise ValueError(gated.verdict.reason)

    def judge() -> str | None:
        try:
            return gate.judge(gated.plan(inputs.x), inputs.truth, implementation, task.case).reason
        except Exception as error:
            return describe(error)

    run, x = gated.plan.run, inputs.x
    return judge, lambda: run(x)


class _Shown:
    """Work whose progress the beacon shows: the parent ends what makes none."""

    def __init__(self, work: Work, beacon: Beacon, index: int) -> None:
        self._work, self._beacon, self._index = work, beacon, index

    def advance(self, pace_s: float) -> int:
        self._beacon.show(self._index)
        return self._work.advance(pace_s)

    def finish(self) -> None:
        self._work.finish()
        self._beacon.show(HARNESS)


def _plain(figure: Figure, wrong: str | None) -> dict[str, Any]:
    """The figure as JSON; without joules if the plan is wrong after it was measured."""
    if wrong is not None:
        reason = f"wrong after its energy was measured: {wrong}"
        return {**no_figure(reason), "source": figure.source, "scope": figure.scope}
    return asdict(figure)


def _raw(measured: Measured) -> Mapping[str, Any]:
    """Everything behind the figures: windows in order, idle power, who was measured in which round."""
    return {
        "windows": {name: [asdict(w) for w in taken] for name, taken in measured.windows.items()},
        "idle": [[asdict(w) for w in side] for side in measured.idle],
        "rounds": [list(names) for names in measured.rounds],
        "stopped_by": measured.stopped_by,
    }
