"""The runs kept in the repository: archives that can be read, and small together."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.predict.study import conclusion
from bench.report.flops_study import page
from bench.store import journal, runs
from bench.store.status import Flag
from impls import ConvProblem

ROOT = Path(__file__).parents[1]
STUDIES = sorted(file.parent for file in (ROOT / "results" / "reference").glob("*/study/run.json"))
# A study has no samples: the words of its page need none.
MOST_STUDY_BYTES = 100_000
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


@pytest.mark.parametrize("run", STUDIES, ids=lambda run: run.parent.name)
def test_the_page_of_a_study_is_that_of_its_run(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The measures that are fitted take seconds, and the sentences below need none of them.
    monkeypatch.setattr("bench.predict.study.measures._left_out", lambda predictor, table: None)
    monkeypatch.setattr("bench.predict.study.measures.alpha_constants", lambda table: {})
    found = page.results_of([run])
    names = {result.subject.implementation for result in found}
    assert {"torch", "direct"} <= names or {"cudnn", "implicit-gemm"} <= names
    reports = ROOT / "reports" / "reference" / run.parent.name
    page_of_it = reports / "study.html"
    # The page has its figures within: only one is small enough to be kept.
    for file in (reports / "study.md", *([page_of_it] if page_of_it.exists() else [])):
        text = file.read_text(encoding="utf-8").replace("\u00a0", " ")
        assert conclusion.headline(found) in text
        assert all(name in text for name in names)
        assert runs.read_meta(run)["created_utc"][:10] in text
    assert sum(file.stat().st_size for file in run.iterdir()) < MOST_STUDY_BYTES


def test_there_are_studies_with_and_without_joules_and_one_has_its_page() -> None:
    has_joules = {run.parent.name: any(result.joule_levels for result in page.results_of([run])) for run in STUDIES}
    assert has_joules == {"intel-xeon-2-cores": False, "nvidia-h200": True}
    assert (ROOT / "reports" / "reference" / "intel-xeon-2-cores" / "study.html").exists()
