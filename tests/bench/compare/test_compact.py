"""Many runs in one small file give the comparisons of their folders, and the evaluation of identical runs."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from bench.compare import compact, identical, sides
from bench.compare.comparison import ComparisonTerms, compare
from bench.compare.quantities import TIME
from bench.compare.verdicts import ChangeVerdict
from bench.errors import InfrastructureError, UsageError
from bench.store.status import Status
from tests.bench.compare.made_runs import CASES, ENVIRONMENT, slower, write_run


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    return [
        write_run(tmp_path / "runs", 1, statuses={(CASES[0], "fft"): Status.WRONG}),
        write_run(tmp_path / "runs", 2, factor=slower("direct", 1.3, CASES[1])),
    ]


def test_a_kept_run_compares_as_its_folder_does(tmp_path: Path, folders: list[Path]) -> None:
    file = tmp_path / "runs.json.xz"
    assert compact.keep(folders, file) == file.stat().st_size < 5_000
    whole, short = (compare(runs[:1], runs[1:], ComparisonTerms()).of(TIME)[0] for runs in (
        [sides.read(folder) for folder in folders], compact.kept(file)))  # fmt: skip
    assert [row.implementation for row in short.of(ChangeVerdict.SLOWER)] == ["direct"]
    assert [(row.case_key, row.implementation) for row in short.rows] == [
        (row.case_key, row.implementation) for row in whole.rows
    ]
    assert [row.ratio for row in short.rows] == pytest.approx([row.ratio for row in whole.rows], rel=1e-3)


def test_runs_that_are_not_alike_are_not_kept_together(tmp_path: Path, folders: list[Path]) -> None:
    other = write_run(tmp_path, 3, environment=ENVIRONMENT | {"torch": "2.14.0"})
    with pytest.raises(UsageError, match=r"has torch 2\.14\.0.*2\.13\.0; keep runs of one machine and one code"):
        compact.keep([*folders, other], tmp_path / "runs.json.xz")


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"no file of ours", InfrastructureError),
        (lzma.compress(b"{}"), InfrastructureError),
        (lzma.compress(b'{"format_version": "2.0"}'), UsageError),
    ],
)
def test_another_file_is_refused(tmp_path: Path, content: bytes, error: type[Exception]) -> None:
    (tmp_path / "runs.json.xz").write_bytes(content)
    with pytest.raises(error, match=r"runs\.json\.xz"):
        compact.kept(tmp_path / "runs.json.xz")


def test_identical_runs_are_compared_in_pairs_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for seed in range(8):
        write_run(tmp_path / "runs", seed)
    file = tmp_path / "kept.json.xz"
    assert identical.main([str(tmp_path / "runs"), "--keep", str(file)]) == 1
    said = capsys.readouterr().out
    # 28 pairs are too few for the bound on the share of alarms.
    assert "every two runs: 0 of 28, 0.0% [0.0% to 12.3%]" in said
    assert "pairs that share no run: 0 of 4" in said
    assert "3 runs a side: 0 of 1" in said
    identical.main([str(file)])
    assert capsys.readouterr().out.splitlines()[1:] == said.splitlines()[2:]


def test_a_changed_run_among_identical_ones_raises_alarms(tmp_path: Path) -> None:
    runs = [sides.read(write_run(tmp_path, seed)) for seed in range(3)]
    runs.append(sides.read(write_run(tmp_path, 3, factor=slower("direct", 1.5, CASES[1]))))
    found = identical.evaluate(runs)
    assert (found.pairs.value, found.pairs.trials) == (0.5, 6)
    assert not found.is_within_limits


@pytest.mark.parametrize(("given", "code"), [("nowhere", 2), ("damaged.json.xz", 3)])
def test_bad_input_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str], given: str, code: int) -> None:
    (tmp_path / "damaged.json.xz").write_bytes(b"?")
    assert identical.main([str(tmp_path / given)]) == code
    assert capsys.readouterr().err.count("\n") == 1
