"""Words of a command line, with their columns."""

from __future__ import annotations

import pytest

from bench.networks.pasted.pasted_format import PastedError
from bench.networks.pasted.words import Given, Word, long_options, one_line, split, whole


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("  a  bc ", [Word("a", 3), Word("bc", 6)]),
        ('n"two words"*2 b', [Word("ntwo words*2", 1), Word("b", 16)]),
        ("'a b' \"c'd\"", [Word("a b", 1), Word("c'd", 7)]),
        ("a \\\n  b", [Word("a", 1), Word("b", 7)]),
    ],
)
def test_words_have_columns(line: str, words: list[Word]) -> None:
    assert split(one_line(line)) == words


@pytest.mark.parametrize(("line", "column"), [('a "b', 3), ("ab'c", 3), ('a"b"c"d', 6)])
def test_an_open_quote_is_named(line: str, column: int) -> None:
    with pytest.raises(PastedError, match=f"^column {column}: an open quote begins here"):
        split(line)


@pytest.mark.parametrize("text", ["", "-1", "1.5", "x", "٣", "1" * 19])
def test_a_number_is_whole(text: str) -> None:
    with pytest.raises(PastedError, match="allowed: a whole number of at least 0"):
        whole("--n", Given(text, 4))


def test_long_options_have_values() -> None:
    assert long_options("p", [Word("--n=3", 1), Word("--n=4", 7)]) == {"n": Given("4", 7)}
    for word in ("n=3", "--n", "--=3"):
        with pytest.raises(PastedError, match=r"^column 9: .* is no option of p; allowed: --name=value"):
            long_options("p", [Word(word, 9)])
