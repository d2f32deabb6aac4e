"""A lost device ends the measurement; any other error is the result of one candidate."""

from __future__ import annotations

import pytest
import torch

from bench.timing import blocks, evidence
from bench.timing.alive import DeviceLost, require_alive
from bench.timing.blocks import time_blocks
from tests.bench.timing.fake_clock import FakeClock


@pytest.fixture(autouse=True)
def used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that CUDA is in use."""
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)


def _dead() -> None:
    raise RuntimeError("CUDA error: an illegal memory access was encountered")


def test_a_lost_context_is_reported_with_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "synchronize", _dead)
    with pytest.raises(DeviceLost, match="nothing runs on CUDA any more after ValueError: first"):
        require_alive("cuda", ValueError("first"))
    require_alive("cpu", ValueError("first"))


def test_a_working_context_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
    require_alive("cuda", ValueError("first"))


@pytest.mark.parametrize("dead", [True, False])
def test_no_candidate_is_timed_on_a_lost_device(monkeypatch: pytest.MonkeyPatch, clock: FakeClock, dead: bool) -> None:
    monkeypatch.setattr(torch.cuda, "synchronize", _dead if dead else lambda: None)
    monkeypatch.setattr(clock, "device", "cuda", raising=False)
    monkeypatch.setattr(blocks, "clock_for", lambda device, launch: clock)
    watch = evidence.Watch("cpu")
    monkeypatch.setattr(evidence, "Watch", lambda device: watch)
    candidates = {"bad": clock.raising(1.0, 2), "good": clock.steady(1.0)}
    if dead:
        with pytest.raises(DeviceLost, match="broken after 2"):
            time_blocks(candidates, device="cuda", max_seconds=100.0)
    else:
        assert time_blocks(candidates, device="cuda", max_seconds=100.0)["good"].stopped_by == "target_rel_ci"
