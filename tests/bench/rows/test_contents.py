"""One implementation is compared with itself on several contents: what changes, what does not, and what stays open."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import pytest

from bench.estimates.intervals import Interval
from bench.rows.contents import WITHIN, ContentChange, by_joules, by_time
from bench.store.schema import Sample

PROCESSES = 6


def _visits(
    levels: Mapping[str, float], rng: random.Random, *, scatter: float = 0.002, processes: int = PROCESSES
) -> dict[str, list[Sample]]:
    """Samples of each content at a level of seconds: processes differ by a tenth, alike for all contents.

    `scatter` is that of a content in one process, which no other content shares; blocks scatter by 0.1 % more.
    """
    pace = [rng.uniform(0.9, 1.1) for _ in range(processes)]
    return {
        content: [
            Sample(process=p, draw=d, block=b, time_s=level * pace[p] * own[p] * rng.gauss(1, 0.001))
            for p in range(processes)
            for d in range(2)
            for b in range(3)
        ]
        for content, level in levels.items()
        for own in [[rng.gauss(1, scatter) for _ in range(processes)]]
    }


def test_a_content_that_takes_longer_changes_the_time() -> None:
    found = by_time(_visits({"normal": 1.0, "zeros": 0.99, "subnormal": 90.0}, random.Random(1)))
    assert found is not None
    assert (found.change, found.most, found.least) == (ContentChange.CHANGES, "subnormal", "zeros")
    assert found.changed == ("subnormal",)
    # The others are as near each other as if there were no third.
    assert found.within is not None
    assert 1 / 0.99 - 1 <= found.within < 0.02
    assert found.ratio.estimate == pytest.approx(90 / 0.99, rel=0.01)
    assert found.ratio.low is not None
    assert found.ratio.high is not None
    assert found.ratio.low < 90 / 0.99 < found.ratio.high < 92


@pytest.mark.parametrize("ratio", [1.0, 1.01])
def test_equal_times_do_not_change_and_neither_do_those_a_hundredth_apart(ratio: float) -> None:
    found = by_time(_visits({"normal": 1.0, "zeros": ratio, "relu": 1.0}, random.Random(2)))
    assert found is not None
    assert found.change is ContentChange.SAME
    assert found.within is not None
    assert ratio - 1 <= found.within <= WITHIN


def test_noise_between_processes_leaves_it_undecided() -> None:
    found = by_time(_visits({"normal": 1.0, "zeros": 1.02, "relu": 1.0}, random.Random(3), scatter=0.1))
    assert found is not None
    assert (found.change, found.within) == (ContentChange.UNDECIDED, None)


def test_one_process_gives_no_interval_and_decides_nothing() -> None:
    found = by_time(_visits({"normal": 1.0, "subnormal": 90.0}, random.Random(4), processes=1))
    assert found is not None
    assert (found.change, found.most, found.ratio.low) == (ContentChange.UNDECIDED, "subnormal", None)


def test_only_processes_that_visited_both_contents_are_compared() -> None:
    samples = _visits({"normal": 1.0, "zeros": 1.0}, random.Random(5))
    # A new process on a machine that was twice as slow meanwhile.
    samples["zeros"] += [Sample(process=9, draw=0, block=b, time_s=2.0) for b in range(6)]
    found = by_time(samples)
    assert found is not None
    assert found.change is ContentChange.SAME


@pytest.mark.parametrize(
    "samples",
    [
        {},
        {"normal": [Sample(time_s=1.0)]},
        {"normal": [Sample(time_s=1.0)], "zeros": []},
        {"normal": [Sample(time_s=1.0)], "zeros": [Sample(time_s=0.0)]},
        {"normal": [Sample(time_s=1.0)], "zeros": [Sample(process=1, time_s=1.0)]},
    ],
    ids=["nothing", "one content", "no samples", "a time of 0", "no process in common"],
)
def test_without_two_contents_to_compare_there_is_no_verdict(samples: dict[str, Sequence[Sample]]) -> None:
    assert by_time(samples) is None


def test_of_equal_contents_few_are_said_to_change() -> None:
    """Eight contents that cost the same, in processes that scatter by 5 %: at most 5 % of the verdicts may be wrong."""
    rng = random.Random(6)
    levels = dict.fromkeys("abcdefgh", 1.0)
    changes = [by_time(_visits(levels, rng, scatter=0.05)) for _ in range(150)]
    wrong = sum(found is not None and found.change is ContentChange.CHANGES for found in changes)
    assert wrong <= 0.08 * len(changes)


# By content: value and 95 % interval; the change, the content with the most, and whether `within` is known.
JOULES: list[tuple[dict[str, tuple[float, Interval | None]], ContentChange, str, bool]] = [
    ({"normal": (1.4, (1.37, 1.43)), "zeros": (1.0, (0.98, 1.02))}, ContentChange.CHANGES, "normal", False),
    ({"normal": (1.0, (0.995, 1.005)), "zeros": (1.001, (0.996, 1.006))}, ContentChange.SAME, "zeros", True),
    ({"normal": (1.2, (1.0, 1.4)), "zeros": (1.0, (0.9, 1.1))}, ContentChange.UNDECIDED, "normal", False),
    ({"normal": (1.4, None), "zeros": (1.0, (0.98, 1.02))}, ContentChange.UNDECIDED, "normal", False),
    ({"normal": (1.0, (0.9, 1.1)), "zeros": (0.1, (-0.1, 0.3))}, ContentChange.UNDECIDED, "normal", False),
    (
        {"normal": (1.4, (1.37, 1.43)), "zeros": (1.0, (0.98, 1.02)), "relu": (1.5, None)},
        ContentChange.CHANGES,
        "normal",
        False,
    ),
]


@pytest.mark.parametrize(("joules", "change", "most", "is_known"), JOULES)
def test_joules_are_compared_by_their_intervals(
    joules: dict[str, tuple[float, Interval | None]], change: ContentChange, most: str, is_known: bool
) -> None:
    found = by_joules(joules)
    assert found is not None
    assert (found.change, found.most, found.least != found.most) == (change, most, True)
    assert (found.within is not None) is is_known


def test_joules_at_or_below_zero_are_no_content() -> None:
    assert by_joules({"normal": (1.0, (0.9, 1.1)), "zeros": (-0.2, (-0.5, 0.1))}) is None
    assert by_joules({}) is None
