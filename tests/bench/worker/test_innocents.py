"""Who is blamed for a lost process: ours run again without the plug-ins beside them first. The processes are forged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from bench.store.status import Status
from bench.worker.beacon import HARNESS, IDLE
from bench.worker.client import Worker
from bench.worker.process import ProcessLost
from bench.worker.settings import Settings

ASKED = ("torch", "mine", "direct", "yours")
_Names = tuple[str, ...]
# Each case names: implementations that end the process, with those that must stand beside them (empty: none); the
# place of the beacon then; the implementations that are blamed; the groups that are asked, in order.
CASES: Mapping[str, tuple[Mapping[str, _Names], str | int, _Names, list[_Names]]] = {
    "only beside a plug-in": ({"torch": ASKED}, "torch", (), [ASKED, ("torch", "direct"), ("mine",), ("yours",)]),
    "alone too": (
        {"torch": ()}, "torch", ("torch",), [ASKED, ("torch", "direct"), ("direct",), ("mine",), ("yours",)]
    ),
    "a plug-in runs": ({"mine": ()}, "mine", ("mine",), [ASKED, ("torch", "direct", "yours")]),
    "the worker's own code runs": (
        {"torch": ASKED}, HARNESS, (), [ASKED, ("torch", "direct"), ("mine",), ("yours",)]
    ),
}  # fmt: skip


class Forged:
    """A process that is lost when it is asked for one of `culprits`: always, or only together with all of a tuple."""

    running = IDLE

    def __init__(self, culprits: Mapping[str, _Names], shown: str | int, *, is_certain: bool) -> None:
        self._culprits, self._shown, self._is_certain = culprits, shown, is_certain

    def answers(self, names: _Names) -> Iterator[tuple[str, str]]:
        for name in names:
            if name in self._culprits and self._culprits[name] in ((), names):
                self.running = self._shown if isinstance(self._shown, int) else names.index(self._shown)
                raise ProcessLost(Status.TIMEOUT, "one step took more than 3 s", is_certain=self._is_certain)
            yield name, "ok"


def survived(
    monkeypatch: pytest.MonkeyPatch, culprits: Mapping[str, _Names], shown: str | int, *, is_certain: bool = False
) -> tuple[dict[str, str], list[_Names]]:
    """The outcomes of ASKED, and what the processes were asked for, one after the other."""
    asked: list[_Names] = []

    def ask(process: Forged, names: _Names) -> Iterator[tuple[str, str]]:
        asked.append(names)
        return process.answers(names)

    monkeypatch.setattr(Worker, "_started", lambda worker: Forged(culprits, shown, is_certain=is_certain))
    with Worker(Settings(1)) as worker:
        # As for times: those of a lost process are taken again.
        found = worker._survive(
            ASKED,
            ask,  # type: ignore[arg-type]
            lambda name, lost: lost.reason,
            keeps=lambda outcome: False,
        )
    return found, asked


@pytest.mark.parametrize("name", CASES)
def test_ours_run_again_without_the_plugins_before_they_are_blamed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    culprits, shown, blamed, expected = CASES[name]
    found, asked = survived(monkeypatch, culprits, shown)
    assert {name for name, outcome in found.items() if outcome != "ok"} == set(blamed)
    assert found.keys() == set(ASKED)
    assert asked == expected


def test_who_names_itself_is_blamed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found, asked = survived(monkeypatch, {"torch": ()}, "torch", is_certain=True)
    assert [name for name, outcome in found.items() if outcome != "ok"] == ["torch"]
    assert asked == [ASKED, ("mine", "direct", "yours")]
