"""The ratios of a duet: n-th visits of both sides, their medians, and the median of those in a pair of processes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from bench.compare.duet.pairs import read
from bench.errors import InfrastructureError, UsageError
from bench.store import journal, runs
from bench.store.samples import to_columns
from bench.store.schema import Sample

# By visit: the process, and for each implementation the seconds of its samples.
Visit = tuple[int, Mapping[str, Sequence[float]]]


def run(folder: Path, name: str, *visits: Visit) -> Path:
    made = runs.create(folder, name, {})
    for process, taken in visits:
        samples = {n: to_columns([Sample(process=process, time_s=t) for t in times]) for n, times in taken.items()}
        journal.append(made, {"key": "k", "rows": [], "samples": samples, "spent_s": 1.0})
    journal.append(made, {"key": "k", "energy": {}})
    return made


def test_visits_are_paired_in_order_and_have_one_ratio_a_pair(tmp_path: Path) -> None:
    a = run(tmp_path, "a", (0, {"x": (1.0, 9.0, 2.0)}), (0, {"x": (4.0,)}), (1, {"x": (1.0,), "y": (1.0,)}))
    b = run(tmp_path, "b", (0, {"x": (4.0, 3.0, 5.0)}), (0, {"x": (4.0,)}), (1, {"x": (3.0,), "y": (2.0,)}))
    found = read(a, b)
    assert (found.rows, found.pairs) == ((("k", "x"), ("k", "y")), ((0, 0), (1, 1)))
    # 4 over 2 and 4 over 4 in the first pair.
    expected = [[math.log(2) / 2, np.nan], [math.log(3), math.log(2)]]
    np.testing.assert_allclose(found.logs, expected)


def test_one_disturbed_visit_of_three_does_not_count(tmp_path: Path) -> None:
    a = run(tmp_path, "a", *((0, {"x": (time_s,)}) for time_s in (1.0, 20.0, 1.0)))
    b = run(tmp_path, "b", *((0, {"x": (1.1,)}) for _ in range(3)))
    assert read(a, b).logs.tolist() == [[pytest.approx(math.log(1.1))]]


def test_a_process_that_was_replaced_makes_another_pair(tmp_path: Path) -> None:
    a = run(tmp_path, "a", (0, {"x": (1.0,)}), (0, {"x": (1.0,)}))
    b = run(tmp_path, "b", (0, {"x": (1.0,)}), (1, {"x": (1.0,)}))
    assert read(a, b).pairs == ((0, 0), (0, 1))


def test_a_visit_of_one_side_alone_does_not_count(tmp_path: Path) -> None:
    a = run(tmp_path, "a", (0, {"x": (1.0,)}), (0, {"x": (5.0,)}))
    b = run(tmp_path, "b", (0, {"x": (1.0,), "only": (1.0,)}))
    found = read(a, b)
    assert (found.rows, found.logs.tolist()) == ((("k", "x"),), [[0.0]])


def test_without_a_time_on_both_sides_nothing_can_be_said(tmp_path: Path) -> None:
    a, b = (run(tmp_path, side, (0, {name: (1.0,)})) for side, name in (("a", "x"), ("b", "y")))
    with pytest.raises(UsageError, match="have no visit that timed a row on both sides"):
        read(a, b)
    coarse = run(tmp_path, "c", (0, {"x": (0.0,)}))
    with pytest.raises(UsageError, match="no visit that timed"):
        read(a, coarse)


def test_a_damaged_visit_is_named(tmp_path: Path) -> None:
    a = runs.create(tmp_path, "a", {})
    journal.append(a, {"key": "k", "rows": [], "samples": {"x": {"process": [0]}}})
    with pytest.raises(InfrastructureError, match="record 1 is damaged"):
        read(a, a)
