"""`convcost overhead`: the slow-down by an energy meter."""

from __future__ import annotations

import pytest

from bench.energy import overhead
from bench.energy.meter import MeterError
from bench.energy.plan import OVERHEAD_PAIRS
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


def test_a_failing_meter_is_exit_code_3(convcost: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(pairs: int) -> None:
        raise MeterError("no answer")

    monkeypatch.setattr(overhead, "measure_overhead", fail)
    done = convcost("overhead")
    assert (done.code, done.err) == (3, "convcost: the energy meter failed: no answer\n")
