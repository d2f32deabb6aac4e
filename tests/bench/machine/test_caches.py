"""Cold samples: the size of the last-level cache, and an eviction before each sample."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.machine import caches
from bench.timing import eviction
from bench.timing.blocks import time_blocks


def _caches(folder: Path, sizes: dict[int, str]) -> Path:
    for number, (level, size) in enumerate(sizes.items()):
        (folder / f"index{number}").mkdir()
        (folder / f"index{number}" / "level").write_text(f"{level}\n")
        (folder / f"index{number}" / "size").write_text(f"{size}\n")
    return folder


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [({1: "32K", 2: "1024K", 3: "32768K"}, 2**25), ({1: "64K", 2: "4M"}, 2**22), ({1: "1024"}, 1024), ({}, None)],
)
def test_last_level_bytes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sizes: dict[int, str], expected: int | None
) -> None:
    monkeypatch.setattr(caches, "_CPU_CACHES", _caches(tmp_path, sizes))
    assert caches.last_level_bytes("cpu") == expected


def test_every_cold_sample_opens_with_an_eviction_and_holds_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    monkeypatch.setattr("bench.timing.blocks.evictor", lambda device: lambda: happened.append("evict"))
    timed = time_blocks({"a": lambda: happened.append("call") or 1}, cache="cold", max_seconds=0.05)
    assert timed["a"].calls_per_sample == 1
    samples = len(timed["a"].samples)
    assert happened[-2 * samples :] == ["evict", "call"] * samples


def test_an_unknown_cache_state_is_refused() -> None:
    with pytest.raises(ValueError, match="cache 'hot' is unknown; allowed: warm, cold"):
        time_blocks({"a": lambda: None}, cache="hot")


def test_the_evictor_overwrites_twice_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(caches, "_CPU_CACHES", _caches(tmp_path, {1: "4K"}))
    evict = eviction.evictor("cpu")
    evict()
    (buffer,) = [c.cell_contents for c in evict.__closure__ or () if hasattr(c.cell_contents, "nbytes")]
    assert buffer.nbytes == 2 * 4096
    before = buffer.copy()
    evict()
    assert (buffer != before).all()


def _level(folder: Path, level: int, size: str, kind: str, cpus: str) -> None:
    folder.mkdir()
    for name, content in (("level", str(level)), ("size", size), ("type", kind), ("shared_cpu_list", cpus)):
        if content:
            (folder / name).write_text(f"{content}\n")


def test_levels_hold_data_and_say_who_shares_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _level(tmp_path / "index3", 3, "32M", "Unified", "0-3,8")
    _level(tmp_path / "index0", 1, "48K", "Data", "0")
    _level(tmp_path / "index1", 1, "32K", "Instruction", "0")
    monkeypatch.setattr(caches, "_CPU_CACHES", tmp_path)
    first, last = caches.cpu_levels()
    assert first == caches.CacheLevel(1, 48 * 1024, frozenset({0}))
    assert last == caches.CacheLevel(3, 2**25, frozenset({0, 1, 2, 3, 8}))


def test_levels_of_unknown_size_are_no_levels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _level(tmp_path / "index0", 1, "48K", "Data", "0")
    _level(tmp_path / "index1", 2, "", "Unified", "0")
    monkeypatch.setattr(caches, "_CPU_CACHES", tmp_path)
    assert (caches.cpu_levels(), caches.last_level_bytes("cpu")) == ((), None)
