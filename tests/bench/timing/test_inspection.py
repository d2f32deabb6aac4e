"""When audits are taken, and what they time, with a clock that only calls advance."""

from __future__ import annotations

import pytest

from bench.timing import inspection
from bench.timing.blocks import time_blocks
from tests.bench.timing.fake_clock import FakeClock


class Notes:
    """An inspector that notes what it is asked; the input it stands for is "drawn" or "fresh"."""

    def __init__(self, possible: bool = True) -> None:
        self.possible = possible
        self.state = "drawn"
        self.kept: list[str] = []
        self.audited: list[str] = []

    def can_audit(self, name: str) -> bool:
        return self.possible

    def keep(self, name: str, output: object) -> None:
        self.kept.append(self.state)

    def rewrite(self, name: str, *, fresh: bool) -> None:
        self.state = "fresh" if fresh else "drawn"

    def keep_audit(self, name: str, output: object) -> None:
        self.audited.append(self.state)

    def restore(self, name: str) -> None:
        self.state = "drawn"


@pytest.fixture(autouse=True)
def _audits_take_no_time(monkeypatch: pytest.MonkeyPatch, clock: FakeClock) -> None:
    class Now:
        @staticmethod
        def perf_counter() -> float:
            return clock.now_s

    monkeypatch.setattr(inspection, "time", Now)


@pytest.mark.parametrize("call_s", [10e-6, 5e-3])
def test_a_cheat_shows_in_its_audits_alone(clock: FakeClock, call_s: float) -> None:
    """Many calls a sample, and one: four times as slow on fresh values."""
    notes = Notes()

    def call() -> str:
        clock.now_s += call_s * (4 if notes.state == "fresh" else 1)
        return "output"

    (timing,) = time_blocks({"mine": call}, max_seconds=2.0, target_rel_ci=None, inspector=notes).timings.values()
    assert timing.median_s == pytest.approx(call_s)
    assert timing.audits.ratio == pytest.approx(4.0)
    assert len(timing.audits.fresh_s) >= 3
    assert timing.audits.least_ratio == pytest.approx(4.0)
    assert set(notes.kept) == {"drawn"}
    assert set(notes.audited) == {"fresh"}
    assert notes.state == "drawn"
    assert timing.last_result == "output"


def test_audits_are_rare(clock: FakeClock) -> None:
    notes = Notes()
    blocks = time_blocks({"mine": clock.steady(100e-6, "y")}, max_seconds=3.0, target_rel_ci=None, inspector=notes)
    audits, samples = blocks["mine"].audits, blocks["mine"].samples
    # Each pair is four calls.
    assert 4 * len(audits.fresh_s) * 100e-6 < 0.01 * 3.0
    assert len(audits.fresh_s) == len(audits.known_s)
    assert len(notes.kept) == len(samples)


def test_nothing_is_rewritten_where_it_makes_no_sense(clock: FakeClock) -> None:
    notes = Notes(possible=False)
    blocks = time_blocks({"mine": clock.steady(1e-3, "y")}, max_seconds=0.5, inspector=notes)
    assert blocks["mine"].audits.fresh_s == ()
    assert blocks["mine"].audits.known_s == ()
    assert notes.audited == []


def test_without_an_inspector_nothing_is_audited(clock: FakeClock) -> None:
    assert time_blocks({"mine": clock.steady(1e-3, "y")}, max_seconds=0.5)["mine"].audits.ratio is None


@pytest.mark.parametrize("call_s", [10e-6, 5e-3])
def test_the_input_is_put_back_after_an_exception(clock: FakeClock, call_s: float) -> None:
    """Others share it: their outputs would be wrong."""
    notes = Notes()

    def call() -> str:
        clock.now_s += call_s
        if notes.state == "fresh":
            raise RuntimeError("not these")
        return "output"

    blocks = time_blocks({"mine": call}, max_seconds=1.0, target_rel_ci=None, inspector=notes)
    assert isinstance(blocks["mine"].error, RuntimeError)
    assert notes.state == "drawn"
