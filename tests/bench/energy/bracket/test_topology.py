"""Busy cores behind busy processors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from bench.energy.bracket import topology
from bench.energy.bracket.topology import Allotment
from bench.errors import UsageError


@pytest.mark.parametrize(
    ("allotment", "threads", "cores"),
    [
        # One thread a core: no doubt.
        (Allotment(8, 8, 1, is_whole=True), 3, (3.0, 3.0)),
        (Allotment(8, 8, 1, is_whole=True), 99, (8.0, 8.0)),
        # Two threads a core: side by side, or each on its own.
        (Allotment(8, 4, 2, is_whole=True), 1, (1.0, 1.0)),
        (Allotment(8, 4, 2, is_whole=True), 4, (2.0, 4.0)),
        (Allotment(8, 4, 2, is_whole=True), 8, (4.0, 4.0)),
        (Allotment(1, 1, 2, is_whole=False), 1, (1.0, 1.0)),
        # One thread of each of four cores, whose other threads are not ours.
        (Allotment(4, 4, 2, is_whole=False), 4, (2.0, 4.0)),
        # Cores of two kinds: two of two threads, and four of one.
        (Allotment(8, 6, 2, is_whole=True), 8, (4.0, 6.0)),
        # Hidden: a busy processor is a core, or a thread whose core serves another machine, too.
        (Allotment(8, None, None, is_whole=False), 1, (0.5, 1.0)),
        (Allotment(8, None, None, is_whole=False), 8, (4.0, 8.0)),
        # No more processor time than a container may use.
        (Allotment(64, 32, 2, is_whole=False, quota=3.0), 64, (1.5, 3.0)),
        (Allotment(64, 64, 1, is_whole=False, quota=0.5), 1, (0.5, 0.5)),
        (Allotment(8, None, None, is_whole=False, quota=99.0), 8, (4.0, 8.0)),
    ],
)
def test_busy_cores(allotment: Allotment, threads: int, cores: tuple[float, float]) -> None:
    assert allotment.busy_cores(threads, 2) == cores


def test_hidden_cores_of_a_class_without_shared_cores_are_processors() -> None:
    assert Allotment(8, None, None, is_whole=False).busy_cores(3, 1) == (3.0, 3.0)


@pytest.mark.parametrize(
    ("allotment", "threads", "all_busy"),
    [
        (Allotment(8, 4, 2, is_whole=True), 8, True),
        (Allotment(8, 4, 2, is_whole=True), 4, False),
        (Allotment(8, 8, 1, is_whole=False), 8, False),
    ],
)
def test_only_a_whole_machine_is_known_to_be_busy(allotment: Allotment, threads: int, all_busy: bool) -> None:
    assert allotment.keeps_all_busy(threads) is all_busy


@pytest.mark.parametrize(
    ("numbers", "quota"),
    [
        ((0, 1, 1), None),
        ((1, 1, 0), None),
        ((4, 5, 1), None),
        ((4, 1, 2), None),
        ((4, None, 2), None),
        ((1, 1, 1), 0.0),
    ],
)
def test_impossible_numbers_are_refused(numbers: tuple[int, int | None, int], quota: float | None) -> None:
    with pytest.raises(UsageError, match="are impossible; allowed: 1 or more of each"):
        Allotment(*numbers, is_whole=True, quota=quota)


def test_no_thread_keeps_nothing_busy() -> None:
    with pytest.raises(UsageError, match="0 threads cannot be busy"):
        Allotment(1, 1, 1, is_whole=True).busy_cores(0, 2)


@pytest.fixture
def forge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Allotment]:
    """The allotment of a forged machine, from its flags, its allowed processors and the siblings of each processor."""

    def forged(
        flags: str, siblings: dict[int, str], allowed: Iterable[int] | None = None, quota: float | None = None
    ) -> Allotment:
        for number, text in siblings.items():
            folder = tmp_path / f"cpu{number}" / "topology"
            folder.mkdir(parents=True)
            (folder / "thread_siblings_list").write_text(f"{text}\n", encoding="utf-8")
        monkeypatch.setattr(topology, "read_cpuinfo", lambda: f"processor : 0\nflags : {flags}\n")
        monkeypatch.setattr(topology, "available_cpus", lambda: frozenset(range(4) if allowed is None else allowed))
        monkeypatch.setattr(topology, "processor_quota", lambda: quota)
        monkeypatch.setattr("os.cpu_count", lambda: 4)
        return topology.here(tmp_path)

    return forged


ALONE = {number: str(number) for number in range(4)}
PAIRS = {0: "0,2", 1: "1,3", 2: "0,2", 3: "1,3"}


@pytest.mark.parametrize(
    ("flags", "siblings", "allotment"),
    [
        ("fpu", PAIRS, Allotment(4, 2, 2, is_whole=True)),
        ("fpu", ALONE, Allotment(4, 4, 1, is_whole=True)),
        ("fpu", {0: "0-1", 1: "0-1", 2: "2", 3: "3"}, Allotment(4, 3, 2, is_whole=True)),
        ("fpu", {}, Allotment(4, None, None, is_whole=True)),
        ("fpu", {**ALONE, 3: "no list"}, Allotment(4, None, None, is_whole=True)),
        ("fpu hypervisor", PAIRS, Allotment(4, 2, 2, is_whole=False)),
        ("fpu hypervisor", ALONE, Allotment(4, None, None, is_whole=False)),
    ],
)
def test_the_processors_of_this_process(
    forge: Callable[..., Allotment], flags: str, siblings: dict[int, str], allotment: Allotment
) -> None:
    assert forge(flags, siblings) == allotment


def test_some_processors_are_no_whole_machine(forge: Callable[..., Allotment]) -> None:
    assert forge("fpu", PAIRS, (0, 1)) == Allotment(2, 2, 2, is_whole=False)


@pytest.mark.parametrize(("quota", "is_whole"), [(2.5, False), (4.0, True), (None, True)])
def test_a_limit_of_processor_time_is_no_whole_machine(
    forge: Callable[..., Allotment], quota: float | None, is_whole: bool
) -> None:
    assert forge("fpu", ALONE, quota=quota) == Allotment(4, 4, 1, is_whole, quota)
