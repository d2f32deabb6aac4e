"""Files of `--load` in a child: what a child says, or fails to say, is one sentence with the name of the file."""

from __future__ import annotations

import json
import queue
from pathlib import Path
from typing import Any

import pytest

from bench.errors import UsageError
from bench.worker import elsewhere
from impls import Case, ConvProblem, registry

FILE = Path("mine.py")
CASE = Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1"))
LOADING = {"loading": "mine.py"}
WORDS = {
    "file": "mine.py", "name": "mine", "algorithm": "none", "provider": "mine", "devices": ["cpu"],
    "precisions": ["fp32"], "bounds": ["direct"], "class": "Mine", "qualname": "Mine", "doc": None,
}  # fmt: skip


class FakeChild:
    """A child that says these lines, then closes its output and has an exit code."""

    said: tuple[Any, ...] = ()
    exit_code: int | None = 0

    def __init__(self, *_given: object) -> None:
        self.lines: queue.Queue[str | None] = queue.Queue()
        for one in self.said:
            self.lines.put(one if isinstance(one, str) else json.dumps(one))
        self.lines.put(None)

    def send(self, _request: str, _ends_at: float) -> bool:
        return True

    def ended_within(self, _seconds: float) -> bool:
        return True

    def end(self) -> None: ...


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> type[FakeChild]:
    """The class that takes the place of children, for a test to give it lines and an exit code."""

    class Own(FakeChild): ...

    monkeypatch.setattr(elsewhere, "Child", Own)
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))
    return Own


@pytest.mark.parametrize(
    ("said", "code", "sentence"),
    [
        # A file that calls os._exit(0) ends without a word.
        ([LOADING], 0, "mine.py: it ended its process with exit code 0; mend the file, or leave out --load mine.py"),
        ([LOADING], -11, "mine.py: it ended its process with signal 11"),
        # The first signal for programs' own use has no name.
        ([LOADING], -37, "mine.py: it ended its process with signal 37"),
        ([LOADING, "hello"], None, "mine.py: it wrote to the output by which its process answers"),
        ([LOADING, [1]], None, "mine.py: it wrote to the output by which its process answers"),
        ([LOADING, {"refused": "mine.py raises"}], None, "mine.py raises"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_one_sentence(
    child: type[FakeChild], said: list[Any], code: int | None, sentence: str
) -> None:
    child.said, child.exit_code = tuple(said), code
    with pytest.raises(UsageError) as refused:
        elsewhere.load((FILE,))
    assert str(refused.value).startswith(sentence)
    assert "\n" not in str(refused.value)


def test_a_child_that_says_nothing_in_time_is_one_sentence(child: type[FakeChild]) -> None:
    child.said = (LOADING, LOADING)
    with pytest.raises(UsageError, match=r"mine\.py: it took more than 0 s"):
        elsewhere.load((FILE,), 0.0)


def test_questions_go_to_the_child(child: type[FakeChild]) -> None:
    child.said = (LOADING, {"loaded": [WORDS]}, {"value": "too small"}, {"raised": "ValueError: no idea"})
    assert elsewhere.load((FILE,)) == ("mine",)
    mine = registry.get("mine")
    assert mine.why_not(CASE) == "too small"
    with pytest.raises(UsageError, match=r"^why_not of mine raised ValueError: no idea$"):
        mine.why_not(CASE)


def test_a_child_that_is_lost_is_not_asked_again(child: type[FakeChild]) -> None:
    child.said, child.exit_code = (LOADING, {"loaded": [WORDS]}), 1
    elsewhere.load((FILE,))
    mine = registry.get("mine")
    told = []
    for _ in range(2):
        with pytest.raises(UsageError, match=r"^why_not of mine: mine\.py: it ended its process") as lost:
            mine.why_not(CASE)
        told.append(str(lost.value))
    assert told[0] == told[1]
