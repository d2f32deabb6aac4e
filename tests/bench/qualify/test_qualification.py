"""Questions answered by real workers, and the file of the answers."""

from __future__ import annotations

import json
import time
from collections.abc import Generator
from itertools import count
from pathlib import Path

import psutil
import pytest

from bench.errors import InfrastructureError
from bench.qualify import qualification, whole_runs
from bench.qualify.bursts import one_busy_core
from bench.qualify.questions import CONVOLUTIONS, Effort, Question
from bench.qualify.summary import Times
from bench.timing.draws import DRAWS
from bench.worker.settings import Settings


@pytest.mark.slow
def test_both_methods_answer_in_a_worker() -> None:
    asked = [Question("quiet", m, CONVOLUTIONS[-1], n, 7, 0.05) for m in ("convcost", "Timer") for n in (None, 20)]
    answers = qualification._ask(asked, Settings(1))
    assert [a.question for a in answers] == asked
    for answer in answers:
        assert answer.low is not None
        assert answer.high is not None
        assert 0 < answer.low <= answer.estimate <= answer.high
        # One a draw at least; a block of Timer's may take its whole time.
        assert answer.samples >= (DRAWS if answer.question.method == "convcost" else 1)


@pytest.mark.full
def test_a_dying_process_is_an_infrastructure_error() -> None:
    with pytest.raises(InfrastructureError, match=r"lost after 0 of 1 answer: .*exit code 1.*nothing-here"):
        qualification._ask([Question("quiet", "nothing-here", CONVOLUTIONS[0], None, 0)], Settings(1))


def test_a_hanging_process_is_an_infrastructure_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qualification, "_ANSWER", "tests.bench.worker.plugins:hang")
    asked = [Question("quiet", "convcost", CONVOLUTIONS[0], None, 0, max_seconds=0.01)] * 2
    with pytest.raises(InfrastructureError, match=r"lost after 0 of 2 answers: one step took more than 0\.12 s"):
        qualification._ask(asked, Settings(1, step_timeout_s=0.1))


def test_the_busy_core_works_and_ends() -> None:
    # Other tests of this process may have left children.
    others = set(psutil.Process().children())
    with one_busy_core(3):
        (child,) = set(psutil.Process().children()) - others
        deadline = time.monotonic() + 20
        while child.cpu_times().user < 0.05 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert child.cpu_times().user >= 0.05
    assert not child.is_running()


@pytest.fixture
def forged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Forges the answers; the steps taken, in order."""
    done: list[str] = []

    def ask(questions: list[Question], settings: Settings) -> list[qualification.Answer]:
        done.append(questions[0].condition)
        return [
            qualification.Answer(q, q.truth, q.truth - 0.004, q.truth + 0.004, 9, "max_seconds", 1.0) for q in questions
        ]

    def rounds(settings: Settings, device: str) -> Generator[Times | None, None, None]:
        for number in count(1):
            done.append("round")
            yield (
                {("p", "i"): 1.0 + (number // whole_runs.ROUNDS - 1) / 100} if number % whole_runs.ROUNDS == 0 else None
            )

    monkeypatch.setattr(qualification, "_ask", ask)
    monkeypatch.setattr(whole_runs, "whole_runs", rounds)
    monkeypatch.setattr(qualification, "environment_of", lambda settings: {"host": "forged"})
    return done


def test_conditions_take_turns_and_whole_runs_are_spread(forged: list[str]) -> None:
    found = qualification.qualify(Effort(same=10, slower=5, runs=3, per_process=20), Settings(1), 0, lambda text: None)
    assert forged.count("round") == 3 * whole_runs.ROUNDS
    assert len(found.runs) == 3
    assert (forged[0], forged[-1]) == ("round", "round")
    # Nine rounds among six steps: never three in a row.
    assert "round round round" not in " ".join(forged)
    assert forged.count("quiet") == forged.count("busy") == 3
    job = [step for step in forged if step != "round"]
    assert all({first, second} == {"quiet", "busy"} for first, second in zip(job[::2], job[1::2], strict=True))
    assert len(found.answers) == 2 * 2 * (10 + 4 * 5)


def test_the_file_can_be_read_back(forged: list[str], tmp_path: Path) -> None:
    found = qualification.qualify(Effort(same=5, slower=2, runs=2, per_process=100), Settings(1), 0, lambda text: None)
    data = json.loads(qualification.store(found, tmp_path).read_text(encoding="utf-8"))
    columns = data["trials"]
    trials = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    assert [qualification.Answer.from_dict(trial) for trial in trials] == list(found.answers)
    assert data["threshold"]["value"] == pytest.approx(0.01)
    assert len(data["runs"]) == 2


def test_a_folder_that_cannot_be_written_is_an_infrastructure_error(forged: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = qualification.qualify(Effort(same=5, slower=2, runs=0, per_process=100), Settings(1), 0, lambda text: None)
    with pytest.raises(InfrastructureError, match="cannot be written"):
        qualification.store(found, tmp_path / "file")
