"""Behaviour of every command: wrong words, exit codes, interrupts, and the version."""

from __future__ import annotations

import signal

import pytest

from bench.errors import InfrastructureError, UsageError
from bench.run import catalogue
from bench.version import __version__
from tests.bench.commands.running import COMMANDS, Refuse, Run, refusals


def test_no_command_shows_the_help(convcost: Run) -> None:
    done = convcost()
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Usage: convcost [OPTIONS] COMMAND")
    assert done.err.strip() == convcost("--help").out.strip()


@refusals(
    ("frobnicate", "convcost: no such command 'frobnicate'; for help type: convcost --help\n"),
    ("swep", "convcost: no such command 'swep'. Did you mean 'sweep'?; for help type: convcost --help\n"),
    ("--frobnicate", "convcost: no such option: --frobnicate; for help type: convcost --help\n"),
)
def test_a_wrong_word_is_one_sentence(refuse: Refuse, line: str, sentence: str) -> None:
    assert refuse(line) == sentence


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_option_is_one_sentence(refuse: Refuse, command: str) -> None:
    assert refuse(f"{command} --qq") == f"convcost: no such option: --qq; for help type: convcost {command} --help\n"


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UsageError("do that"), 2, "convcost: do that\n"),
        (InfrastructureError("disk full"), 3, "convcost: disk full\n"),
        (None, 3, "convcost: interrupted\n"),
    ],
    ids=["usage", "infrastructure", "interrupt"],
)
def test_each_error_has_its_exit_code(
    convcost: Run, monkeypatch: pytest.MonkeyPatch, error: Exception | None, code: int, said: str
) -> None:
    def fail(*given: object) -> None:
        if error is None:
            signal.raise_signal(signal.SIGINT)
        else:
            raise error

    monkeypatch.setattr(catalogue, "entries", fail)
    done = convcost("impls")
    assert (done.code, done.out, done.err.lstrip("\n")) == (code, "", said)


def test_version_is_one_line(convcost: Run) -> None:
    done = convcost("--version")
    assert (done.code, done.out, done.err) == (0, f"convcost {__version__}\n", "")
