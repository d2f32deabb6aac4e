"""Numbers as tables and reports show them."""

from __future__ import annotations

import ast
import math
import re
from itertools import pairwise
from pathlib import Path

import pytest

from bench import format
from bench.report.findings.results import Time


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1.23456e-2, "12.35 ms"),
        (9.99996e-4, "1.000 ms"),
        (9.9994e-4, "999.9 µs"),
        (4.2e-6, "4.200 µs"),
        (3e-9, "3.000 ns"),
        (2e-12, "0.002000 ns"),
        (61.5, "61.50 s"),
        (98765.4, "98770 s"),
        (None, "–"),
        (math.nan, "–"),
    ],
)
def test_seconds_have_four_digits_and_a_unit(seconds: float | None, text: str) -> None:
    assert format.seconds(seconds) == text


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (Time(1.2e-3, 1.1e-3, 1.31e-3), "1.100–1.310 ms"),
        (Time(1e-3, 9.9e-4, 1.01e-3), "0.9900–1.010 ms"),
        (Time(1.2e-3), "–"),
        (None, "–"),
    ],
)
def test_an_interval_uses_the_unit_of_its_time(time: Time | None, text: str) -> None:
    assert format.interval(time) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.2345, "1.23"), (123.4, "123"), (9.996, "10.0"), (0.0, "0"), (math.inf, "∞"), (math.nan, "–"), (1234.0, "1230")],
)
def test_numbers_have_three_significant_digits(value: float, text: str) -> None:
    assert format.significant(value) == text


def test_missing_values_are_a_dash_and_never_zero() -> None:
    assert {format.gflops(None), format.ratio(None), format.error(None), format.share(None), format.flops(0)} == {"–"}


@pytest.mark.parametrize(
    ("joules", "u95_j", "text"),
    [
        (12.3456e-3, 0.41e-3, "12.35 ± 0.41 mJ"),
        (12.3456e-3, 0.996e-3, "12.3 ± 1.0 mJ"),
        (12.3456e-3, None, "12.3 mJ"),
        (12.3456e-3, math.nan, "12.3 mJ"),
        (1234.0, 150.0, "1.23 ± 0.15 kJ"),
        (0.2e-6, 3e-6, "0.2 ± 3.0 µJ"),
        (-5e-6, 20e-6, "-5 ± 20 µJ"),
        (123e-6, 123e-6, "120 ± 120 µJ"),
        (2.5e-11, None, "25.0 pJ"),
        (0.0, None, "0 J"),
        (None, 1.0, "–"),
        (math.nan, 1.0, "–"),
    ],
)
def test_joules_are_rounded_to_their_uncertainty(joules: float | None, u95_j: float | None, text: str) -> None:
    assert format.joules(joules, u95_j) == text


def test_grams_money_and_watts_have_units() -> None:
    assert format.grams(0.5, 0.05) == "500 ± 50 mg"
    assert format.grams(1234.5) == "1.23 kg"
    assert format.money(0.0002, 0.00002) == "0.000200 ± 0.000020"
    assert format.money(2.0) == "2.00"
    assert format.watts(22.5) == "22.5 W"
    assert {format.grams(None), format.money(None), format.watts(None)} == {"–"}


@pytest.mark.parametrize(
    ("low_j", "high_j", "text"),
    [
        (0.9e-3, 2.1e-3, "0.9–2.1 mJ"),
        (1.04e-3, 1.98e-3, "1–2 mJ"),
        (12.34e-3, 85.6e-3, "12–86 mJ"),
        (40e-6, 2.14e-3, "0.04–2.1 mJ"),
        (310.0, 1520.0, "0.31–1.5 kJ"),
        # Never a point, however close.
        (2.1401e-3, 2.1402e-3, "2.1401–2.1402 mJ"),
        (0.9999e-3, 1.0e-3, "0.9999–1 mJ"),
        (1.0, math.nextafter(1.0, 2.0), "1–1.0000000000000002 J"),
        (0.0, 2.1e-3, "0–2.1 mJ"),
        (None, 1.0, "–"),
        (1.0, None, "–"),
        (math.nan, 1.0, "–"),
        (1.0, math.inf, "–"),
    ],
)
def test_a_bracket_has_digits_until_its_ends_differ(low_j: float | None, high_j: float | None, text: str) -> None:
    assert format.joules_between(low_j, high_j) == text


def test_brackets_of_other_quantities_have_their_units_and_nothing_is_a_plain_0() -> None:
    assert format.grams_between(0.0123, 0.0314) == "12–31 mg"
    assert format.money_between(0.000123, 0.000314) == "0.00012–0.00031"
    assert format.watts_between(1.55, 18.03) == "1.6–18 W"
    assert (format.grams_between(0.0, 0.0), format.money_between(0.0, 0.0)) == ("0 g", "0")
    assert {format.grams_between(None, None), format.money_between(None, None)} == {"–"}


@pytest.mark.parametrize(
    ("value", "ends", "text"),
    [
        (3.6, (3.3123, 3.8912), "3.60 (3.31–3.89)"),
        (3.6, None, "3.60"),
        (None, (0.9, 2.1), "0.9–2.1"),
        # A price of 0, as a value and of a bracket.
        (0.0, (0.0, 0.0), "0"),
        (None, (0.0, 0.0), "0"),
        (None, None, "–"),
    ],
)
def test_bare_numbers_have_their_range_and_brackets_only_their_ends(
    value: float | None, ends: tuple[float, float] | None, text: str
) -> None:
    assert format.bare(value, ends) == text


def test_a_narrow_interval_of_a_model_keeps_both_ends() -> None:
    assert format.joules_range(45e-3, 44.99e-3, 45.01e-3) == "44.99–45.01 mJ"
    assert format.grams_range(1.0, 0.9999, 1.0001) == "0.9999–1.000 g"
    assert format.money_range(0.25, 0.25001) == "0.25000–0.25001"


def test_other_quantities_have_units() -> None:
    assert format.flops(231_211_008) == "231 MFLOP"
    assert format.ratio(1.234) == "1.23×"
    assert format.error(3.14159e-7) == "3.14e-07"
    assert format.error(0.0) == "0"
    assert format.count(1, "case") == "1 case"
    assert format.count(2000, "case") == "2,000 cases"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (5 * 2**20, "5.0 MiB"),
        (3.25 * 2**30, "3.2 GiB"),
        (2**40, "1.0 TiB"),
        (2**50, "1.0 PiB"),
        (2**60, "1 EiB"),
        (2**75, "3.28e+04 EiB"),
    ],
)
def test_bytes_have_binary_units(count: float, text: str) -> None:
    assert format.byte_count(count) == text


def test_huge_numbers_of_bytes_are_still_text() -> None:
    assert format.byte_count(10**400) == "more than 2^1000 B"


# Things that messages count. A message may hold one of them: "1 threads" is none of our sentences.
_COUNTED = (
    "bytes", "calls", "cases", "channels", "convolutions", "cores", "elements", "files", "filters", "groups",
    "implementations", "layers", "processes", "processors", "rows", "samples", "shapes", "threads", "trials",
    "visits", "warps", "windows",
)  # fmt: skip
_AFTER_A_NUMBER = re.compile(rf" (?:{'|'.join(_COUNTED)})\b")
# Their numbers are above a limit, or 0, or at least 2.
_NEVER_ONE = ("folder.py", "descriptor.py", "processors.py", "winograd.py")
_ROOT = Path(__file__).parents[2]
_SOURCES = [p for folder in ("bench", "impls") for p in (_ROOT / folder).rglob("*.py") if p.name not in _NEVER_ONE]


def _may_be_one(value: ast.expr) -> bool:
    """Whether a value in an f-string may be the text "1": not a constant, and not a number with digits of its own."""
    if not isinstance(value, ast.FormattedValue) or value.format_spec is not None:
        return False
    return not (isinstance(value.value, ast.Name) and value.value.id.isupper())


def test_no_message_has_a_plural_after_a_number_that_may_be_one() -> None:
    """Messages count by `count`."""
    found = [
        f"{path.name}, line {value.lineno}: {ast.unparse(text)}"
        for path in _SOURCES
        for text in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(text, ast.JoinedStr)
        for value, after in pairwise(text.values)
        if _may_be_one(value) and isinstance(after, ast.Constant) and _AFTER_A_NUMBER.match(str(after.value))
    ]
    assert not found, "\n".join(found)
