"""pyperf's JSON: loaded by pyperf itself, with the samples of each process as a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.store.export import pyperf
from bench.store.export.content import RunContent
from bench.store.foreign import files
from tests.bench.store.export.made_run import KEYS, PADDED, PLAIN, TIMES


def test_pyperf_loads_it(made: RunContent, tmp_path: Path) -> None:
    library = pytest.importorskip("pyperf", reason="pyperf is not installed: pip install pyperf")
    written = pyperf.write(made, tmp_path / "out.json")
    assert (written.rows, written.left_out) == (4, (("have no time", 1),))
    suite = library.BenchmarkSuite.load(str(written.path))
    benchmark = suite.get_benchmark(f"direct {KEYS[PADDED]}")
    assert [run.values for run in benchmark.get_runs()] == list(TIMES["direct", PADDED])
    assert benchmark.get_unit() == "second"
    assert benchmark.get_metadata()["convcost_descriptor"] == PADDED
    assert benchmark.get_metadata()["cpu_model_name"] == "Example CPU"
    assert benchmark.get_runs()[0].get_metadata()["convcost_flagged_values"] == 1


def test_its_own_reader_gives_the_samples_back(made: RunContent, tmp_path: Path) -> None:
    found = files.read(pyperf.write(made, tmp_path / "out.json").path)
    expected = {f"{name} {KEYS[text]}": by_process for (name, text), by_process in TIMES.items()}
    given = {case.name: case.samples_s for case in found.cases if not case.name.startswith("tensor")}
    assert given == expected
    assert found.machine["hostname"] == "the host"


def test_missing_values_are_left_out(made: RunContent, tmp_path: Path) -> None:
    """pyperf refuses null and empty text."""
    package = pytest.importorskip("pyperf", reason="pyperf is not installed: pip install pyperf")
    suite = package.BenchmarkSuite.load(str(pyperf.write(replace(made, meta={}), tmp_path / "out.json").path))
    described = [one.get_metadata() for one in suite.get_benchmarks()]
    assert described
    assert not any(value in (None, "") for metadata in described for value in metadata.values())


def test_a_run_without_times_is_refused(made: RunContent, tmp_path: Path) -> None:
    failed = replace(made, rows=tuple(row for row in made.rows if row.implementation == "fft"))
    with pytest.raises(UsageError, match="no row with a time, and pyperf holds only times; use --to csv or json"):
        pyperf.write(failed, tmp_path / "out.json")
    assert PLAIN in failed.rows[0].case_key
    assert not (tmp_path / "out.json").exists()
