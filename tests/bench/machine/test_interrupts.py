"""A signal ends a command once, at the end of a block that holds it, with the exit code of shells."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from bench.errors import Interrupted
from bench.machine import interrupts


@pytest.fixture(autouse=True)
def _listening() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    # Under nohup it is ignored, and stays so.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    interrupts.listen()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        (signal.SIGINT, 3, "interrupted"),
        (signal.SIGTERM, 143, "ended by SIGTERM"),
        (signal.SIGHUP, 129, "ended by SIGHUP"),
    ],
)
def test_each_signal_has_its_exit_code(number: int, code: int, said: str) -> None:
    with pytest.raises(Interrupted) as raised:
        signal.raise_signal(number)
    assert (raised.value.exit_code, str(raised.value)) == (code, said)


def test_a_block_that_holds_signals_ends_first() -> None:
    done = []

    def work() -> None:
        with interrupts.held(), interrupts.held():
            signal.raise_signal(signal.SIGTERM)
            done.append(1)

    with pytest.raises(Interrupted):
        work()
    assert done == [1]


def test_a_second_signal_does_not_disturb_what_the_first_puts_away() -> None:
    with pytest.raises(Interrupted):
        signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGHUP)


def test_nohup_is_kept() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    interrupts.listen()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
