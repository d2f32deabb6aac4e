"""`convcost explain`: what an algorithm or implementation does, in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from impls.explanations import explained
from tests.bench.commands.running import Refuse, Run, assert_says, refusals


@refusals(
    ("explain winogard", "'winogard' is unknown (did you mean 'winograd'?); allowed: loops, direct"),
    ("explain direct mb1ic64ih56oc64kh3ph1", "'mb1ic64ih56oc64kh3ph1' is unknown"),
    ("explain mine --load {given}/missing.py", "there is no such file"),
)
def test_bad_input_is_refused(refuse: Refuse, line: str, sentence: str) -> None:
    assert_says(refuse(line), sentence)


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_every_name_is_explained_within_the_width(convcost: Run, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    done = convcost("explain", *explained())
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert max(map(len, lines)) <= min(columns, 80)
    assert lines.count("When it wins") == len(explained())


def test_an_explanation_has_its_parts_in_order(convcost: Run) -> None:
    lines = convcost("explain", "winograd-f4").out.splitlines()
    assert lines[0] == "winograd-f4: minimal filtering, 4 × 4 outputs a tile: the usual choice"
    headings = [line for line in lines if line in ("FLOPs", "When it wins", "Memory", "Error", "Source")]
    assert headings == ["FLOPs", "When it wins", "Memory", "Error", "Source"]
    assert "Implementations of winograd: winograd-f2, winograd-f4, winograd-f5, winograd-f6." in lines


def test_without_a_name_all_are_listed(convcost: Run) -> None:
    done = convcost("explain")
    assert [line.split()[0] for line in done.out.splitlines()[:-2] if line[0] != " "] == list(explained())
    assert convcost("explain", "--json").json.keys() == set(explained())


def test_json_has_the_parts(convcost: Run) -> None:
    (found,) = convcost("explain", "fft", "--json").json
    assert (found["name"], found["algorithm"], found["implementations"]) == ("fft", "fft", ["fft", "fft-tiled"])
    assert set(found["parts"]) == {"cost", "wins", "memory", "error", "source"}


def test_a_plug_in_is_explained(convcost: Run, given: Path) -> None:
    done = convcost("explain", "zeros", "--load", "{given}/wrong.py", given=given)
    assert (done.code, done.out.splitlines()[0].partition(":")[0]) == (0, "zeros")
