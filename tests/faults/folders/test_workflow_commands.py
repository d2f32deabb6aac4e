"""No text of a run commands a workflow of GitHub, whose runner reads every line of the output."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from tests.faults.conftest import Tried
from tests.faults.folders.conftest import Command
from tests.faults.inputs import forged

_TEXTS = (
    "x\n::error::hostile", "x\r\n::stop-commands::hostile", "%0A::add-mask::hostile", "##[error]hostile",
    "x ##[add-mask]hostile", "a: ::set-output name=x::hostile " * 20, ":::error::hostile", "\u2028::error::hostile",
    "100 % of it %25 %0D%0A", "\x1b[0m::error::hostile",
)  # fmt: skip
_COMMANDS = (
    ("--github",), ("--github", "--all"), ("--markdown", "--github"), ("--markdown", "--all"), ("--json",),
)  # fmt: skip
_TITLES = ("::error title=convcost: ", "::notice title=convcost: ")


@pytest.mark.parametrize("columns", ["", "40"])
def test_no_text_is_a_command(
    world: Path, command: Command, tried: Tried, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("COLUMNS", columns)
    for text in _TEXTS:
        for name, is_new in (("run", False), ("other", True)):
            forged.folder(world / "results" / name, *_named(text, is_new=is_new))
        for words in _COMMANDS:
            tried("command of a workflow in a text")
            done = command("compare", "results/run", "results/other", *words)
            assert (done.code, "Traceback" in done.err) == (1, False), done.err
            _require_harmless(done.out + done.err, most=3 if "--github" in words else 0)
        for others in (
            ("report", f"results/{text[:200]}".replace("\x00", "")),
            ("results", "show", "results/run"),
            ("export", "results/run", "--to", text),
        ):
            tried("command of a workflow in a text")
            done = command(*others)
            _require_harmless(done.out + done.err, most=0)


def _named(text: str, *, is_new: bool) -> tuple[dict[str, object], list[dict[str, object]]]:
    """A run whose first implementation has the text as its name; it is wrong in the new run, by the text."""
    meta, lines = forged.meta(), copy.deepcopy(forged.few_rows())
    meta["created_utc"] = f"2026-01-0{1 + is_new}T00:00:00Z"
    row, samples = lines[0]["rows"][0], lines[0]["samples"]
    taken = samples.pop(row["implementation"])
    row["implementation"] = text
    if is_new:
        row |= {"status": "wrong", "reason": text, "time_s": None}
        meta["name"] = text
    else:
        samples[forged.as_read(text)] = taken
    return meta, lines


def _require_harmless(said: str, most: int) -> None:
    """At most so many lines are commands, all of ours; none has the older form."""
    lines = [line.strip() for line in said.split("\n")]
    commands = [line for line in lines if line.startswith("::")]
    assert all(line.startswith(_TITLES) for line in commands), commands
    assert (most > 0) <= len(commands) <= most
    assert not any("##[" in line for line in lines)
