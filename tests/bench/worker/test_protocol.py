"""Every message and outcome survives its JSON line."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields

import pytest

from bench.energy.plan import QUICK, Windows
from bench.gate.data import Data
from bench.store.schema import Sample
from bench.store.status import Status
from bench.worker.protocol import (
    PROTOCOL,
    Calibrate,
    Call,
    MeasureEnergy,
    Message,
    Outcome,
    Task,
    case_from_dict,
    case_to_dict,
    read_message,
)
from bench.worker.trial import BlockTime, Entrant, EntrantOutcome, Trial
from impls import Case, ConvError, ConvProblem

CASES = [
    Case(ConvProblem.parse("mb1ic1ih1oc1kh1")),
    Case(ConvProblem.parse("mb0ic3ih5oc2kh3", bias=True), "bf16", "nhwc"),
    Case(ConvProblem.parse("g4mb3ic4ih9iw7oc8kh3kw1sh2sw1ph1pw0dh1dw0"), "fp64", "nhwc", "cuda"),
    Case(ConvProblem(1, 2, (8, 8), 3, (2, 2), padding=((0, 1), (0, 1)))),
    Case(ConvProblem(1, 2, (7, 9), 3, (4, 3), (3, 2), ((2, 1), (0, 3)), (2, 1)), "tf32", device="cuda"),
]


@pytest.mark.parametrize("case", CASES, ids=[c.problem.descriptor for c in CASES])
def test_a_case_survives_json(case: Case) -> None:
    assert case_from_dict(json.loads(json.dumps(case_to_dict(case)))) == case


@pytest.mark.parametrize("max_seconds", [None, 2.5])
def test_a_task_survives_its_line(max_seconds: float | None) -> None:
    task = Task(CASES[1], ("direct", "a\nname", "名"), 2**32 - 1, max_seconds, 0.01)
    line = task.to_json()
    assert "\n" not in line
    assert Task.from_json(line + "\n") == task


@pytest.mark.parametrize(
    "message",
    [
        Task(CASES[0], ("direct",), 1, None, 0.01),
        Calibrate("cuda", ("fp32", "tf32")),
        Calibrate("cpu", ()),
        MeasureEnergy(CASES[2], ("direct", "torch"), 7, QUICK),
        Trial(CASES[3].problem, "bf16", "cuda", (Entrant("a", "nhwc"), Entrant("b", "nchw")), 0, 0.5, ("b",), 2),
        Call("module:function", {"question": {"seed": 0, "n": None}}, 1.5),
    ],
    ids=lambda message: type(message).__name__,
)
def test_every_kind_of_message_survives_its_line(message: Message) -> None:
    assert "\n" not in message.to_json()
    assert read_message(message.to_json() + "\n") == message


def test_an_outcome_survives_json() -> None:
    outcome = Outcome(
        "mine", Status.OK, "why", "direct", "me", "Mkldnn", 1, 2, 3, 4, 0.1, 0.2, "bound", 1e-7, 1e-6, 0.5, 17,
        "max_seconds", "slow", (Sample(time_s=1e-5, block=0), Sample(time_s=2e-5, block=1)),
        0.5, 1.5, 0.25, 2**20, "other", "gc on → off",
    )  # fmt: skip
    assert all(getattr(outcome, f.name) is not None for f in fields(outcome))
    assert Outcome.from_dict(json.loads(json.dumps(outcome.to_dict()))) == outcome


def test_missing_values_stay_missing() -> None:
    outcome = Outcome("mine", Status.UNSUPPORTED)
    back = Outcome.from_dict(json.loads(json.dumps(outcome.to_dict())))
    assert back == outcome
    assert (back.workspace_bytes, back.samples) == (None, ())


@pytest.mark.parametrize(("field", "value"), [("precision", "fp8"), ("layout", "chwn"), ("device", "tpu")])
def test_an_impossible_case_is_refused(field: str, value: str) -> None:
    with pytest.raises(ConvError, match=value):
        case_from_dict({**case_to_dict(CASES[0]), field: value})


def test_an_outcome_of_a_trial_survives_json() -> None:
    samples = (BlockTime(0, 0, 1e-5), BlockTime(1, 3, 2e-5))
    outcome = EntrantOutcome(Entrant("a", "nhwc"), Status.OK, "why", "gemm", 1, 2, samples, True, "gc on → off")
    assert all(getattr(outcome, f.name) for f in fields(outcome))
    data = json.loads(json.dumps(outcome.to_dict()))
    assert EntrantOutcome.from_dict(data) == outcome
    assert data["samples"] == {"draw": [0, 1], "block": [0, 3], "time_s": [1e-5, 2e-5], "run": [0, 0]}
    empty = EntrantOutcome(Entrant("b", "nchw"), Status.WRONG, "off by 1")
    assert EntrantOutcome.from_dict(json.loads(json.dumps(empty.to_dict()))) == empty


def test_the_number_of_the_protocol_stands_for_these_fields() -> None:
    """Two versions of convcost that have the same number must understand each other: raise it when this fails."""
    kinds = (Task, Calibrate, MeasureEnergy, Trial, Call, Outcome, EntrantOutcome, Sample, Entrant, Windows, Data)
    told = {kind.__name__: [f"{f.name}: {f.type}" for f in fields(kind)] for kind in kinds}
    mark = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]
    assert (PROTOCOL, mark) == (1, "a4c7bee82e08")
