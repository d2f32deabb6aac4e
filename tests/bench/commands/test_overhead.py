"""`convcost overhead`: the slow-down by an energy meter."""

from __future__ import annotations

import pytest

from bench.energy import overhead
from bench.energy.meter import MeterError
from bench.energy.plan import OVERHEAD_PAIRS
from bench.machine.load import LoadWatch
from tests.bench.commands.running import Refuse, Run, assert_says, refusals


@refusals(
    ("overhead now", "unexpected extra argument"),
    ("overhead --pairs 0", "'--pairs': '0'; allowed: a whole number of at least 1"),
)
def test_bad_input_is_refused(refuse: Refuse, line: str, sentence: str) -> None:
    assert_says(refuse(line), sentence)


@pytest.mark.parametrize(("words", "pairs"), [((), OVERHEAD_PAIRS), (("--pairs", "3"), 3)])
def test_pairs_reach_the_measurement(
    convcost: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], pairs: int
) -> None:
    asked = []
    monkeypatch.setattr(overhead, "measure_overhead", lambda pairs: asked.append(pairs) or [])
    done = convcost("overhead", *words, "--json")
    assert (done.code, done.json, asked) == (0, [], [pairs])


@pytest.mark.parametrize(
    ("others", "more"),
    [
        (0.0, ""),
        (None, ""),
        (
            1.5,
            ". The machine was busy: other programs used its processors, 1.5 of them on average. So the meter may have "
            "been read too late. What helps: close other programs, or measure at a quieter hour.",
        ),
    ],
)
def test_a_failing_meter_is_exit_code_3_and_a_busy_machine_is_named(
    convcost: Run, monkeypatch: pytest.MonkeyPatch, others: float | None, more: str
) -> None:
    def fail(pairs: int) -> None:
        raise MeterError("no answer")

    monkeypatch.setattr(overhead, "measure_overhead", fail)
    monkeypatch.setattr(LoadWatch, "others", lambda self: others)
    done = convcost("overhead")
    assert (done.code, " ".join(done.err.split())) == (3, f"convcost: the energy meter failed: no answer{more}")
