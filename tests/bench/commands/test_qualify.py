"""`convcost qualify`: how far to trust the results."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.qualify import qualification
from bench.qualify.qualification import Qualification
from bench.worker.settings import Settings
from tests.bench.commands.running import Refuse, Run, assert_says, refusals
from tests.bench.qualify.forged_runs import twin_run


@refusals(
    ("qualify full", "unexpected extra argument"),
    ("qualify --quick --device cuda", "device 'cuda' does not exist here; allowed on this machine: cpu"),
    ("qualify --threads 0", "0 threads…; allowed: 1 to"),
    ("qualify --step-timeout 0s", "'0s' is not a duration above 0"),
    ("qualify --step-timeout 25h", "allowed: a day at most, 24h"),
)
def test_bad_input_is_refused(refuse: Refuse, line: str, sentence: str) -> None:
    assert_says(refuse(line), sentence)


def qualified(error: float) -> Qualification:
    """A qualification whose equal twins differ by `error`, and whose runs differ by 0.1 %."""
    order = ["quiet", "busy"] * 5
    runs = tuple(twin_run(n, c, error=error, pace=1 + 0.001 * (n % 4 == 2)) for n, c in enumerate(order))
    return Qualification({"host": "forged"}, "cpu", runs, len(runs), 1.0)


@pytest.mark.parametrize(("error", "code"), [(0.001, 0), (0.2, 1)])
def test_a_missed_limit_is_exit_code_1(
    convcost: Run, here: Path, monkeypatch: pytest.MonkeyPatch, error: float, code: int
) -> None:
    monkeypatch.setattr(qualification, "qualify", lambda *given: qualified(error))
    done = convcost("qualify", "--quick")
    assert done.code == code
    assert ("not met" in done.out) == (code == 1)
    assert "busy: |ratio − 1| of equal twins, 95th percentile" in done.out
    assert "Of the two times, the fast end of the times repeats better." in done.out
    (kept,) = (here / "results" / "qualify").iterdir()
    assert str(Path("results") / "qualify" / kept.name) in done.out
    data = convcost("qualify", "--quick", "--json").json
    assert data["threshold"]["time_s"]["p95"]["value"] == pytest.approx(0.001, rel=0.01)
    assert {limit["verdict"] for limit in data["limits"]} <= {"met", "not met", "undecided"}


@pytest.mark.usefixtures("here")
def test_on_a_busy_machine_a_missed_limit_is_undecided(convcost: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qualification, "qualify", lambda *given: replace(qualified(0.2), others=0.31))
    done = convcost("qualify", "--quick")
    assert done.code == 0
    assert done.out.startswith("The machine was busy: other programs used its processors, 0.31 of them on average.")
    assert "the machine was busy" in done.out
    data = convcost("qualify", "--quick", "--json").json
    assert data["others_processors"] == 0.31
    assert "the machine was busy" in {limit["verdict"] for limit in data["limits"]}
    assert "not met" not in {limit["verdict"] for limit in data["limits"]}


def test_an_interrupted_qualification_is_shown_and_kept(
    convcost: Run, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qualification, "qualify", lambda *given: replace(qualified(0.001), planned=48))
    done = convcost("qualify")
    assert done.code == 3
    assert done.err == "convcost: interrupted; the figures are of 10 of 48 runs\n"
    assert "2 % slower, found" in done.out
    assert len(list((here / "results" / "qualify").iterdir())) == 1


@pytest.mark.usefixtures("here")
def test_a_twin_without_a_time_is_named(convcost: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = (replace(twin_run(0), faults=("slower-1 on d: crashed, why",)),)
    monkeypatch.setattr(qualification, "qualify", lambda *given: Qualification({}, "cpu", runs, 1, 1.0))
    done = convcost("qualify", "--quick")
    assert "without a time: slower-1 on d: crashed, why" in done.out


@pytest.mark.usefixtures("forged_gpu", "here")
def test_device_and_timeout_reach_the_qualification(convcost: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def qualify(effort: Any, settings: Settings, seed: int, progress: Any, device: str) -> Qualification:
        asked.append((device, settings.step_timeout_s))
        return qualified(0.001)

    monkeypatch.setattr(qualification, "qualify", qualify)
    assert convcost("qualify", "--quick", "--device", "cuda", "--step-timeout", "40s").code == 0
    assert asked == [("cuda", 40.0)]
