"""Mixes over layers: the fastest, and within limits; the one within a limit of memory against all that are possible."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.report.findings.mixes import Mix, fastest, within_error, within_memory
from bench.report.findings.networks import Network
from bench.store.schema import Row
from tests.bench.report.findings.test_networks import A, B, network_of
from tests.bench.report.synthetic_run import layers, ok

MIB = 2**20


def row(layer: str, name: str, time_s: float, plan: int | None, space: int | None, error: float = 1e-7) -> Row:
    return ok(layer, name, time_s, 0.001 * time_s, layers=A if layer == "a" else B, points=(), plan_bytes=plan,
              workspace_bytes=space, error_rms=error)  # fmt: skip


# a occurs once, b three times.
NETWORK = network_of(
    row("a", "quick", 1.0, 8 * MIB, 1 * MIB, 1e-5),
    row("a", "lean", 2.0, 1 * MIB, 0),
    row("b", "quick", 1.0, 4 * MIB, 6 * MIB, 1e-5),
    row("b", "lean", 3.0, 1 * MIB, 0),
)


def chosen(mix: Mix) -> dict[str, str]:
    return {layer: result.implementation for layer, result in mix.chosen.items()}


def test_the_best_of_each_layer_with_its_memory_and_error() -> None:
    mix = fastest(NETWORK)
    assert chosen(mix) == {"a": "quick", "b": "quick"}
    assert mix.time is not None
    assert mix.time.value_s == pytest.approx(4.0)
    # Plans of all layers live together; workspaces do not.
    assert (mix.kept_bytes, mix.workspace_bytes, mix.bytes) == (20 * MIB, 6 * MIB, 26 * MIB)
    assert (mix.error_rms, mix.counts) == (1e-5, {"quick": 4})


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (26 * MIB, {"a": "quick", "b": "quick"}),
        # Three times b's plan and its workspace leave 1 MiB of 19: a is lean.
        (19 * MIB, {"a": "lean", "b": "quick"}),
        (12 * MIB, {"a": "quick", "b": "lean"}),
        (4 * MIB, {"a": "lean", "b": "lean"}),
    ],
)
def test_a_limit_of_memory(limit: int, expected: dict[str, str]) -> None:
    mix = within_memory(NETWORK, limit, "small")
    assert chosen(mix) == expected
    assert mix.bytes is not None
    assert mix.bytes <= limit
    assert mix.why_not is None


def test_a_limit_that_no_mix_keeps_says_the_smallest() -> None:
    mix = within_memory(NETWORK, 4 * MIB - 1, "small")
    assert (mix.chosen, mix.time, mix.why_not) == ({}, None, "no mix keeps this limit; the smallest takes 4.0 MiB")


def test_without_known_memory_there_is_no_mix() -> None:
    mix = within_memory(network_of(row("a", "quick", 1.0, None, 0)), MIB, "small")
    assert mix.why_not == "no implementation of a states its memory"
    assert fastest(network_of(row("a", "quick", 1.0, None, 0))).bytes is None


def test_a_limit_of_error() -> None:
    mix = within_error(NETWORK, 1e-6)
    assert chosen(mix) == {"a": "lean", "b": "lean"}
    assert mix.error_rms == 1e-7
    none = within_error(NETWORK, 1e-9)
    assert (none.time, none.missing) == (None, ("a", "b"))
    assert none.why_not == "nothing that was measured keeps this limit in a, b"


@given(
    st.lists(
        st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=3),
        min_size=1,
        max_size=3,
    ),
    st.integers(0, 40),
)
def test_no_possible_mix_within_memory_is_faster(options: list[list[tuple[int, int, int]]], limit: int) -> None:
    network = _network(options)
    found = within_memory(network, limit, "small")
    possible = [
        sum(time for time, _, _ in mix)
        for mix in itertools.product(*options)
        if sum(plan for _, plan, _ in mix) + max(space for _, _, space in mix) <= limit
    ]
    if possible:
        assert found.time is not None
        assert found.time.value_s == pytest.approx(min(possible))
    else:
        assert found.time is None


def _network(options: Sequence[Sequence[tuple[int, int, int]]]) -> Network:
    rows = [
        ok(f"layer{number}", f"way{way}", float(time), layers=layers(("net", f"layer{number}", 1)), points=(),
           plan_bytes=plan, workspace_bytes=space)
        for number, ways in enumerate(options)
        for way, (time, plan, space) in enumerate(ways)
    ]  # fmt: skip
    return network_of(*rows)
