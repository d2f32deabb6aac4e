"""A crew and a sensor that measure nothing, and jobs for them."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.calibration.value import Calibration, Peak
from bench.energy.meter import Reading
from bench.run.events import Event
from bench.store import runs
from bench.store.schema import Sample
from bench.store.status import Status
from bench.sweep.cases import PlannedCase
from bench.sweep.config import Config
from bench.sweep.job import Job
from bench.worker.protocol import Calibrate, MeasureEnergy, Outcome, Task
from bench.worker.settings import Settings
from impls import Case, ConvProblem

NAMES = ("direct", "torch")
SMALL = [PlannedCase(Case(ConvProblem.parse(f"mb1ic{c}ih8oc4kh3ph1"))) for c in (1, 2, 3)]
FIGURE = {"method": "counter", "source": "fake", "scope": "package-0", "gross_j": 0.5, "net_j": 0.4, "flags": []}
ENVIRONMENT = {"host": "here", "threads": 1}


class FakeCrew:
    """Three processes that visit in turn, and measure nothing.

    Their times of a case differ by `spread`, by input channels, and by less on each further visit.
    """

    made: list[FakeCrew]
    spread: dict[int, float]
    fails_at: int | None = None
    interrupts_at: int | None = None

    def __init__(self, settings: Settings, processes: int, first: int) -> None:
        self.settings, self.sampling_s, self.tasks, self.numbers = settings, 0.0, list[Task](), list[int]()
        self.is_open, self.first, self.visited = False, first, list[Set[int]]()
        self.sampled: list[MeasureEnergy] = []
        self.made.append(self)

    def __enter__(self) -> FakeCrew:
        assert not any(crew.is_open for crew in self.made), "one crew at a time"
        self.is_open = True
        return self

    def __exit__(self, *given: object) -> None:
        self.is_open = False

    def start(self) -> dict[str, Any]:
        return {**ENVIRONMENT, "threads": self.settings.threads}

    def calibrate(self, what: Calibrate) -> Calibration:
        return Calibration(what.device, self.settings.threads, (Peak("fp32", 1e12, "forged"),))

    def energy(self, task: MeasureEnergy) -> dict[str, Any]:
        self.sampled.append(task)
        return {"energy": {name: [FIGURE] for name in task.implementations}, "processes": []}

    def visit(self, task: Task, number: int, visited: Set[int]) -> list[Outcome]:
        self.visited.append(visited)
        self.tasks.append(task)
        self.numbers.append(number)
        if self.interrupts_at == len(self.tasks):
            raise KeyboardInterrupt
        if self.fails_at == len(self.tasks):
            return [Outcome(name, Status.CRASHED, "why") for name in task.implementations]
        process = number % 3
        time_s = 1.0 + self.spread.get(task.case.problem.in_channels, 0.0) / (1 + number // 3) * process / 2
        samples = tuple(Sample(process=process, block=block, time_s=time_s) for block in range(4))
        self.sampling_s += 0.5
        return [Outcome(name, Status.OK, samples=samples) for name in task.implementations]


class Sensor:
    """A meter whose every reading is 3 J above the last."""

    source, method, device, scopes, gain_rel = "fake", "counter", "cpu", ("package-0",), None

    def __init__(self) -> None:
        self.joules = 0.0

    def read(self) -> Reading:
        self.joules += 3.0
        return Reading(0.0, {"package-0": self.joules})

    def close(self) -> None:
        pass


def job_of(*cases: PlannedCase, **config: Any) -> Job:
    """A job of three processes, each with one visit, on these cases, or on SMALL."""
    return Job(
        Config("test", **{"processes": 3, "visits": 1, **config}), cases or tuple(SMALL), NAMES, Settings(1), "again"
    )


def resumable(planned: PlannedCase, **config: Any) -> Job:
    """A job of one case that its run.json describes whole, so that it can be resumed."""
    return job_of(planned, devices=("cpu",), base=planned.case.problem.descriptor, **config)


def varied(count: int) -> list[PlannedCase]:
    """Cases of an axis: the first is the base."""
    return [replace(planned, points=((("channels", "1"),),)) for planned in SMALL[:count]]


def channels(crew: FakeCrew) -> list[int]:
    """The input channels of the cases that a crew visited, in order."""
    return [task.case.problem.in_channels for task in crew.tasks]


def ignore(step: Event) -> None:
    pass


def table(folder: Path) -> list[dict[str, Any]]:
    """The measurements of a run."""
    return [
        {str(name): value for name, value in row.items()} for row in runs.load(folder).measurements.to_dict("records")
    ]
