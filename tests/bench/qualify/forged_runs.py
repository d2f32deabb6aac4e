"""A crew whose twins take forged times, and what a run of them shows."""

from __future__ import annotations

import random
from collections.abc import Sequence, Set
from typing import Any

from bench.qualify.questions import EQUAL, TWINS
from bench.qualify.shown import Shown
from bench.qualify.twin_runs import TwinRun
from bench.store.schema import Sample
from bench.store.status import Status
from bench.worker.protocol import Call, Outcome, Task
from bench.worker.settings import Settings

OVERSHOOT = 1e-4


class ForgedWorker:
    """Answers as the functions do that a run calls in a worker."""

    def __init__(self, calls: list[Call]) -> None:
        self.calls = calls

    def call(self, call: Call) -> Any:
        self.calls.append(call)
        if call.function.endswith(":ratios"):
            first, *others = TWINS
            own = {"implementation": first, "time_s": 1e-4, "ratio": None, "low": None, "high": None}
            return [own, *({**own, "implementation": n, "ratio": 1.1, "low": 1.05, "high": 1.2} for n in others)]
        slow = [name for name in TWINS if name not in EQUAL]
        return [{"descriptor": "d", "implementation": name, "calls": 9, "overshoot": OVERSHOOT} for name in slow]


class ForgedCrew:
    """Processes whose times of twins scatter by `noise` within a process, each twin as slow as it says."""

    made: list[ForgedCrew]
    noise = 1e-3
    fails: str | None = None

    def __init__(self, settings: Settings, processes: int) -> None:
        self.settings, self.tasks, self.calls = settings, list[Task](), list[Call]()
        self.workers = [ForgedWorker(self.calls) for _ in range(processes)]
        self.made.append(self)

    def __enter__(self) -> ForgedCrew:
        return self

    def __exit__(self, *given: object) -> None:
        pass

    def visit(self, task: Task, number: int, visited: Set[int]) -> list[Outcome]:
        self.tasks.append(task)
        rng = random.Random(f"{task.case} {number} {task.seed}")
        return [self._outcome(name, number, rng) for name in task.implementations]

    def _outcome(self, name: str, number: int, rng: random.Random) -> Outcome:
        if name == self.fails:
            return Outcome(name, Status.CRASHED, "exit code 9")
        pace = 1e-4 * (1 + TWINS[name] / 100)
        samples = (Sample(process=number, block=b, time_s=pace * (1 + rng.gauss(0, self.noise))) for b in range(20))
        return Outcome(name, Status.OK, samples=tuple(samples))


def shown(name: str, **more: Any) -> Shown:
    """What a quiet run of convcost shows of a twin: the truth, within ± 0.4 %."""
    truth = 1 + TWINS[name] / 100
    known: dict[str, Any] = {
        "run": 0, "condition": "quiet", "method": "convcost", "descriptor": "d", "implementation": name,
        "is_reference": name == EQUAL[0], "truth": truth, "over_best": truth, "low": truth - 0.004,
        "high": truth + 0.004, "called_slower": TWINS[name] > 0, "time_s": truth * 1e-4, "time_rel": 0.01,
        "time_fast_s": truth * 0.9e-4,
    }  # fmt: skip
    if known["is_reference"]:
        known |= {"over_best": None, "low": None, "high": None}
    return Shown(**(known | more))


def case(error: float = 0.0, **more: Any) -> list[Shown]:
    """All twins of a case; the second equal one is `error` away from the first."""
    return [shown(name, **({"over_best": 1 + error} if name == EQUAL[1] else {}), **more) for name in TWINS]


def twin_run(number: int, condition: str = "quiet", *, error: float = 0.001, pace: float = 1.0) -> TwinRun:
    """A finished run of one minute, by both methods; its times are those of `case` by `pace`."""
    found: Sequence[Shown] = [
        s
        for method, off in (("convcost", error), ("Timer", 0.4))
        for s in case(off, run=number, condition=condition, method=method)
    ]
    paced = tuple(_paced(s, pace) for s in found)
    return TwinRun(number, condition, 60.0 * number, 60.0, paced, {("d", "slower-1"): OVERSHOOT})


def _paced(s: Shown, pace: float) -> Shown:
    return Shown(**{**s.as_dict(), "time_s": s.time_s and s.time_s * pace})
