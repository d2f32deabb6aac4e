"""Cold samples: the last-level cache is overwritten before each of them."""

from __future__ import annotations

import pytest

from bench.timing import eviction
from bench.timing.blocks import time_blocks


def test_every_cold_sample_follows_an_eviction_and_holds_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    monkeypatch.setattr("bench.timing.blocks.evictor", lambda device: lambda: happened.append("evict"))
    timed = time_blocks({"a": lambda: happened.append("call") or 1}, cache="cold", max_seconds=0.05)
    assert timed["a"].calls_per_sample == 1
    samples = len(timed["a"].samples)
    assert happened[-2 * samples :] == ["evict", "call"] * samples


def test_an_unknown_cache_state_is_refused() -> None:
    with pytest.raises(ValueError, match="cache 'hot' is unknown; allowed: warm, cold"):
        time_blocks({"a": lambda: None}, cache="hot")


def test_the_evictor_overwrites_twice_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eviction, "last_level_bytes", lambda device: 4096)
    evict = eviction.evictor("cpu")
    evict()
    (buffer,) = [c.cell_contents for c in evict.__closure__ or () if hasattr(c.cell_contents, "nbytes")]
    assert buffer.nbytes == 2 * 4096
    before = buffer.copy()
    evict()
    assert (buffer != before).all()
