"""Busy cores behind busy processors."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.energy.bracket import topology
from bench.energy.bracket.topology import Allotment
from bench.errors import UsageError


@pytest.mark.parametrize(
    ("allotment", "threads", "cores"),
    [
        # One thread a core: no doubt.
        (Allotment(8, 1, is_whole=True), 3, (3.0, 3.0)),
        (Allotment(8, 1, is_whole=True), 99, (8.0, 8.0)),
        # Two threads a core: side by side, or each on its own.
        (Allotment(8, 2, is_whole=True), 1, (1.0, 1.0)),
        (Allotment(8, 2, is_whole=True), 4, (2.0, 4.0)),
        (Allotment(8, 2, is_whole=True), 8, (4.0, 4.0)),
        (Allotment(1, 2, is_whole=False), 1, (1.0, 1.0)),
        # Hidden: a busy processor is a core, or a thread whose core serves another machine, too.
        (Allotment(8, None, is_whole=False), 1, (0.5, 1.0)),
        (Allotment(8, None, is_whole=False), 8, (4.0, 8.0)),
    ],
)
def test_busy_cores(allotment: Allotment, threads: int, cores: tuple[float, float]) -> None:
    assert allotment.busy_cores(threads, 2) == cores


def test_hidden_cores_of_a_class_without_shared_cores_are_processors() -> None:
    assert Allotment(8, None, is_whole=False).busy_cores(3, 1) == (3.0, 3.0)


@pytest.mark.parametrize(
    ("allotment", "threads", "all_busy"),
    [
        (Allotment(8, 2, is_whole=True), 8, True),
        (Allotment(8, 2, is_whole=True), 4, False),
        (Allotment(8, 1, is_whole=False), 8, False),
    ],
)
def test_only_a_whole_machine_is_known_to_be_busy(allotment: Allotment, threads: int, all_busy: bool) -> None:
    assert allotment.keeps_all_busy(threads) is all_busy


def test_impossible_numbers_are_refused() -> None:
    with pytest.raises(UsageError, match="0 processors"):
        Allotment(0, 1, is_whole=True)
    with pytest.raises(UsageError, match="0 threads a core"):
        Allotment(1, 0, is_whole=True)
    with pytest.raises(UsageError, match="0 threads cannot be busy"):
        Allotment(1, 1, is_whole=True).busy_cores(0, 2)


@pytest.mark.parametrize(
    ("flags", "siblings", "threads_a_core", "is_whole"),
    [
        ("fpu", "0,28", 2, True),
        ("fpu", "0", 1, True),
        ("fpu", None, None, True),
        ("fpu hypervisor", "0-1", 2, False),
        ("fpu hypervisor", "0", None, False),
    ],
)
def test_the_processors_of_this_process(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    flags: str,
    siblings: str | None,
    threads_a_core: int | None,
    is_whole: bool,
) -> None:
    monkeypatch.setattr(topology, "read_cpuinfo", lambda: f"processor : 0\nflags : {flags}\n")
    monkeypatch.setattr(topology, "available_threads", lambda: 8)
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    file = tmp_path / "thread_siblings_list"
    if siblings is not None:
        file.write_text(f"{siblings}\n", encoding="utf-8")
    assert topology.here(file) == Allotment(8, threads_a_core, is_whole)
