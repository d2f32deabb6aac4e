"""Lines, tables and JSON, also where standard output is a pipe, is closed, or has few characters."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.terminal import console

ROOT = Path(__file__).parents[3]
# More than a pipe holds: writing to a closed one fails at once.
MUCH = 100_000


def test_json_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_json({"a": [1, None], "é": "×"})
    captured = capsys.readouterr()
    assert (json.loads(captured.out), captured.err) == ({"a": [1, None], "é": "×"}, "")
    assert captured.out.isascii()


def test_json_has_no_command_of_a_workflow(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_json(["##[error]x"])
    out = capsys.readouterr().out
    assert (json.loads(out), "##[" in out) == (["##[error]x"], False)


def test_a_command_of_a_workflow_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    console.print_workflow_command("error", "convcost: slower", "100 %0A\r\n::error title=x::y \x1b[31m" + " word" * 20)
    assert capsys.readouterr().out == (
        "::error title=convcost: slower::100 %250A\\r%0A::error title=x::y \\x1b[31m" + " word" * 20 + "\n"
    )


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_json_has_no_other_numbers(capsys: pytest.CaptureFixture[str], value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        console.print_json([value])
    assert capsys.readouterr().out == ""


def test_lines_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    line = "[bold]" + "x" * 300 + " :smile:"
    console.print_line(line)
    console.print_error(line)
    assert capsys.readouterr() == (line + "\n", line + "\n")


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (0, "0"), (1234567, "1,234,567")])
def test_numbers_have_thousands_separated(value: int | None, text: str) -> None:
    assert console.number(value) == text


def test_a_table_shows_markup_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_table("Sizes [x]", ["name", "bytes"], [["[red]a", "1"], ["b", "22"]])
    out = capsys.readouterr().out
    assert "Sizes [x]" in out
    assert "│ [red]a │     1 │" in out


@pytest.mark.parametrize("columns", ["", "0", "-5", "x"])
def test_a_piped_table_is_160_wide_at_most(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    console.print_table("", ["a", "b"], [["x" * 70, "y" * 70], ["x" * 200, ""]])
    lines = capsys.readouterr().out.splitlines()
    assert any("x" * 70 in line and "y" * 70 in line for line in lines)
    assert max(map(len, lines)) <= 160


def started(program: str, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
    )


# Each waits until the other end of the pipe is closed.
WRITERS = {
    "json": f"console.print_json(['x' * {MUCH}])",
    "short json": "console.print_json([1])",
    "line": "console.print_line('x')",
    "table": f"console.print_table('t', ['a'], [['x' * {MUCH}]])",
    "short table": "console.print_table('t', ['a'], [['x']])",
}


@pytest.mark.slow
@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_a_closed_pipe_is_exit_code_3_without_a_message(writer: str) -> None:
    program = f"""
import sys
from bench import cli
from bench.run import catalogue
from bench.terminal import catalogue as table, console
sys.argv = ["convcost", "impls"]
catalogue.entries = lambda *given: sys.stdin.read()
table.show = lambda found: {writer}
cli.main()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    process.stdin.close()
    assert (process.wait(60), process.stderr.read()) == (3, "")
    process.stderr.close()
