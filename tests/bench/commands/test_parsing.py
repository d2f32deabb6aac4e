"""Numbers of the command line, and the sentence that refuses others."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import typer

from bench.commands.parsing import byte_size, number, pair, whole_number


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (whole_number(), "-3", -3),
        (whole_number(0), "0", 0),
        (whole_number(1, 100), "100", 100),
        (number(), "-1.5", -1.5),
        (number(), "inf", math.inf),
        (number(0.01, 86_400), "1e-2", 0.01),
        (number(0), "1e9", 1e9),
    ],
)
def test_numbers_within_limits_are_read(parse: Callable[[str], float], text: str, value: float) -> None:
    assert parse(text) == value
    assert type(parse(text)) is type(value)


@pytest.mark.parametrize(
    ("parse", "text", "allowed"),
    [
        (whole_number(), "x", "a whole number"),
        (whole_number(), "1.5", "a whole number"),
        (whole_number(0), "-1", "a whole number of at least 0"),
        (whole_number(1, 1_000), "1001", "a whole number from 1 to 1,000"),
        (whole_number(1, 1_000), "0", "a whole number from 1 to 1,000"),
        (number(), "", "a number"),
        (number(0), "nan", "a number of at least 0"),
        (number(0), "-0.1", "a number of at least 0"),
        (number(1e-06, 1), "inf", "a number from 1e-06 to 1"),
    ],
)
def test_other_texts_are_refused(parse: Callable[[str], float], text: str, allowed: str) -> None:
    with pytest.raises(typer.BadParameter) as refused:
        parse(text)
    assert refused.value.message == f"{text!r}; allowed: {allowed}"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", (3, 3)), ("3x5", (3, 5)), ("3X5", (3, 5)), ("3,5", (3, 5)), ("3×5", (3, 5)), ("3, 5", (3, 5)),
        ("0x1", (0, 1)), ("same", "same"),
    ],
)  # fmt: skip
def test_pairs_are_height_and_width(text: str, value: object) -> None:
    assert pair(0, ("same", "valid"))(text) == value


@pytest.mark.parametrize("text", ["", "x", "3x", "3x5x7", "-3", "3.5", "0", "1x0", "same", "9" * 19, "٣"])
def test_other_pairs_are_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter) as refused:
        pair()(text)
    assert (
        refused.value.message == f"{text!r}; allowed: a whole number of at least 1, or two as in 3x5 (height x width)"
    )


@pytest.mark.parametrize(
    ("text", "size"),
    [("64MiB", 64 * 2**20), ("1.5 GiB", 3 * 2**29), ("2kb", 2000), ("65536", 65536), ("7B", 7), ("1TB", 10**12)],
)
def test_sizes_of_memory_are_read(text: str, size: int) -> None:
    assert byte_size(text) == size


@pytest.mark.parametrize("text", ["", "MiB", "-1MiB", "1PiB", "1e3", "1.MiB", "64 Mi B"])
def test_other_sizes_are_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="allowed: a number of bytes, as in 64MiB"):
        byte_size(text)
