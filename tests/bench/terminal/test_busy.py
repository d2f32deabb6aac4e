"""The sentence on a machine that other programs used."""

from __future__ import annotations

import pytest

from bench.machine.load import BUSY
from bench.terminal import busy


@pytest.mark.parametrize("others", [None, 0.0, BUSY])
def test_a_quiet_machine_has_no_sentence(others: float | None) -> None:
    assert busy.sentence(others) is None


def test_a_busy_machine_is_named_with_what_follows_and_what_helps() -> None:
    assert busy.sentence(1.5, "a slow-down may be theirs") == (
        "The machine was busy: other programs used its processors, 1.5 of them on average. So a slow-down may be "
        "theirs. What helps: close other programs, or measure at a quieter hour."
    )
    assert "So limits that are not met are undecided. " in (busy.sentence(1.5) or "")
