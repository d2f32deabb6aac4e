"""The child's work on the energy of one case: plans made and proven right, then windows, then proven right again."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, closing, suppress
from dataclasses import asdict
from functools import partial
from time import sleep
from typing import Any

from bench.energy import meters
from bench.energy.all_meters import choose
from bench.energy.figures import EnergyFigure
from bench.energy.flags import EnergyFlag
from bench.energy.measured import MeasuredEnergy
from bench.energy.meter import MEASURED, Found, Meter, MeterError
from bench.energy.protocol import measure
from bench.energy.work import Workload, work_for
from bench.gate.gate import gate
from bench.gate.inputs import Inputs, draw
from bench.gate.judge import judge
from bench.gate.poke import Poke
from bench.machine.memory import Demand, demand_of
from bench.timing.alive import require_alive
from bench.worker import loading
from bench.worker.admission import counted
from bench.worker.beacon import HARNESS, Beacon
from bench.worker.groups import why_not_in_first
from bench.worker.integrity import Integrity, known, replaced_words
from bench.worker.protocol import MeasureEnergy, no_figure, no_joules
from bench.worker.turns import Turns
from impls.errors import in_one_line, without_frames
from impls.registry import is_built_in

_Judge = Callable[[], str | None]


def measure_energy(task: MeasureEnergy, beacon: Beacon) -> dict[str, Any]:
    """A record of the journal without its key: figures by implementation, and the raw data behind them."""
    turns, code = Turns(beacon, task.implementations), known()
    turns.begin(None)
    sources = meters()
    best = choose(task.case.device, sources)
    if best is None:
        return {"energy": no_joules(task.implementations, "the sensor is gone")}
    # Before the meter is opened: proving takes longer than some counters may go unread.
    works, judges = _made(task, turns, code)
    with ExitStack() as stack:
        try:
            meter = stack.enter_context(_opened(best))
        except MeterError as error:
            return {"energy": no_joules(task.implementations, str(error))}
        check = _other(best, sources, stack)
        # Each process has an order of its own, so that no candidate always follows the same one.
        rng = random.Random(f"{task.seed}, process {task.process}")
        measured = measure(meter, works, task.plan, sleep=_napping(beacon), rng=rng, check=check)
    turns.require_rest()
    if replaced := _replaced(code, task.implementations):
        # Nobody knows which windows it reached.
        return {"energy": no_joules(task.implementations, replaced), **_raw(measured)}
    energy = {}
    for name, by_scope in measured.figures.items():
        turns.begin(name)
        wrong = judges[name]() if name in judges else None
        wrong = _replaced(code, (name,)) or wrong
        energy[name] = [_plain(figure, wrong) for figure in by_scope.values()]
    turns.begin(None)
    # After all turns: a change in any of them counts.
    return {"energy": {name: _flagged(plain, turns.words(name)) for name, plain in energy.items()}, **_raw(measured)}


def _napping(beacon: Beacon) -> Callable[[float], None]:
    """A way to sleep that shows progress: on slow meters the device rests for longer than a step may take."""

    def nap(seconds: float) -> None:
        beacon.show(HARNESS)
        sleep(seconds)

    return nap


def _opened(found: Found) -> closing[Meter]:
    assert found.open is not None, "what was chosen can be opened"
    return closing(found.open())


def _other(best: Found, sources: tuple[Found, ...], stack: ExitStack) -> Meter | None:
    """A second meter of the same parts of the device, by another method, to check the first; None if none opens."""
    others = (
        f for f in sources if f.method in MEASURED and f.method != best.method and f.scopes[:1] == best.scopes[:1]
    )
    other = choose(best.device, others)
    with suppress(MeterError):
        return None if other is None else stack.enter_context(_opened(other))
    return None


def _replaced(code: Integrity, implementations: Iterable[str]) -> str | None:
    """The reason if these replaced code of the harness, which is put back; asking takes milliseconds."""
    replaced = () if all(map(is_built_in, implementations)) else code.put_back()
    return replaced_words(replaced) if replaced else None


def _made(
    task: MeasureEnergy, turns: Turns[str], code: Integrity
) -> tuple[dict[str, Callable[[], Workload]], dict[str, _Judge]]:
    """The work of each implementation, which raises if it failed, and a judge for each that was right."""
    inputs, left_out = draw(task.case, task.seed, task.data), _left_out(task, code)
    poke = Poke(task.case, inputs)
    works: dict[str, Callable[[], Workload]] = {}
    judges: dict[str, _Judge] = {}
    for name in task.implementations:
        turns.begin(name)
        if name in left_out:
            works[name] = partial(_fail, left_out[name])
            continue
        try:
            judges[name], call = _proven(name, task, inputs, poke, code)
            works[name] = partial(_Shown, work_for(task.case.device, call), turns, name)
            turns.require_rest()
        except Exception as error:
            require_alive(task.case.device, error)
            # One implementation's failure is a result; without its frames, which hold its tensors.
            works[name] = partial(_fail, without_frames(error))
    # Until the first window no implementation runs.
    turns.begin(None)
    if not all(map(is_built_in, task.implementations)):
        # Code that is not ours may search the memory of this process in its windows.
        inputs.late_truth.forget()
    return works, judges


def _left_out(task: MeasureEnergy, code: Integrity) -> dict[str, Exception]:
    """The error of each implementation that is too large, as windows take turns and all plans are held at once.

    Also of each that replaced code of the harness when it was asked for its work.
    """
    demands: dict[str, Demand] = {}
    errors: dict[str, Exception] = {}
    for name in task.implementations:
        # Whatever this raises, planning raises again.
        with suppress(Exception):
            demands[name] = demand_of(counted(loading.make(name).work(task.case)), task.case)
        if replaced := _replaced(code, (name,)):
            errors[name] = ValueError(replaced)
            demands.pop(name, None)
    too_large = why_not_in_first(demands, task.case)
    return {**errors, **{name: MemoryError(reason) for name, reason in too_large.items()}}


def _fail(error: Exception) -> Workload:
    raise error


def _proven(
    name: str, task: MeasureEnergy, inputs: Inputs, poke: Poke, code: Integrity
) -> tuple[_Judge, Callable[[], Any]]:
    """A function that judges the plan again, and a call of it that changes the input first, as timed calls do.

    Raises ValueError if the plan is wrong now, or code of the harness was replaced.
    """
    try:
        implementation = loading.make(name)
        gated = gate(implementation, task.case, inputs, tricks=False)
    finally:
        # In any case: the next one is judged by it.
        replaced = _replaced(code, (name,))
    if replaced:
        raise ValueError(replaced)
    if not gated.verdict.ok:
        raise ValueError(gated.verdict.reason)

    call, at = poke.calling(gated.plan.run, inputs.x)

    def judge_again() -> str | None:
        try:
            output = call()
            with poke.known_at(at[0]) as known:
                return judge(output, known, implementation, task.case).reason
        except Exception as error:
            require_alive(task.case.device, error)
            return in_one_line(error)

    return judge_again, call


class _Shown:
    """Work in turns, one for each window; the beacon shows its progress, as the parent ends a process without any."""

    def __init__(self, work: Workload, turns: Turns[str], name: str) -> None:
        self._work, self._turns, self._name = work, turns, name

    def advance(self, pace_s: float) -> int:
        self._turns.sample(self._name)
        return self._work.advance(pace_s)

    def finish(self) -> None:
        self._work.finish()
        self._turns.begin(None)


def _flagged(plain: list[dict[str, Any]], side_effects: str | None) -> list[dict[str, Any]]:
    """The figures of an implementation, with a flag if it changed what all implementations share."""
    if side_effects is None:
        return plain
    return [{**figure, "flags": [*figure["flags"], EnergyFlag.SIDE_EFFECTS]} for figure in plain]


def _plain(figure: EnergyFigure, wrong: str | None) -> dict[str, Any]:
    """The figure as JSON; without joules if the plan is wrong after it was measured."""
    if wrong is not None:
        reason = f"wrong after its energy was measured: {wrong}"
        return {**no_figure(reason), "source": figure.source, "scope": figure.scope}
    return asdict(figure)


def _raw(measured: MeasuredEnergy) -> Mapping[str, Any]:
    """The raw data of the figures: windows in order, idle power, the implementations of each round."""
    return {
        "windows": {name: [asdict(w) for w in taken] for name, taken in measured.windows.items()},
        "idle": [[asdict(w) for w in side] for side in measured.idle],
        "rounds": [list(names) for names in measured.rounds],
        "stopped_by": measured.stopped_by,
    }
