"""The number of threads that the processors of this process allow, and of their cores."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.machine import processors
from bench.machine.processors import allotted_cores, require_threads


@pytest.mark.parametrize(
    ("available", "wanted", "remedy", "said"),
    [
        (2, 99, None, "cannot use 99 threads: 2 processors are available to this process; type --threads 2 or less"),
        (1, 2, None, "cannot use 2 threads: 1 processor is available to this process; type --threads 1"),
        (2, 4, "begin another", "cannot use 4 threads: 2 processors are available to this process; begin another"),
        (2, 0, None, "cannot use 0 threads; allowed: 1 to 2, the processors available here"),
    ],
)
def test_the_refusal_says_how_many_processors_there_are_and_what_to_type(
    monkeypatch: pytest.MonkeyPatch, available: int, wanted: int, remedy: str | None, said: str
) -> None:
    monkeypatch.setattr(processors, "available_threads", lambda: available)
    with pytest.raises(UsageError) as refused:
        require_threads(wanted, remedy)
    assert str(refused.value) == said


def test_all_processors_are_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processors, "available_threads", lambda: 3)
    assert (require_threads(None), require_threads(2)) == (3, 2)


@pytest.mark.parametrize(("siblings", "cores"), [("0", 8), ("0,28", 4), ("0-1", 4), (None, 8)])
def test_processors_that_share_a_core_count_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, siblings: str | None, cores: int
) -> None:
    monkeypatch.setattr(processors, "available_threads", lambda: 8)
    file = tmp_path / "thread_siblings_list"
    if siblings is not None:
        file.write_text(f"{siblings}\n")
    assert allotted_cores(file) == cores
