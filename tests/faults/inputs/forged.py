"""Runs with values that no sweep writes, their checksums right."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from bench.store import journal

REFERENCE = Path(__file__).parents[3] / "results" / "reference" / "intel-xeon-2-cores"
# Values of every type and range that JSON has, and texts that mean something to a page, a terminal or a table.
HOSTILE: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**63, 2**63 - 1, -(2**70), 10**300, 0.0, -0.5, 1e308, 5e-324, "", "x", "0",
    "\ud800", "\x1b[2J", "\x00", "<script>alert(1)</script>", "a" * 100_000, "../../etc", "{{7*7}}", "# x", "|\n# y",
    [], [None], [1], ["x"], [[]], [{}], {}, {"x": 1},
)  # fmt: skip
values = st.sampled_from(HOSTILE) | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()


def records(most: int) -> list[journal.Record]:
    """The first records of a run that was measured."""
    return journal.read(REFERENCE)[:most]


def folder(to: Path, meta: dict[str, Any], lines: list[journal.Record]) -> Path:
    """A run of these contents."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir()
    (to / "run.json").write_text(json.dumps(meta))
    (to / journal.FILE_NAME).write_bytes(journal.of_records(lines))
    return to


def meta() -> dict[str, Any]:
    """The run.json of a run that was measured."""
    found: dict[str, Any] = json.loads((REFERENCE / "run.json").read_text(encoding="utf-8"))
    return found
