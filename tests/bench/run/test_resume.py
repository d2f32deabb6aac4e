"""Resuming: an interrupted sweep continues at its next visit, and a finished run is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import InfrastructureError, UsageError
from bench.run.resume import job_to_resume
from bench.run.sweep import sweep
from bench.store import journal, runs
from bench.store.archive import archive
from bench.store.repair import repair
from bench.sweep.jobs import for_sweep
from bench.sweep.overrides import Overrides
from tests.bench.run.fake_crew import NAMES, SMALL, FakeCrew, channels, ignore, job_of, resumable


@pytest.mark.parametrize(("interrupts_at", "then"), [(2, [2, 3, *[1, 2, 3] * 2, 2]), (6, [3, 1, 2, 3, 2]), (10, [2])])
def test_an_interrupted_sweep_continues_at_its_next_visit(
    crews: type[FakeCrew], tmp_path: Path, interrupts_at: int, then: list[int]
) -> None:
    crews.spread[2] = 0.9
    crews.interrupts_at = interrupts_at
    job = job_of(budget_s=10.0, max_seconds=6.0)
    with pytest.raises(KeyboardInterrupt):
        sweep(job, tmp_path, ignore)
    crews.interrupts_at = None
    folder = runs.latest(tmp_path)
    before = len(journal.read(folder))
    assert sweep(job, tmp_path, ignore, resume=folder).folder == folder
    assert before == interrupts_at - 1
    assert channels(crews.made[1]) == then
    # The processes of the first session are gone: those of the second have other numbers.
    assert (crews.made[0].first, crews.made[1].first) == (0, (interrupts_at - 2) // 3 + 1)
    assert len(journal.read(folder)) == 10, "three rounds, and one more visit"


def test_only_a_run_with_its_end_written_is_finished(crews: type[FakeCrew], tmp_path: Path) -> None:
    job = resumable(SMALL[0], budget_s=5.0)
    folder = sweep(job, tmp_path, ignore).folder
    with pytest.raises(UsageError, match="is finished"):
        job_to_resume(folder, "again")
    meta = runs.read_meta(folder)
    runs.write_meta(folder, {key: value for key, value in meta.items() if key != "finished_utc"})
    assert job_to_resume(folder, "again").config.budget_s == 5.0


@pytest.mark.usefixtures("sensor")
def test_a_run_without_its_last_record_of_joules_is_not_finished(crews: type[FakeCrew], tmp_path: Path) -> None:
    job = resumable(SMALL[0])
    folder = sweep(job, tmp_path, ignore).folder
    with pytest.raises(UsageError, match="is finished"):
        job_to_resume(folder, "again")
    file = folder / journal.FILE_NAME
    *kept, joules, _end = file.read_bytes().splitlines(keepends=True)
    assert b'"energy":' in joules
    file.write_bytes(b"".join(kept))
    with pytest.raises(InfrastructureError, match=r"line 4 is damaged: the run is finished with 4 records"):
        job_to_resume(folder, "again")
    repair(folder)
    assert job_to_resume(folder, "again").config == replace(job.config, implementations=NAMES)


def test_an_archive_cannot_be_resumed(crews: type[FakeCrew], tmp_path: Path) -> None:
    crews.interrupts_at = 2
    with pytest.raises(KeyboardInterrupt):
        sweep(resumable(SMALL[0]), tmp_path / "results", ignore)
    kept = archive(runs.latest(tmp_path / "results"), tmp_path / "kept").folder
    with pytest.raises(UsageError, match="is an archive: nothing can be added to its compressed journal"):
        job_to_resume(kept, "again")


def test_a_run_of_a_file_is_resumed_from_another_folder(
    crews: type[FakeCrew], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("here", "there"):
        (tmp_path / place).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    Path("mine.txt").write_text("mb1ic1ih8oc4kh3ph1\nmb1ic2ih8oc4kh3ph1")
    Path("both.toml").write_text('include = ["kernels.toml"]\nlayers = ["mine.txt"]')
    Path("kernels.toml").write_text('base = "mb1ic3ih8oc4kh3ph1"')
    for name, cases in (("mine.txt", 2), ("both.toml", 3)):
        job = for_sweep(name, Overrides(devices=("cpu",), threads=1, implementations=NAMES), "sweep")
        assert len(job.cases) == cases
        folder = sweep(job, Path("results"), ignore).folder.resolve()
        meta = runs.read_meta(folder)
        runs.write_meta(folder, {key: value for key, value in meta.items() if key != "finished_utc"})
        monkeypatch.chdir(tmp_path / "there")
        resumed = job_to_resume(folder, "again")
        assert [(p.case, p.layers) for p in resumed.cases] == [(p.case, p.layers) for p in job.cases]
        monkeypatch.chdir(tmp_path / "here")
