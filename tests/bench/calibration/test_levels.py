"""The cache bytes that threads use together, and the order in which they fill processors."""

from __future__ import annotations

import pytest

from bench.calibration.levels import levels_for
from bench.calibration.team import spread_out
from bench.machine.caches import CacheLevel

FOUR = frozenset(range(4))


@pytest.mark.parametrize(
    ("shared_by", "threads", "cpus", "capacity", "shared"),
    [
        # A private cache counts once per thread.
        ({0}, 1, FOUR, 100, False),
        ({0}, 4, FOUR, 400, False),
        # A cache shared by all counts once.
        ({0, 1, 2, 3}, 4, FOUR, 100, True),
        ({0, 1, 2, 3}, 1, FOUR, 100, False),
        # A cache for two processors: threads spread out before they share.
        ({0, 1}, 2, FOUR, 200, False),
        ({0, 1}, 3, FOUR, 200, True),
        ({0, 2}, 4, FOUR, 200, True),
        # Only the sharing processors that this process may use count.
        ({0, 64}, 2, frozenset({0, 1}), 200, False),
        (range(64), 2, frozenset({0, 1}), 100, True),
        # The first processor, whose caches are read, is not allowed here.
        ({0, 1}, 2, frozenset({4, 5}), 100, True),
    ],
)
def test_capacity_counts_each_used_cache_once(
    shared_by: set[int], threads: int, cpus: frozenset[int], capacity: int, shared: bool
) -> None:
    level, memory = levels_for([CacheLevel(2, 100, frozenset(shared_by))], threads, cpus)
    assert (level.name, level.capacity_bytes, level.shared, level.bytes_per_s) == ("L2", capacity, shared, None)
    assert (memory.name, memory.capacity_bytes, memory.shared) == ("memory", None, threads > 1)


def test_without_caches_only_the_memory_is_listed() -> None:
    assert [level.name for level in levels_for((), 2, FOUR)] == ["memory"]


@pytest.mark.parametrize(
    ("cpus", "pairs", "order"),
    [
        ({0, 1, 2, 3}, [{0}, {1}, {2}, {3}], [0, 1, 2, 3]),
        ({0, 1, 2, 3}, [{0, 1}, {2, 3}], [0, 2, 1, 3]),
        ({0, 1, 2, 3}, [{0, 2}, {1, 3}], [0, 1, 2, 3]),
        ({2, 3, 5}, [{2, 3}, {4, 5}], [2, 5, 3]),
        (set(), [], []),
    ],
)
def test_cores_are_filled_before_they_are_shared(cpus: set[int], pairs: list[set[int]], order: list[int]) -> None:
    assert spread_out(cpus, lambda cpu: next(frozenset(pair) for pair in pairs if cpu in pair)) == order
