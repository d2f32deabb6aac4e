"""The child's work by kind of message: one function for each."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.calibration.measure import measure
from bench.worker.beacon import HARNESS, Beacon
from bench.worker.contest import hold
from bench.worker.energy import measure_energy
from bench.worker.protocol import Calibrate, Call, MeasureEnergy, Message, Outcome, Task
from bench.worker.proving import prove_and_time
from bench.worker.trial import Trial
from impls.modes import precision_mode


@dataclass(frozen=True, slots=True)
class Context:
    """The child's beacon, its number of threads, and how it sends an event."""

    beacon: Beacon
    threads: int
    send: Callable[..., None]


def handle(message: Message, context: Context) -> dict[str, Any]:
    """Do the work of a message and return the contents of its event "done"."""
    return _HANDLERS[type(message)](message, context)


def _task(task: Task, context: Context) -> dict[str, Any]:
    def emit(outcome: Outcome) -> None:
        context.send("outcome", outcome=outcome.to_dict())

    with precision_mode(task.case):
        return {"sampling_s": prove_and_time(task, emit, context.beacon)}


def _calibrate(wanted: Calibrate, context: Context) -> dict[str, Any]:
    return {"calibration": measure(wanted.device, context.threads, wanted.precisions, levels=wanted.levels).to_dict()}


def _energy(task: MeasureEnergy, context: Context) -> dict[str, Any]:
    with precision_mode(task.case):
        return {"found": measure_energy(task, context.beacon)}


def _trial(trial: Trial, context: Context) -> dict[str, Any]:
    return {"outcomes": [outcome.to_dict() for outcome in hold(trial, context.beacon)]}


def _call(call: Call, context: Context) -> dict[str, Any]:
    context.beacon.show(HARNESS)
    module, _, name = call.function.partition(":")
    return {"result": getattr(importlib.import_module(module), name)(**call.arguments)}


_HANDLERS: dict[type[Message], Callable[[Any, Context], dict[str, Any]]] = {
    Task: _task,
    Calibrate: _calibrate,
    MeasureEnergy: _energy,
    Trial: _trial,
    Call: _call,
}
