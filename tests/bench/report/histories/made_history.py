"""Histories with steps as given: the search for them has tests of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.compare.comparable import Unlike
from bench.compare.history.history import History, HistoryStep, shared_levels
from bench.compare.history.timeline import read
from tests.bench.compare.history.forged_runs import logs, write_all

NAMES = [f"impl{n:02}" for n in range(12)]
EVIL = "<script>alert(1)</script>"
CHANGED = (Unlike("commit", "a" * 40, "b" * 40 + "+x"), Unlike("torch", "2.13.0", EVIL))


def made(folder: Path, table: np.ndarray, names: Sequence[str], *steps: tuple[int, str | None, float]) -> History:
    """The history of such times; a step is the run after it, the implementation, and the ratio."""
    timeline = read(write_all(folder, table, names))
    runs = timeline.runs
    found = tuple(
        HistoryStep("k|cpu" if name else None, name, ratio, 0.98 * ratio, 1.02 * ratio, 1e-6, runs[at - 1].path,
                    runs[at].path, runs[at].created_utc, CHANGED)
        for at, name, ratio in steps
    )  # fmt: skip
    return History(timeline, found, shared_levels(timeline.logs))


def stepped_history(folder: Path) -> History:
    """Twelve rows of twenty runs, of which two step."""
    table = logs(np.random.default_rng(8), 20, len(NAMES)) - 7
    table[10:, 2] += math.log(1.3)
    table[14:, 5] -= math.log(1.2)
    return made(folder, table, NAMES, (14, NAMES[5], 1 / 1.2), (10, NAMES[2], 1.3))
