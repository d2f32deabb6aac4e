"""The number of threads that the processors of this process allow."""

from __future__ import annotations

import pytest

from bench.errors import UsageError
from bench.machine import processors
from bench.machine.processors import require_threads


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
