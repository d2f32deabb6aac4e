"""Resumes a run that was interrupted: its job, and a check that part of it is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bench.cost.rates import Rates
from bench.errors import UsageError
from bench.run.energy import to_sample
from bench.store import energies, journal, runs, visits
from bench.store.visits import Visited
from bench.sweep.job import Job
from bench.sweep.jobs import for_resumed, for_sweep
from bench.sweep.overrides import Overrides

DEFAULT_SWEEP = "quick"


def job_for(name: str, overrides: Overrides, rates: Rates, command: str, resume: Path | None) -> Job:
    """The job of a sweep by name or file, or that of the run to resume.

    Raises UsageError for other options beside `resume`, and for a run that is finished or archived.
    """
    if resume is None:
        return replace(for_sweep(name, overrides, command), rates=rates)
    if (overrides, rates) != (Overrides(), Rates()) or name != DEFAULT_SWEEP:
        raise UsageError("--resume continues a run with its own options; leave out the sweep's name and other options")
    journal.require_open(resume)
    job = for_resumed(resume, command)
    if "finished_utc" in runs.read_meta(resume) and _is_whole(job, resume):
        raise UsageError(f"{resume} is finished; to render it again: convcost report {resume}")
    return job


def _is_whole(job: Job, folder: Path) -> bool:
    """Whether the journal has every visit and every energy: the last record is lost if the machine goes down."""
    known = visits.read(folder)
    cases = [known.get(job.key_of(planned), Visited()) for planned in job.cases]
    terms, sampled = runs.energy_terms(folder, runs.read_meta(folder)), energies.sampled(folder)
    wanted = {job.key_of(planned) for planned in to_sample(job.cases, job.config, terms)}
    lost = {key for key in wanted - sampled if key in known and known[key].fine}
    enough = job.config.processes
    return not lost and all(max(c.count, c.processes) >= enough or (c.count and not c.fine) for c in cases)
