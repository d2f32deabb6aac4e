"""`convcost explain`: what an algorithm or implementation does, in words."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.run import catalogue
from bench.terminal.encoding import PLAIN
from bench.terminal.explain import show
from impls.explanations import explained
from tests.bench.commands.running import Refuse, Run, assert_says, refusals

HEADINGS = ("FLOPs", "When it wins", "Memory", "Error", "Range", "Source")


@refusals(
    ("explain winogard", "'winogard' is unknown (did you mean 'winograd'?); allowed: loops, direct"),
    ("explain direct mb1ic64ih56oc64kh3ph1", "'mb1ic64ih56oc64kh3ph1' is unknown"),
    ("explain mine --load {given}/missing.py", "there is no such file"),
)
def test_bad_input_is_refused(refuse: Refuse, line: str, sentence: str) -> None:
    assert_says(refuse(line), sentence)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("columns", [40, 80, 200])
def test_every_name_is_explained_within_the_width(monkeypatch: pytest.MonkeyPatch, columns: int, encoding: str) -> None:
    """Lines are wrapped after the symbols became ASCII: no line is longer, and none ends early."""
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = _explained(explained(), encoding, monkeypatch)
    width = min(columns, 80)
    # A name of code may itself be longer.
    assert not [line for line in lines if len(line) > width and " " in line.strip()]
    assert lines.count("When it wins") == len(explained())
    early = [
        (line, following)
        for line, following in itertools.pairwise(lines)
        if line and following.startswith(line[: len(line) - len(line.lstrip())]) and _fits(line, following, width)
    ]
    assert not early


def _explained(names: Sequence[str], encoding: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lines of explanations on a standard output with this encoding."""
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors=PLAIN, write_through=True)
    with monkeypatch.context() as patched:
        patched.setattr("sys.stdout", out)
        show(catalogue.explanations(list(names), []))
    assert isinstance(out.buffer, io.BytesIO)
    return out.buffer.getvalue().decode(encoding).splitlines()


def _fits(line: str, following: str, width: int) -> bool:
    """Whether the first words of the next line had room at the end of this one."""
    if not following.strip() or line in HEADINGS or following in HEADINGS:
        return False
    # A command, a number with its unit, and a difference stay whole.
    kept = re.match(r"`?convcost [^;,)`.]+`?|\d+ %|\w [−-] \d+\S*|\S+", following.strip())
    return kept is not None and len(line) + 1 + len(kept[0]) <= width


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("name", explained())
def test_an_idea_has_at_most_ten_lines(monkeypatch: pytest.MonkeyPatch, name: str, encoding: str) -> None:
    """The first paragraph is the idea of the algorithm, the next one what the implementation makes of it."""
    monkeypatch.setenv("COLUMNS", "80")
    _title, _, *rest = _explained([name], encoding, monkeypatch)
    paragraphs = "\n".join(rest).partition("\n\nFLOPs\n")[0].split("\n\n")
    assert [p for p in paragraphs if len(p.splitlines()) > 10] == []


def test_the_formula_of_winograd_is_readable_in_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    text = " ".join(_explained(["winograd"], "ascii", monkeypatch))
    assert "Y = A^T [(G g G^T) .* (B^T d B)] A." in text
    assert "multiplied point by point (.*)" in text


def test_an_explanation_has_its_parts_in_order(convcost: Run) -> None:
    lines = convcost("explain", "winograd-f4").out.splitlines()
    assert lines[0] == "winograd-f4: minimal filtering, 4 × 4 outputs a tile: the usual choice"
    headings = [line for line in lines if line in HEADINGS]
    assert headings == list(HEADINGS)
    assert "Implementations of winograd: winograd-f2, winograd-f4, winograd-f5, winograd-f6." in lines


def test_without_a_name_all_are_listed(convcost: Run) -> None:
    done = convcost("explain")
    assert [line.split()[0] for line in done.out.splitlines()[:-2] if line[0] != " "] == list(explained())
    assert convcost("explain", "--json").json.keys() == set(explained())


def test_json_has_the_parts(convcost: Run) -> None:
    (found,) = convcost("explain", "fft", "--json").json
    assert (found["name"], found["algorithm"], found["implementations"]) == ("fft", "fft", ["fft", "fft-tiled"])
    assert set(found["parts"]) == {"cost", "wins", "memory", "error", "range", "source"}


def test_a_plug_in_is_explained(convcost: Run, given: Path) -> None:
    done = convcost("explain", "zeros", "--load", "{given}/wrong.py", given=given)
    assert (done.code, done.out.splitlines()[0].partition(":")[0]) == (0, "zeros")
