"""Streams with few characters: text is replaced by plain text, whoever prints it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.run.events import VisitEnded
from bench.store.schema import Row
from bench.store.status import Status
from bench.terminal import console
from bench.terminal.encoding import IN_GITHUB, PLAIN, shown
from bench.terminal.progress import SweepProgress

ROOT = Path(__file__).parents[3]
# Symbols of explanations, as ASCII shows them.
READABLE = {
    "×": "x", "–": "-", "−": "-", "→": "->", "±": "+/-", "·": "*", "∘": ".*", "√": "sqrt", "∞": "inf", "…": "...",
    "½": "1/2", "⌈": "ceil(", "⌉": ")", "²": "^2", "³": "^3", "¹": "^1", "⁻": "^-", "⁴": "^4", "ᵀ": "^T", "₂": "2",
}  # fmt: skip
ENCODINGS = ("ascii", "latin-1", "cp1252", "utf-8")
TEXT = "3×3 – 1 µs ± 2 %, ≥ 4 → ∞ \N{SNOWMAN} \udc80"


def stream(encoding: str, errors: str = "strict") -> Any:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors=errors, write_through=True)


def written(to: Any) -> str:
    return str(to.buffer.getvalue().decode(to.encoding))


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("ascii", "3x3 - 1 us +/- 2 %, >= 4 -> inf ? ?"),
        ("latin-1", "3×3 - 1 µs ± 2 %, >= 4 -> inf ? ?"),
        ("cp1252", "3×3 – 1 µs ± 2 %, >= 4 -> inf ? ?"),
        ("utf-8", "3×3 – 1 µs ± 2 %, ≥ 4 → ∞ \N{SNOWMAN} ?"),
    ],
)
def test_characters_that_an_encoding_lacks_become_plain_text(encoding: str, text: str) -> None:
    assert shown(TEXT, stream(encoding)) == text
    # The same where text is written by others, such as rich and Typer.
    other = stream(encoding, PLAIN)
    other.write(TEXT)
    assert written(other) == text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("─━│┃┌┐└┘├┤┬┴┼┏┓┗┛╇", "--||++++++++++++++"),
        ("café 10² α·β ⌈n/s⌉", "cafe 10^2 alpha*beta ceil(n/s)"),
        ("Y = Aᵀ [(G g Gᵀ) ∘ (Bᵀ d B)] A, 2ⁿ", "Y = A^T [(G g G^T) .* (B^T d B)] A, 2^n"),
        ("2⁻²⁴, 10⁴, k²⁴λ", "2^-24, 10^4, k^24lambda"),
        ("wide ﬁ １", "wide fi 1"),
        ("plain", "plain"),
    ],
)
def test_ascii_has_a_replacement_for_lines_accents_and_letters(text: str, plain: str) -> None:
    assert shown(text, stream("ascii")) == plain


def test_every_character_of_the_product_has_a_replacement_in_ascii() -> None:
    sources = "".join(
        file.read_text(encoding="utf-8") for package in ("bench", "impls") for file in (ROOT / package).rglob("*.py")
    )
    unknown = [c for c in sorted(set(sources)) if shown(c, stream("ascii")) == "?" and c != "?"]
    assert not unknown, f"add these to bench/terminal/encoding.py: {unknown}"


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("columns", ["", "40", "80"])
def test_a_table_keeps_its_columns_in_any_encoding(
    monkeypatch: pytest.MonkeyPatch, encoding: str, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr("sys.stdout", out := stream(encoding))
    console.print_table("Times – 3×3", ["name", "time ±"], [["a ≥ b", "1 µs ± 2 %"], ["ab", "1 s"]])
    title, *lines = written(out).splitlines()
    assert title == shown("Times – 3×3", out)
    # The replacement of ± is longer: all lines must still end in the same place.
    assert len(lines) == 6
    assert len({len(line) for line in lines}) == 1
    if encoding == "ascii":
        assert "| a >= b | 1 us +/- 2 % |" in lines


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_lines_errors_and_progress_are_printed_in_any_encoding(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    monkeypatch.setattr("sys.stdout", out := stream(encoding))
    monkeypatch.setattr("sys.stderr", err := stream(encoding))
    console.print_line(TEXT)
    console.print_json({"text": TEXT})
    console.print_error(TEXT)
    planned: Any = "a case"
    with SweepProgress(cases=1, rounds=1) as bar:
        bar(VisitEnded(planned, [Row(implementation="a", status=Status.WRONG, reason=TEXT)], 1))
    assert written(out).splitlines()[0] == shown(TEXT, out)
    assert written(err).count(shown(TEXT, err)) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii", "TERM": "dumb", "NO_COLOR": "1"},
        pytest.param({"PYTHONIOENCODING": "latin-1"}, marks=pytest.mark.full),
        pytest.param({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, marks=pytest.mark.full),
    ],
    ids=lambda e: " ".join(f"{k}={v}" for k, v in e.items()),
)
@pytest.mark.parametrize(
    ("line", "plain"),
    [
        ("measure --help", "within +/- this share"),
        pytest.param("count mb1ic4ih8oc4kh3ph1", "1x4x8x8", marks=pytest.mark.full),
        pytest.param("sweep /tmp/×", "there is no sweep", marks=pytest.mark.full),
    ],
)
def test_commands_print_plain_text_in_such_a_terminal(environment: dict[str, str], line: str, plain: str) -> None:
    cleared = {k: v for k, v in os.environ.items() if k not in ("LC_ALL", "PYTHONIOENCODING", "COLUMNS")}
    done = subprocess.run(
        [sys.executable, "-m", "bench.cli", *line.split()],
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={**cleared, "PYTHONPATH": str(ROOT), **environment},
        timeout=120,
    )
    encoding = environment.get("PYTHONIOENCODING", "ascii")
    out = (done.stdout + done.stderr).decode(encoding)
    assert "Traceback" not in out
    assert done.returncode == (2 if "sweep" in line else 0)
    assert (plain if encoding == "ascii" else plain.replace("+/-", "±").replace("x", "×")) in out
    assert not [c for c in out if c == "?"]


def test_a_power_that_an_encoding_has_in_part_is_replaced_whole() -> None:
    assert "2⁻²⁴ is small, 10² is not".encode("latin-1", PLAIN).decode("latin-1") == "2^-24 is small, 10² is not"


def test_every_symbol_of_the_explanations_is_readable_in_ascii() -> None:
    """A symbol that is not in this list needs a look: does its replacement say the same?"""
    text = (ROOT / "impls" / "explanations.toml").read_text(encoding="utf-8")
    used = {c for c in text if not c.isascii()}
    assert used <= set(READABLE)
    assert {c: shown(c, stream("ascii")) for c in READABLE} == READABLE


def test_every_character_of_ours_has_a_replacement() -> None:
    files = [*ROOT.glob("bench/**/*.py"), *ROOT.glob("impls/**/*.py"), *ROOT.glob("impls/*.toml")]
    texts = "".join(path.read_text(encoding="utf-8") for path in files)
    ours = {c for c in texts if not c.isascii()}
    assert {"µ", "⁻", "λ"} <= ours
    assert {c: plain for c in ours if "?" in (plain := c.encode("ascii", PLAIN).decode())} == {}


def test_characters_that_command_a_terminal_become_text() -> None:
    hostile = "a\x1b[2J\x1b]0;title\x07\r\x9b31m\u202eb\tc\n"
    assert shown(hostile, sys.stdout) == "a\\x1b[2J\\x1b]0;title\\x07\\r\\x9b31m\\u202eb\tc\n"


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("::error::x", ": :error: :x"),
        ("a\n  ::stop-commands::x", "a\n  : :stop-commands: :x"),
        (":::error", ": : :error"),
        ("text ##[add-mask]x", "text ## [add-mask]x"),
        ("###[x] a:b #[x]", "### [x] a:b #[x]"),
    ],
)
def test_no_text_commands_a_workflow_of_github(monkeypatch: pytest.MonkeyPatch, text: str, harmless: str) -> None:
    monkeypatch.delenv(IN_GITHUB, raising=False)
    assert shown(text, stream("utf-8")) == text
    monkeypatch.setenv(IN_GITHUB, "true")
    assert shown(text, stream("utf-8")) == harmless
