"""asv's folder of results: its three files, and asv's own readers where asv is installed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench.errors import UsageError
from bench.store.export import asv
from bench.store.export.content import RunContent
from tests.bench.store.export.made_run import ENVIRONMENT, KEYS, PADDED, PLAIN, TIMES

COMMIT = str(ENVIRONMENT["commit"])[:40]
RESULTS = Path("the-host") / f"{COMMIT[:8]}-convcost-py3.11.json"


def parsed(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def test_the_files_and_their_values(made: RunContent, tmp_path: Path) -> None:
    asv.write(made, tmp_path)
    benchmarks, results = parsed(tmp_path / "benchmarks.json"), parsed(tmp_path / RESULTS)
    assert parsed(tmp_path / "the-host" / "machine.json")["arch"] == "x86_64"
    assert (benchmarks["version"], results["version"], results["commit_hash"]) == (2, 2, COMMIT)
    assert set(results["results"]) == set(benchmarks) - {"version"}
    torch = dict(zip(results["result_columns"], results["results"]["convcost.time_torch"], strict=False))
    # torch was not timed on the second case.
    assert torch["params"] == [[repr(KEYS[PADDED]), repr(KEYS[PLAIN])]]
    assert torch["result"] == [1e-3, None]
    assert torch["samples"] == [[s for taken in TIMES["torch", PADDED] for s in taken], None]
    assert (torch["stats_q_25"][0], torch["stats_q_75"][0]) == (pytest.approx(2.25e-3), pytest.approx(2.75e-3))
    assert torch["stats_q_25"][1] is None
    assert torch["version"] == benchmarks["convcost.time_torch"]["version"]


def test_asv_reads_them(made: RunContent, tmp_path: Path) -> None:
    asv_results = pytest.importorskip("asv.results", reason="asv is not installed: pip install asv")
    from asv.benchmarks import Benchmarks

    asv.write(made, tmp_path)
    (found,) = asv_results.iter_results(str(tmp_path))
    conf = SimpleNamespace(results_dir=str(tmp_path), benchmark_dir=str(tmp_path))
    benchmark = Benchmarks.load(conf)["convcost.time_direct"]
    assert found.get_result_value("convcost.time_direct", benchmark["params"]) == [1e-3, 1e-3]
    assert found.get_result_samples("convcost.time_direct", benchmark["params"])[1] == [3e-4, 4e-4]


def test_the_commit_of_the_user_comes_first(made: RunContent, tmp_path: Path) -> None:
    asv.write(made, tmp_path, "ABCDEF123")
    assert parsed(tmp_path / "the-host" / "abcdef12-convcost-py3.11.json")["commit_hash"] == "abcdef123"


@pytest.mark.parametrize(
    ("recorded", "given", "sentence"),
    [
        (None, None, "records none; add --commit with the commit"),
        (COMMIT, "v1.0", "--commit is 'v1.0'; allowed: 7 to 40 hexadecimal digits"),
    ],
)
def test_other_commits_are_refused(
    made: RunContent, tmp_path: Path, recorded: str | None, given: str | None, sentence: str
) -> None:
    changed = replace(made, meta={"environment": {"commit": recorded}})
    with pytest.raises(UsageError, match=sentence):
        asv.write(changed, tmp_path / "out", given)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("host", ["..", ".", "../..", "/"])
def test_no_host_names_another_folder(made: RunContent, tmp_path: Path, host: str) -> None:
    environment = {**ENVIRONMENT, "host": host, "python": "/../x"}
    asv.write(replace(made, meta={**made.meta, "environment": environment}), tmp_path / "to")
    assert {path.name for path in tmp_path.iterdir()} == {"results", "to"}
    assert len(list((tmp_path / "to").glob(f"*/{COMMIT[:8]}-convcost-py.json"))) == 1
