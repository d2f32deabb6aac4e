"""Resumes a run that was interrupted: its job, and a check that part of it is missing."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path

from bench.errors import NOTHING_LEFT, UsageError
from bench.run.energy import cases_for_energy
from bench.run.sources import require_trusted, require_unchanged
from bench.store import journal, runs, stored
from bench.store.pages import DEFAULT_REPORTS, reports_for
from bench.store.visits import Visited
from bench.sweep.job import Job
from bench.sweep.jobs import for_resumed


def job_to_resume(
    folder: Path, command: str, load: Iterable[Path] = (), *, trusts: bool = False, accepts_changes: bool = False
) -> Job:
    """The job of an interrupted run, with its own options.

    Raises UsageError for one that is finished or archived, for plug-ins that are neither given in `load` again nor
    trusted, and for files that have changed since, unless that is accepted.
    """
    journal.require_open(folder)
    require_trusted(folder, load, trusts=trusts)
    require_unchanged(folder, accepts=accepts_changes)
    job = for_resumed(folder, command)
    if runs.FINISHED in runs.read_meta(folder) and _is_whole(job, folder):
        # Its tables may be missing: the machine went down, or the disk was full, when they were written.
        runs.renew_tables(runs.load(folder))
        raise UsageError(f"{folder} is finished; to render it again: convcost report {folder}")
    return job


def command_to_resume(folder: Path, reports: Path = DEFAULT_REPORTS) -> str:
    """The command that continues a run, with whole paths: it works from any folder."""
    words = ["convcost", "sweep", "--resume", str(folder.resolve())]
    expected = (DEFAULT_REPORTS, reports_for(folder.resolve().parent))
    if (folder / runs.META_NAME).is_file():
        for path in runs.read_meta(folder).get("settings", {}).get("load", ()):
            words += ["--load", str(path)]
    words += [] if reports in expected else ["--reports", str(reports.resolve())]
    return shlex.join(words)


def advice_after_ctrl_c(folder: Path | None, reports: Path = DEFAULT_REPORTS) -> str:
    """What an interrupted sweep left, and the command that continues it; `folder` is None before there is one."""
    if folder is None:
        return NOTHING_LEFT
    left = (
        "its finished visits are kept"
        if journal.file_of(folder)
        else "nothing was measured yet; the run's folder was left"
    )
    return f"{left}; to go on:\n{command_to_resume(folder, reports)}"


def _is_whole(job: Job, folder: Path) -> bool:
    """Whether the journal has every visit and every energy: the last record is lost if the machine goes down."""
    known = stored.read(folder)
    cases = [known.cases.get(job.key_of(planned), Visited()) for planned in job.cases]
    terms = runs.energy_terms(folder, runs.read_meta(folder))
    wanted = {job.key_of(planned) for planned in cases_for_energy(job.cases, job.config, terms)}
    lost = {key for key in wanted.difference(known.energy) if key in known.cases and known.cases[key].fine}
    enough = job.config.rounds
    return not lost and all(c.count >= enough or (c.count and not c.fine) for c in cases)
