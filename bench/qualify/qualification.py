"""Runs the whole qualification, conditions in turn and whole runs in between, and writes its file."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

from bench.errors import InfrastructureError
from bench.estimates.binomial import quantile
from bench.estimates.conclusion import Conclusion
from bench.qualify import whole_runs
from bench.qualify.bursts import one_busy_core
from bench.qualify.questions import CONDITIONS, Answer, Effort, Question
from bench.qualify.summary import Summary, Times, TimingLimit, between_runs, limits, summarise
from bench.store.runs import by_column, require_writable
from bench.worker.client import Worker, environment_of
from bench.worker.protocol import Call
from bench.worker.settings import Settings

FORMAT_VERSION = "1.0"

_ANSWER = "bench.qualify.trials:answer_json"
# Time of an answer over its budget, at most: plans and warm-up count, and the core may be busy.
_MOST_OVER_BUDGET = 2.0

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Qualification:
    """All answers and whole runs, and the machine they were measured on."""

    environment: dict[str, Any]
    answers: tuple[Answer, ...]
    runs: tuple[Times, ...]
    wall_s: float

    @property
    def summaries(self) -> list[Summary]:
        return summarise(self.answers)

    @property
    def limits(self) -> list[TimingLimit]:
        return limits(self.summaries, between_runs(self.runs))

    @property
    def is_missed(self) -> bool:
        """Whether a limit is not met."""
        return any(limit.verdict is Conclusion.NOT_MET for limit in self.limits)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, trials by column. `threshold`: the relative difference between two runs that chance explains."""
        apart = between_runs(self.runs)
        return {
            "format_version": FORMAT_VERSION,
            "created_utc": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "environment": self.environment,
            "wall_s": self.wall_s,
            "threshold": {**quantile(apart, 0.95).as_dict(), "of": "time_fast_s"} if apart else None,
            "limits": [limit.as_dict() for limit in self.limits],
            "summaries": [asdict(summary) for summary in self.summaries],
            "trials": by_column([answer.as_dict() for answer in self.answers]),
            "runs": [
                [{"descriptor": d, "implementation": i, "time_s": t} for (d, i), t in run.items()] for run in self.runs
            ],
        }


def qualify(effort: Effort, settings: Settings, seed: int, progress: Progress, device: str = "cpu") -> Qualification:
    """Ask all questions; conditions alternate from process to process, with rounds of whole runs between them.

    Raises InfrastructureError if a process cannot answer.
    """
    started = time.monotonic()
    environment = environment_of(settings)
    steps = list(_steps(effort, seed, device))
    due = _due(len(steps), effort.runs * whole_runs.ROUNDS)
    answers: list[Answer] = []
    runs: list[Times] = []
    with closing(whole_runs.whole_runs(settings, device)) as rounds:
        for number, questions in enumerate([*steps, []]):
            runs += [times for times in islice(rounds, due[number]) if times is not None]
            if not questions:
                continue
            condition = questions[0].condition
            with one_busy_core(number) if condition == "busy" else nullcontext():
                answers += _ask(questions, settings)
            progress(f"{number + 1} of {len(steps)}: {condition}, {len(answers)} trials")
    return Qualification(environment, tuple(answers), tuple(runs), time.monotonic() - started)


def _due(steps: int, rounds: int) -> Counter[int]:
    """The number of rounds of whole runs before each step, evenly spread; the last one after all steps."""
    return Counter(round(i * steps / max(1, rounds - 1)) for i in range(rounds))


def _steps(effort: Effort, seed: int, device: str) -> Iterator[list[Question]]:
    """The questions of each process, quiet and busy in turn."""
    by_condition = [_chunks(effort.questions(condition, seed, device), effort.per_process) for condition in CONDITIONS]
    for together in zip_longest(*by_condition, fillvalue=[]):
        yield from (questions for questions in random.Random(seed).sample(together, len(together)) if questions)


def _chunks(questions: Sequence[Question], size: int) -> list[list[Question]]:
    return [list(questions[i : i + size]) for i in range(0, len(questions), size)]


def _ask(questions: Sequence[Question], settings: Settings) -> list[Answer]:
    """The answers of a fresh worker. Raises InfrastructureError if it cannot answer."""
    answers: list[Answer] = []
    with Worker(settings) as worker:
        worker.start()
        for question in questions:
            budget_s = _MOST_OVER_BUDGET * question.max_seconds
            try:
                found = worker.call(Call(_ANSWER, {"question": question.as_dict()}, budget_s))
            except InfrastructureError as error:
                done = f"{len(answers)} of {len(questions)} answers"
                raise InfrastructureError(f"a qualifying process was lost after {done}: {error}") from error
            answers.append(Answer.from_dict(found))
    return answers


def require_place(results: Path) -> Path:
    """The folder of the qualifications. Raises InfrastructureError if it cannot be written."""
    folder = results / "qualify"
    require_writable(folder)
    return folder


def store(qualification: Qualification, results: Path) -> Path:
    """Write results/qualify/<utc>-<host>.json. Raises InfrastructureError if it cannot be written."""
    host = qualification.environment.get("host") or "host"
    file = require_place(results) / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{host}.json"
    try:
        file.write_text(json.dumps(qualification.as_dict(), allow_nan=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise InfrastructureError(f"{file} cannot be written: {error}") from error
    return file
