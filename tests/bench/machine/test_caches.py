"""The sizes of the caches and the processors that share them, read from forged files."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.machine import caches


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
def test_the_last_level_is_the_largest_listed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sizes: dict[int, str], expected: int | None
) -> None:
    monkeypatch.setattr(caches, "_CPU_CACHES", _caches(tmp_path, sizes))
    assert caches.last_level_bytes("cpu") == expected


def _level(folder: Path, level: int, size: str, kind: str, cpus: str) -> None:
    folder.mkdir()
    for name, content in (("level", str(level)), ("size", size), ("type", kind), ("shared_cpu_list", cpus)):
        if content:
            (folder / name).write_text(f"{content}\n")


def test_levels_list_data_caches_with_the_processors_that_share_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _level(tmp_path / "index3", 3, "32M", "Unified", "0-3,8")
    _level(tmp_path / "index0", 1, "48K", "Data", "0")
    _level(tmp_path / "index1", 1, "32K", "Instruction", "0")
    monkeypatch.setattr(caches, "_CPU_CACHES", tmp_path)
    first, last = caches.cpu_levels()
    assert first == caches.CacheLevel(1, 48 * 1024, frozenset({0}))
    assert last == caches.CacheLevel(3, 2**25, frozenset({0, 1, 2, 3, 8}))


def test_without_sizes_no_levels_are_listed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _level(tmp_path / "index0", 1, "48K", "Data", "0")
    _level(tmp_path / "index1", 2, "", "Unified", "0")
    monkeypatch.setattr(caches, "_CPU_CACHES", tmp_path)
    assert (caches.cpu_levels(), caches.last_level_bytes("cpu")) == ((), None)
