"""Attacks on the time of a GPU; docs/attacks.md has the same table in words."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import impls
from bench.store.status import Status
from bench.timing.inspection import HONEST_RATIO, AuditTimes
from bench.worker.protocol import Outcome
from impls import Case, ConvProblem, registry
from impls.modes import precision_mode
from tests.bench.gate.test_attacks import timed

pytestmark = [
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here"),
    pytest.mark.usefixtures("_attacks_on_cuda"),
]

FOLDER = Path(__file__).with_name("attacks_on_cuda")
CASE = Case(ConvProblem.parse("mb1ic16ih28oc16kh3ph1"), device="cuda")
HONEST = "honest-on-cuda"


@pytest.fixture
def _attacks_on_cuda() -> Iterator[None]:
    before = dict(registry._registered)
    for file in FOLDER.glob("[!_]*.py"):
        impls.load_file(file)
    yield
    registry._registered.clear()
    registry._registered.update(before)


def outcomes(folder: Path, *names: str) -> dict[str, Outcome]:
    first, *others = names
    with precision_mode(CASE):
        return timed(first, folder, CASE, 0.3, *others)


def time_s(outcome: Outcome) -> float:
    assert outcome.status is Status.OK, outcome.reason
    return statistics.median(sample.time_s for sample in outcome.samples)


def least_ratio(folder: Path, name: str) -> float:
    """Of five audits or more, in as many visits as it takes."""
    audits = AuditTimes()
    for _ in range(20):
        outcome = outcomes(folder, name)[name]
        assert outcome.status is Status.OK, outcome.reason
        audits = audits.with_later(AuditTimes(outcome.audit_s, outcome.known_s))
        if len(audits.fresh_s) >= 5:
            break
    assert audits.least_ratio is not None
    return audits.least_ratio


def test_work_on_a_side_stream_is_in_the_time(tmp_path: Path) -> None:
    found = outcomes(tmp_path, "works-on-a-side-stream", HONEST)
    assert time_s(found["works-on-a-side-stream"]) > 0.7 * time_s(found[HONEST])


def test_audit_calls_show_what_remembers_its_last_input(tmp_path: Path) -> None:
    found = outcomes(tmp_path, "remembers-on-the-device", HONEST)
    assert time_s(found["remembers-on-the-device"]) < 0.7 * time_s(found[HONEST])
    assert least_ratio(tmp_path, "remembers-on-the-device") > HONEST_RATIO


def test_a_result_remembered_by_address_is_wrong(tmp_path: Path) -> None:
    found = outcomes(tmp_path, "remembers-by-address")["remembers-by-address"]
    assert found.status is Status.WRONG
    assert "its whole input was rewritten" in (found.reason or "")


def test_an_honest_plug_in_passes(tmp_path: Path) -> None:
    assert least_ratio(tmp_path, HONEST) < HONEST_RATIO
