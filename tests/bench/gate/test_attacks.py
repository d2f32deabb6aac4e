"""Every attack ends as wrong, failed or flagged, or gains nothing; honest plug-ins pass unmarked.

docs/attacks.md has the same table in words.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

import impls
from bench.gate import poke
from bench.store.status import Status
from bench.timing import clock
from bench.timing.inspection import HONEST_RATIO, AuditTimes
from bench.worker import turns
from bench.worker.beacon import Beacon
from bench.worker.protocol import Outcome, Task
from bench.worker.proving import prove_and_time
from impls import Case, ConvProblem, registry

FOLDER = Path(__file__).with_name("attacks")
CASE = Case(ConvProblem.parse("mb1ic8ih12oc8kh3ph1"))

# The words of the reason why it is wrong.
WRONG = {
    "tensor-subclass": "a subclass of torch.Tensor",
    # By a copy, or by the last output where its thread is late.
    "thread-fills-output": "",
    "clock-patched": "code of the harness was replaced",
    "lower-precision-when-timed": "a lower precision inside?",
    "other-process": "a process that it started was at work",
    "same-output": "the same memory twice",
    "reads-the-frames": "does it remember results?",
    "collector-works-later": "",
    "works-when-freed": "",
    "pattern-learned": "",
    "hash-of-a-few": "does it remember results?",
    "hides-exceptions": "does it remember results?",
    "knows-when-timed": "the last timed output",
    "writes-its-input": "the input was written to",
    "writes-its-weights": "",
    "half-of-the-output": "",
    "computes-every-second": "",
}
# Right in every call, and slower on inputs that it does not know.
FLAGGED = ("adds-the-response", "recomputes-changed-rows")
# As slow as it says, or without anything to find.
GAINS_NOTHING = ("remembers-by-content", "reads-the-truth")
# Flagged by the time that the machine allows: tests/bench/cost/test_roofline.py.
ELSEWHERE = ("says-few-flops",)
FAILED = ("judge-patched",)


class _Left(Exception):
    """A worker would have ended its process here."""


@pytest.fixture
def _attacks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def leave(why: str) -> None:
        raise _Left(why)

    monkeypatch.setattr(turns, "leave", leave)
    before = dict(registry._registered)
    yield
    registry._registered.clear()
    registry._registered.update(before)


def timed(name: str, folder: Path, case: Case = CASE, seconds: float = 0.2, *beside: str) -> dict[str, Outcome]:
    for each in (name, *beside):
        if each not in impls.names():
            impls.load_file(FOLDER / f"{each.replace('-', '_')}.py")
    found: list[Outcome] = []
    task = Task(case, (name, *beside), 1, seconds, 1e-6, min_blocks=12)
    try:
        prove_and_time(task, found.append, Beacon.create(folder))
    except _Left as left:
        # On a busy machine a thread of the attack can look as if it ran on.
        found.append(Outcome(name, Status.FAILED, str(left)))
    return {outcome.implementation: outcome for outcome in found}


def test_every_attack_is_in_one_table() -> None:
    files = {path.stem.replace("_", "-") for path in FOLDER.glob("*.py")} - {"honest", "--init--"}
    listed = [*WRONG, *FLAGGED, *GAINS_NOTHING, *ELSEWHERE, *FAILED]
    assert sorted(listed) == sorted(files)
    assert len(listed) >= 16


@pytest.mark.usefixtures("_attacks")
@pytest.mark.parametrize(("name", "words"), WRONG.items())
def test_it_is_wrong(name: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The values of one place come again after a few calls, as else after a thousand.
    monkeypatch.setattr(poke, "_LENGTHS", (16, 15))
    # It begins after 24 calls, and on a busy machine even less time has few calls, and fewer copies of their outputs.
    seconds = 1.0 if name == "pattern-learned" else 0.4
    outcome = timed(name, tmp_path, CASE, seconds)[name]
    if name == "thread-fills-output" and outcome.status is Status.FAILED:
        assert "it left a thread running" in (outcome.reason or "")
        return
    assert (outcome.status, outcome.samples) == (Status.WRONG, ()), outcome.reason
    assert words in (outcome.reason or "")


@pytest.fixture
def _undisturbed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Time is that of the processor in one thread: other programs take none of it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    monkeypatch.setattr(clock, "_now_ns", time.thread_time_ns)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("_attacks", "_undisturbed")
@pytest.mark.parametrize("name", FLAGGED)
@pytest.mark.parametrize("precision", ["fp32", pytest.param("bf16", marks=pytest.mark.full)])
def test_audit_calls_show_it(name: str, precision: str, tmp_path: Path) -> None:
    case = Case(ConvProblem.parse("mb1ic8ih24oc8kh3ph1"), precision)
    # On a busy machine the processor's caches are shared, too: one of several tries must show it. No honest one does.
    assert any(_least_ratio(name, tmp_path, case) > HONEST_RATIO for _ in range(4))


def _least_ratio(name: str, tmp_path: Path, case: Case) -> float:
    """The least ratio of five audits or more, in as many visits as it takes: on a busy machine a visit has few."""
    audits = AuditTimes()
    for _ in range(20):
        outcome = timed(name, tmp_path, case, 0.15)[name]
        assert outcome.status is Status.OK, outcome.reason
        audits = audits.with_later(AuditTimes(outcome.audit_s, outcome.known_s))
        if len(audits.fresh_s) >= 5:
            break
    assert audits.least_ratio is not None
    return audits.least_ratio


@pytest.mark.usefixtures("_attacks")
def test_no_call_finds_the_content_of_an_earlier_one(tmp_path: Path) -> None:
    """In bf16 too, where no value changed before a call."""
    visits, counted = 0, {"calls": 0, "computed": 0}
    while counted["calls"] <= 160:
        # On a busy machine a visit has few calls.
        assert visits < 40
        for precision in ("fp32", "bf16", "fp16", "fp64"):
            case = Case(CASE.problem, precision)
            assert timed("remembers-by-content", tmp_path, case)["remembers-by-content"].status is Status.OK
            visits += 1
        counted = vars_of("remembers-by-content")["counted"]
    # Only the gate calls a few times on one input, to see that outputs are distinct.
    assert counted["calls"] - counted["computed"] < 20 * visits


@pytest.mark.usefixtures("_attacks")
def test_the_truth_is_not_in_memory_while_a_plug_in_is_timed(tmp_path: Path) -> None:
    # A shape that no other test leaves in memory.
    case = Case(ConvProblem.parse("mb1ic7ih13oc9kh3ph1"))
    # On a busy machine a fifth of a second is over before it has searched.
    outcome = timed("reads-the-truth", tmp_path, case, 1.0)["reads-the-truth"]
    seen = vars_of("reads-the-truth")["seen"]
    assert seen["searches"] > 0
    # The last call comes after the timing, on other values: the truth of the timed ones is there, and is wrong.
    assert seen["found"] == (outcome.status is Status.WRONG)


@pytest.mark.usefixtures("_attacks")
def test_a_replaced_judge_is_put_back(tmp_path: Path) -> None:
    found = timed("judge-patched", tmp_path, CASE, 0.2, "honest")
    assert found["judge-patched"].status in (Status.FAILED, Status.WRONG)
    assert found["honest"].status is Status.OK


@pytest.mark.usefixtures("_attacks")
@pytest.mark.parametrize("name", ["honest", "honest-and-slow"])
def test_an_honest_plug_in_passes(name: str, tmp_path: Path) -> None:
    impls.load_file(FOLDER / "honest.py")
    audits: list[float] = []
    # On a busy machine a visit may have none.
    for _ in range(20):
        outcome = timed(name, tmp_path, CASE, 0.3)[name]
        assert outcome.status is Status.OK, outcome.reason
        assert outcome.samples
        audits += outcome.audit_s
        if audits:
            break
    assert audits


def vars_of(name: str) -> dict[str, Any]:
    """The variables of the module of an attack."""
    return vars(sys.modules[f"convcost_plugin_{name.replace('-', '_')}"])
