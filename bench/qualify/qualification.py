"""The whole qualification: conditions in turn, whole runs in between, and the file that remembers it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
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
from bench.qualify import whole_runs
from bench.qualify.bursts import one_busy_core
from bench.qualify.questions import CONDITIONS, Answer, Effort, Question
from bench.qualify.summary import Limit, Summary, Times, between_runs, limits, summarise
from bench.store.runs import by_column, require_writable
from bench.worker.settings import Settings

FORMAT_VERSION = "1.0"

# Plans and warm-up beside the samples, beside a busy core too.
_MOST_OVER_BUDGET = 2.0

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Qualification:
    """All answers and whole runs, and the machine they are of."""

    environment: dict[str, Any]
    answers: tuple[Answer, ...]
    runs: tuple[Times, ...]
    wall_s: float

    @property
    def summaries(self) -> list[Summary]:
        return summarise(self.answers)

    @property
    def limits(self) -> list[Limit]:
        return limits(self.summaries, between_runs(self.runs))

    @property
    def is_missed(self) -> bool:
        """Whether a limit is not met."""
        return any(limit.verdict == "not met" for limit in self.limits)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, trials by column. `threshold`: a relative difference between two runs that is more than luck."""
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
    """Ask everything, conditions taking turns by the process, the rounds of whole runs spread between them.

    Raises InfrastructureError if a process cannot answer.
    """
    started = time.monotonic()
    environment = whole_runs.environment(settings)
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
    """How many rounds of whole runs are due before each step, the last after all of them: evenly spread."""
    return Counter(round(i * steps / max(1, rounds - 1)) for i in range(rounds))


def _steps(effort: Effort, seed: int, device: str) -> Iterator[list[Question]]:
    """The questions of one process after another, quiet and busy by turns."""
    by_condition = [_chunks(effort.questions(condition, seed, device), effort.per_process) for condition in CONDITIONS]
    for together in zip_longest(*by_condition, fillvalue=[]):
        yield from (questions for questions in random.Random(seed).sample(together, len(together)) if questions)


def _chunks(questions: Sequence[Question], size: int) -> list[list[Question]]:
    return [list(questions[i : i + size]) for i in range(0, len(questions), size)]


def _ask(questions: Sequence[Question], settings: Settings) -> list[Answer]:
    """The answers of a fresh process, started as workers are."""
    # As long as it was given, and a step more: loading, and what budgets do not hold.
    patience_s = sum(_MOST_OVER_BUDGET * question.max_seconds for question in questions) + settings.step_timeout_s
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "bench.qualify.child", str(settings.threads)],
            input="".join(json.dumps(question.as_dict()) + "\n" for question in questions),
            capture_output=True, text=True, env=settings.environment(), check=False, timeout=patience_s,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        done_before = len((error.stdout or b"").splitlines())
        raise InfrastructureError(
            f"a qualifying process hangs: {done_before} of {len(questions)} answers after {patience_s:.0f} s"
        ) from error
    if done.returncode != 0:
        words = done.stderr.strip().split("\n")[-1]
        raise InfrastructureError(f"a qualifying process ended with exit code {done.returncode}: {words}")
    return [Answer.from_dict(json.loads(line)) for line in done.stdout.splitlines()]


def require_place(results: Path) -> Path:
    """The folder that qualifications are kept in. Raises InfrastructureError if it cannot be written."""
    folder = results / "qualify"
    require_writable(folder)
    return folder


def store(qualification: Qualification, results: Path) -> Path:
    """Write results/qualify/<utc>-<host>.json. Raises InfrastructureError if that cannot be."""
    host = qualification.environment.get("host") or "host"
    file = require_place(results) / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{host}.json"
    try:
        file.write_text(json.dumps(qualification.as_dict(), allow_nan=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise InfrastructureError(f"{file} cannot be written: {error}") from error
    return file
