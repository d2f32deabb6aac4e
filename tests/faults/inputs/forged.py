"""Runs with values that no sweep writes, their checksums right."""

from __future__ import annotations

import json
import random
import shutil
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from bench.store import entering, journal

REFERENCE = Path(__file__).parents[3] / "results" / "reference" / "intel-xeon-2-cores"
# Values of every type and range that JSON has, and texts that mean something to a page, a terminal or a table.
HOSTILE: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**63, 2**63 - 1, -(2**70), 10**300, 0.0, -0.5, 1e308, 5e-324, "", "x", "0",
    "\ud800", "\x1b[2J", "\x00", "<script>alert(1)</script>", "a" * 100_000, "../../etc", "{{7*7}}", "# x", "|\n# y",
    [], [None], [1], ["x"], [[]], [{}], {}, {"x": 1},
)  # fmt: skip
# Values that are right in some column or entry.
_POSSIBLE: tuple[Any, ...] = (
    10**17, 2**62, 1e300, 1e-300, [0, 0], [1, 1], [0] * 4, ["a", "b"], [[["kernel", "3"]]], "nan", "2026-01-01",
    "2026-01-01T00:00:00Z", "cpu", "cuda", "fp16", "nhwc", "ok", "wrong", "failed", "mb1ic4ih8oc4kh3ph1", "onednn",
)  # fmt: skip
_DEEPER = 0.6
# A library's, the one that chooses, and two of ours: with all rows and samples each example would take twice the time.
_SOME, _RECORDS, _SAMPLES = ("direct", "winograd-f4", "torch", "auto"), 2, 8
EXAMPLES = 2_000
# The same examples every time.
ENDLESS = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
values = st.sampled_from(HOSTILE) | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
# Also those that would be right elsewhere.
model_values = st.sampled_from((*HOSTILE, *_POSSIBLE)) | values


@cache
def _measured() -> tuple[journal.Record, ...]:
    """The first records of a run that was measured. Nobody changes them."""
    return tuple(islice(journal.records(REFERENCE), _RECORDS))


def records() -> list[journal.Record]:
    """Two records of a run that was measured: of some rows, with one of each status, and of their first samples."""
    return [_cut(record) for record in _measured()]


def _cut(record: journal.Record) -> journal.Record:
    rows = [row for row in record["rows"] if row["implementation"] in _SOME]
    rows += [row for row in record["rows"] if row["status"] != "ok"][:1]
    samples = {
        name: {column: values[:_SAMPLES] for column, values in columns.items()}
        for name, columns in record["samples"].items()
        if name in _SOME
    }
    return {**record, "rows": rows, "samples": samples}


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


def as_read(name: str) -> str:
    """A name as a row has it when it is read."""
    return entering.text(name)


def few_rows() -> list[journal.Record]:
    """The first record of a run that was measured, with two ok rows and their samples."""
    record = _measured()[0]
    rows = [row for row in record["rows"] if row["status"] == "ok"][:2]
    return [{**record, "rows": rows, "samples": {row["implementation"]: record["samples"][row["implementation"]]
                                                 for row in rows}}]  # fmt: skip


def forge_entry(choose: random.Random, meta: dict[str, Any]) -> None:
    """Give one entry of run.json, at any depth, a value that no run has."""
    place: Any = meta
    while True:
        key = choose.choice(sorted(place) if isinstance(place, dict) else range(len(place)))
        if not (isinstance(place[key], (dict, list)) and place[key] and choose.random() < _DEEPER):
            break
        place = place[key]
    place[key] = value(choose)


def value(choose: random.Random) -> Any:
    """A hostile value, or one that another column may have."""
    return choose.choice((*HOSTILE, *_POSSIBLE))
