"""benchdnn's descriptors: their meaning, their round trip, and errors with columns."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from impls import ConvProblem, ProblemError
from impls.descriptor import DescriptorError, parse

SQUARE = ConvProblem(1, 64, (56, 56), 64, (3, 3), padding=((1, 1), (1, 1)))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("mb1ic64ih56oc64oh56kh3ph1", SQUARE),
        ("mb1ic64ih56oc64kh3ph1", SQUARE),
        ("mb1_ic64ih56_oc64oh56_kh3sh1dh0ph1", SQUARE),
        ("mb1ic64ih56iw56oc64oh56ow56kh3kw3sh1sw1ph1pw1dh0dw0", SQUARE),
        ("oc64ph1kh3ih56ic64mb1g1", SQUARE),
        # Missing padding follows from the output.
        ("mb1ic64ih56oc64oh56kh3", SQUARE),
        # The default batch of benchdnn.
        ("ic3ih8oc4kh3", ConvProblem(2, 3, (8, 8), 4, (3, 3))),
        # Dilation counts from 0.
        ("mb1ic3ih8oc4kh3dh1", ConvProblem(1, 3, (8, 8), 4, (3, 3), dilation=(2, 2))),
        # Trailing padding follows from the output.
        ("mb1ic3ih8oc4oh8kh4ph1", ConvProblem(1, 3, (8, 8), 4, (4, 4), padding=((1, 2), (1, 2)))),
        # Only widths: one-dimensional.
        (
            "mb1ic3iw50oc4kw3pw1",
            ConvProblem(1, 3, (1, 50), 4, (1, 3), padding=((0, 0), (1, 1))),
        ),
        # With a width, height and width are read separately: sw is 1, not sh.
        ("mb1ic3ih9iw9oc4kh3kw3sh2", ConvProblem(1, 3, (9, 9), 4, (3, 3), (2, 1))),
        ("g2mb1ic4ih9oc6kh3", ConvProblem(1, 4, (9, 9), 6, (3, 3), groups=2)),
    ],
)
def test_descriptors_are_read_as_benchdnn_reads_them(text: str, problem: ConvProblem) -> None:
    assert ConvProblem.parse(text) == problem


@pytest.mark.parametrize(
    ("suffix", "name", "count"),
    [
        ("", "", 1),
        ('n"conv1"', "conv1", 1),
        ('n"resnet_50:res2a*3"', "resnet_50:res2a", 3),
        ('n"conv1"*4', "conv1", 4),
        ("nconv1", "conv1", 1),
        (' n"conv1"*4', "conv1", 4),
    ],
)
def test_names_and_counts_are_read(suffix: str, name: str, count: int) -> None:
    found = parse("ic3ih8oc4kh3" + suffix)
    assert (found.name, found.count) == (name, count)


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "ic is missing"),
        ("mb1ic64", 8, "oc is missing"),
        ("ic3oc4", 7, "ih is missing"),
        ("ic3ih8oc4", 10, "kh is missing"),
        ("ic3ih8iw8oc4kh3", 16, "kw is missing (with any w field, height and width are read separately)"),
        ("ic3ih8oc4kh3zz9", 13, "'zz9' is no field"),
        ("ic3ih8 oc4kh3", 7, "' oc4kh3' is no field"),
        ("ic3ic3ih8oc4kh3", 4, "ic is given twice"),
        ("ic3id8ih8oc4kh3", 4, "a depth field makes this a 3-D convolution"),
        ("ic3ih8oc4oh0kh3", 10, "oh is 0"),
        ("ic3ih8oc4oh3kh3sh0", 16, "sh is 0; allowed: 1 or more"),
        ("ic3ih4oc4kh1oh1", 13, "these sizes make at least 4"),
        ('ic3ih8oc4kh3n"a*0"', 13, "the layer occurs 0 times"),
        ('ic3ih8oc4kh3n"a" b', 13, "the name must end the text"),
        ("ic" + "9" * 30 + "ih8oc4kh3", 1, "ic has 30 digits"),
    ],
)
def test_malformed_text_is_refused_with_its_column(text: str, column: int, message: str) -> None:
    with pytest.raises(DescriptorError) as error:
        parse(text)
    assert error.value.column == column
    assert message in str(error.value)


@pytest.mark.parametrize(
    "text", ["mb-1ic3ih8oc4kh3", "ic0ih8oc4kh3", "g2ic3ih8oc4kh3", "ic3ih8oc4kh9", "ic3ih8oc4kh3sh0"]
)
def test_impossible_sizes_are_problem_errors(text: str) -> None:
    with pytest.raises(ProblemError):
        ConvProblem.parse(text)


_SMALL, _SIDE = st.integers(1, 5), st.integers(0, 5)
_PAIRS = st.tuples(_SMALL, _SMALL)
_SIDES = st.tuples(st.tuples(_SIDE, _SIDE), st.tuples(_SIDE, _SIDE))


@given(
    batch=st.integers(0, 3), groups=st.integers(1, 3), size=st.tuples(st.integers(1, 30), st.integers(1, 30)),
    kernel=_PAIRS, stride=_PAIRS, padding=_SIDES, dilation=_PAIRS, bias=st.booleans(),
)  # fmt: skip
def test_a_rendered_descriptor_parses_back(
    batch: int, groups: int, size: tuple[int, int], kernel: tuple[int, int], stride: tuple[int, int],
    padding: tuple[tuple[int, int], tuple[int, int]], dilation: tuple[int, int], bias: bool,
) -> None:  # fmt: skip
    try:
        p = ConvProblem(batch, 6, size, 12, kernel, stride, padding, dilation, groups, bias)
    except ProblemError:
        assume(False)
    assert ConvProblem.parse(p.descriptor, bias=bias) == p
