"""The runs kept in the repository: archives that can be read, and small together."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.store import journal, runs
from bench.store.status import Flag
from impls import ConvProblem

ROOT = Path(__file__).parents[1]
RUNS = sorted(file.parent for file in (ROOT / "results" / "reference").glob("*/run.json"))
MOST_BYTES = 3_000_000


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.name)
def test_a_reference_run_is_an_archive_and_can_be_read(run: Path) -> None:
    assert (run / journal.COMPRESSED_NAME).is_file()
    assert not list(run.glob("*.parquet")), "tables are rebuilt from the journal"
    loaded = runs.load(run)
    assert set(loaded.measurements.status) <= {"ok", "unsupported"}
    assert len(loaded.samples) > len(loaded.measurements) > 0
    assert len(loaded.energy) > 0
    for row in loaded.measurements.to_dict("records"):
        problem = ConvProblem.parse(row["descriptor"], bias=row["bias"])
        assert [row[name] for name in ("batch", "ic", "oc", "groups")] == [
            problem.batch, problem.in_channels, problem.out_channels, problem.groups
        ]  # fmt: skip
        assert [tuple(row[name]) for name in ("stride", "dilation")] == [problem.stride, problem.dilation]
        assert all(at["axis"] and at["value"] for point in row["points"] for at in point)
    assert set(loaded.measurements["flags"].explode().dropna()) <= set(Flag)


def test_reference_runs_and_reports_are_small_together() -> None:
    assert RUNS
    kept = [f for folder in ("results", "reports") for f in (ROOT / folder / "reference").rglob("*") if f.is_file()]
    assert sum(file.stat().st_size for file in kept) < MOST_BYTES
