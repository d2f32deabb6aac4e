"""Shows the cases of a sweep before it runs, and its results after."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.energy import meters
from bench.energy.executed.model import SOURCE
from bench.energy.own_cost import Spent
from bench.format import byte_count, count, joules_between, problem
from bench.gate.data import DEFAULT
from bench.machine.memory import usable_bytes
from bench.report.sections.study import Study
from bench.run.energy import find_terms, why_rates_are_useless
from bench.run.forecast import Forecast, Runnable, faults_of, forecast, runnable_of
from bench.run.resume import command_to_resume
from bench.run.sweep import Ended
from bench.sweep import config, layers
from bench.sweep.cases import PlannedCase, Point
from bench.sweep.job import Job
from bench.terminal import console, winners
from bench.terminal.progress import SweepProgress
from bench.tuning.value import AS_IS, GPU_CLOCK

if TYPE_CHECKING:
    from bench.store.runs import Run

# The conditions of a case that its problem does not have.
_CONDITIONS = ("device", "precision", "layout", "data", "settings")
# What most sweeps have, so that no title says it.
_USUAL = (DEFAULT, AS_IS)
# Longer times are shown in minutes, then in hours.
_IN_MINUTES_S, _IN_HOURS_S = 90.0, 5400.0


def warn(job: Job) -> None:
    """Print, beside the results, what a sweep leaves out or changes: combinations, grams without joules, settings."""
    show_skipped(job)
    if why := why_rates_are_useless(job, meters(job.power)):
        console.print_error(f"note: {why}")
    if changed := _changed(job):
        console.print_error(f"note: {changed}")


def show_skipped(job: Job) -> None:
    """Print, beside the results, the combinations and the parts of pasted text that were left out."""
    for text in job.skipped:
        console.print_error(f"left out, {text}")


def _changed(job: Job) -> str | None:
    """The settings of the machine that a sweep changes and puts back; None for none."""
    names = dict.fromkeys(name for tuning in job.tunings for name in tuning.values)
    if not names:
        return None
    free = "; a lock of the GPU's clock cannot be read, so the clock is free afterwards" if GPU_CLOCK in names else ""
    return f"this sweep changes {', '.join(names)} of this machine and puts them back, however it ends{free}"


def show_finished(ended: Ended, found: Run, page: Path, progress: SweepProgress) -> None:
    """Print the answer, the time and energy of the sweep, its results by status, and its files."""
    winners.show(Study.of(found))
    show_files(ended, found, page, progress)


def show_files(ended: Ended, found: Run, page: Path, progress: SweepProgress) -> None:
    """Print the time and energy of a sweep, its results by status, and its files."""
    folder = ended.folder
    counts = ", ".join(f"{n} {status}" for status, n in sorted(progress.counts.items()))
    if progress.after_the_rounds:
        console.print_line(progress.after_the_rounds)
    for line in (_time_spent(found.meta), *_energy_spent(found.meta), _joules_found(found)):
        console.print_line(line)
    console.print_line(f"results: {folder} ({counts})")
    console.print_line(f"report:  {page}")
    if ended.is_stopped:
        console.print_line(f"{_stopped(found.meta)}; to continue: {command_to_resume(folder, progress.reports)}")


def _time_spent(meta: dict[str, Any]) -> str:
    share = meta["sampling_s"] / meta["wall_s"]
    return f"wall time {meta['wall_s']:.0f} s, {share:.0%} of it in samples and warm-up"


def _energy_spent(meta: dict[str, Any]) -> list[str]:
    """The joules of the sweep itself: a line for measured ones, one for modelled and one for bracketed ones."""
    spent = [Spent(**known) for known in meta.get("own_energy", ())]
    kinds = {
        "measured": [s for s in spent if s.is_measured],
        "modelled": [s for s in spent if not (s.is_measured or s.is_bracketed)],
        "bracketed": [s for s in spent if s.is_bracketed],
    }
    return [f"its own energy, {how}: {', '.join(map(_joules_of, some))}" for how, some in kinds.items() if some]


def _joules_of(spent: Spent) -> str:
    """As in 1,200 J (package-0, rapl-perf) or 0.9–2.1 kJ (machine-share, AMD Zen 4 servers, 46 machines)."""
    known = joules_between(spent.low_j, spent.high_j) if spent.joules is None else f"{spent.joules:,.0f} J"
    return f"{known} ({spent.scope}, {spent.source})"


def _stopped(meta: dict[str, Any]) -> str:
    """What stopped the sweep; of a bracket the high end counts."""
    spent = [Spent(**known) for known in meta.get("own_energy", ())]
    is_bracketed = bool(spent) and all(s.is_bracketed for s in spent)
    return "stopped by --max-joules" + (", which counts the high end of the bracket" if is_bracketed else "")


def _joules_found(run: Run) -> str:
    """The number of rows with joules, by method, the classes of brackets, and the reasons for rows without a sensor."""
    counts = run.energy.drop_duplicates(["case_key", "implementation"]).method.value_counts()
    # A run has one model, or one a device.
    modelled = "modelled from what was executed" if SOURCE in set(run.energy.source) else "modelled"
    named = {
        "counter": "measured", "power_integral": "measured", "model": modelled, "bracket": "bracketed",
        "unavailable": "missing",
    }  # fmt: skip
    parts: dict[str, int] = {}
    for method, number in counts.items():
        parts[named[str(method)]] = parts.get(named[str(method)], 0) + int(number)
    brackets = run.energy[["bracket_class", "bracket_machines"]].dropna().drop_duplicates().itertuples(index=False)
    classes = [f"{name}, {count(int(number), 'machine')}" for name, number in brackets]
    reasons = run.energy.reason.dropna().unique()
    # The doctor shows the rest of each reason.
    short = sorted({str(reason).partition(":")[0] for reason in reasons})
    more = "; `convcost doctor` says more" if "no sensor" in short else ""
    why = f" ({'; '.join([*classes, ', '.join(short) + more])})" if short else ""
    return "energy: " + (", ".join(f"{n} {method}" for method, n in parts.items()) or "none") + why


def show_names() -> None:
    """Print the built-in sweeps and layer sets."""
    rows = []
    for name in config.built_in_names():
        loaded = config.load(name)
        axes = ", ".join(f"{axis.name} ({len(axis.values)})" for axis in loaded.axes)
        rows.append([name, axes or "includes " + ", ".join(loaded.include), loaded.base if loaded.axes else ""])
    console.print_table("Sweeps", ["name", "axes (values)", "base"], rows, left=(0, 1, 2))
    sets = [
        [s.name, str(sum(layer.count for layer in s.layers)), str(len(s.layers)), f"{s.macs / 1e6:,.1f}"]
        for s in map(layers.built_in, layers.built_in_names())
    ]
    console.print_table("Layer sets", ["name", "convolutions", "distinct shapes", "MMACs"], sets)


def show_cases(job: Job) -> None:
    """Print the cases of a sweep, its implementations, its expected time and memory, and all that is left out."""
    conditions = [_conditions(planned) for planned in job.cases]
    # A condition of all cases is in the title, the others have columns.
    varied = [at for at in range(len(_CONDITIONS)) if len({each[at] for each in conditions}) > 1]
    shared = [value for at, value in enumerate(conditions[0]) if at not in varied and value not in _USUAL]
    start = _baseline(job)
    rows = [
        [
            str(number),
            problem(p.case.problem.descriptor, bias=p.case.problem.bias),
            *(each[at] for at in varied),
            f"{p.case.problem.macs / 1e6:,.1f}",
            "; ".join([*(_point(point, start) for point in p.points), *(f"{s}: {n}" for s, n, _ in p.layers)]),
        ]
        for number, (p, each) in enumerate(zip(job.cases, conditions, strict=True), 1)
    ]
    columns = ["", "problem", *(_CONDITIONS[at] for at in varied), "MMACs", "place"]
    left = (*range(1, 2 + len(varied)), len(columns) - 1)
    title = ", ".join([f"{job.config.name}: {count(len(job.cases), 'case')}", *shared])
    console.print_table(title, columns, rows, left=left)
    if start:
        console.print_line("baseline: " + ", ".join(f"{name}={v}" for name, v in start.items()))
    console.print_line(f"implementations: {', '.join(job.implementations)}")
    sources, found = meters(job.power), runnable_of(job)
    expected = forecast(job, [one.demands for one in found], find_terms(job, sources))
    for line in (*_faults(found), *_expected(expected)):
        console.print_line(line)
    for text in job.skipped:
        console.print_line(f"left out, {text}")
    if changed := _changed(job):
        console.print_line(f"note: {changed}")
    if why := why_rates_are_useless(job, sources):
        console.print_line(f"note: {why}")


def _faults(found: Sequence[Runnable]) -> Iterator[str]:
    """A line for each candidate and error that keeps it out of cases: the sweep will report it as failed."""
    for (name, error), number in faults_of(found).items():
        where = "every case" if number == len(found) else f"{number} of {count(len(found), 'case')}"
        yield f"will fail in {where}: {name} ({error})"


def _expected(expected: Forecast) -> list[str]:
    """Sentences on the time and the memory that a sweep will take, and how they were computed."""
    parts = [
        f"{_rough(part_s)} {use}"
        for part_s, use in (
            (expected.samples_s, "of samples"),
            (expected.checks_s, "of checks"),
            (expected.energy_s, "of energy windows"),
            (expected.start_s, "to start, measure ceilings and write the page"),
        )
        if part_s
    ]
    libraries, of_case, usable = expected.libraries_bytes, expected.case_bytes, usable_bytes()
    largest = expected.largest
    place = f"{problem(largest.problem.descriptor, bias=largest.problem.bias)} in {largest.precision}"
    compiling = (
        "kernels that are new here are compiled on top"
        if expected.is_compiled
        else "nothing is compiled yet, which takes up to a minute more this first time"
    )
    return [
        f"time: about {_rough(expected.total_s)} on a quiet machine ({', '.join(parts)}); {compiling}",
        f"memory: up to {byte_count(expected.total_bytes)} ({byte_count(libraries)} of libraries with "
        f"{count(expected.workers, 'worker')}, and {byte_count(of_case)} for {place}, the largest case); "
        f"{byte_count(usable)} are usable here"
        + (": too little, so leave out the largest cases" if expected.total_bytes > usable else ""),
    ]


def _rough(time_s: float) -> str:
    """A duration for people, as in 40 s, 3 min or 1.5 h."""
    if time_s < _IN_MINUTES_S:
        return f"{math.ceil(time_s)} s"
    return f"{time_s / 60:.0f} min" if time_s < _IN_HOURS_S else f"{time_s / 3600:.1f} h"


def _conditions(planned: PlannedCase) -> tuple[str, ...]:
    """The conditions of a case, in the order of _CONDITIONS."""
    case, threads = planned.case, planned.threads
    device = case.device if threads is None else f"{case.device} ({count(threads, 'thread')})"
    return device, case.precision, case.layout, planned.data.label or DEFAULT, planned.tuning.label or AS_IS


def _baseline(job: Job) -> dict[str, str]:
    """The baseline of each axis: its first value."""
    found: dict[str, str] = {}
    for planned in job.cases:
        for point in planned.points:
            for name, value in point:
                found.setdefault(name, value)
    return found


def _point(point: Point, baseline: Mapping[str, str]) -> str:
    """The values of a point that differ from the baseline."""
    return " ".join(f"{name}={value}" for name, value in point if baseline[name] != value) or "baseline"
