"""Shows the cases of a sweep before it runs, and its results after."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.energy.own_cost import Spent
from bench.format import count
from bench.run.sweep import Ended
from bench.sweep import config, layers
from bench.sweep.job import Job
from bench.terminal import console
from bench.terminal.progress import SweepProgress

if TYPE_CHECKING:
    from bench.store.runs import Run


def show_skipped(job: Job) -> None:
    """Print the combinations of axis values that are not a convolution."""
    for text in job.skipped:
        console.print_line(f"left out, not a convolution: {text}")


def show_finished(ended: Ended, found: Run, page: Path, progress: SweepProgress) -> None:
    """Print the time and energy of the sweep, its results by status, and its files."""
    folder = ended.folder
    counts = ", ".join(f"{n} {status}" for status, n in sorted(progress.counts.items()))
    if progress.after_the_rounds:
        console.print_line(progress.after_the_rounds)
    for line in (_time_spent(found.meta), *_energy_spent(found.meta), _joules_found(found)):
        console.print_line(line)
    console.print_line(f"results: {folder} ({counts})")
    if progress.noisy:
        times, verb = count(progress.counts.get("ok", 0), "time"), "is" if progress.noisy == 1 else "are"
        console.print_line(
            f"{progress.noisy} of {times} {verb} noisy: other programs were busy; close them and measure again"
        )
    console.print_line(f"report:  {page}")
    if ended.is_stopped:
        console.print_line(f"stopped by --max-joules; to continue: convcost sweep --resume {folder}")


def _time_spent(meta: dict[str, Any]) -> str:
    share = meta["sampling_s"] / meta["wall_s"]
    return f"wall time {meta['wall_s']:.0f} s, {share:.0%} of it in samples and warm-up"


def _energy_spent(meta: dict[str, Any]) -> list[str]:
    """The joules of the sweep itself: a line for measured ones and a line for modelled ones."""
    spent = [Spent(**known) for known in meta.get("own_energy", ())]
    return [
        f"its own energy, {how}: " + ", ".join(f"{s.joules:,.0f} J ({s.scope}, {s.source})" for s in some)
        for how, some in (
            ("measured", [s for s in spent if s.is_measured]),
            ("modelled", [s for s in spent if not s.is_measured]),
        )
        if some
    ]


def _joules_found(run: Run) -> str:
    """The number of rows with joules, by method, and the reasons for those without."""
    counts = run.energy.drop_duplicates(["case_key", "implementation"]).method.value_counts()
    named = {"counter": "measured", "power_integral": "measured", "model": "modelled", "unavailable": "missing"}
    parts: dict[str, int] = {}
    for method, number in counts.items():
        parts[named[str(method)]] = parts.get(named[str(method)], 0) + int(number)
    reasons = run.energy.reason.dropna().unique()
    # The doctor shows the rest of each reason.
    short = sorted({str(reason).partition(":")[0] for reason in reasons})
    more = "; `convcost doctor` says more" if "no sensor" in short else ""
    why = f" ({', '.join(short)}{more})" if short else ""
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
    """Print the cases of a sweep, its implementations, and the combinations left out."""
    rows = [
        [
            str(number),
            p.case.problem.descriptor,
            p.case.precision,
            p.case.layout,
            p.case.device if p.threads is None else f"{p.case.device} ({count(p.threads, 'thread')})",
            f"{p.case.problem.macs / 1e6:,.1f}",
            "; ".join([*(_point(point) for point in p.points), *(f"{s}: {n}" for s, n, _ in p.layers)]),
        ]
        for number, p in enumerate(job.cases, 1)
    ]
    columns = ["", "problem", "precision", "layout", "device", "MMACs", "axis values and layers"]
    console.print_table(f"{job.config.name}: {count(len(job.cases), 'case')}", columns, rows, left=(1, 2, 3, 4, 6))
    console.print_line(f"implementations: {', '.join(job.implementations)}; {count(job.settings.threads, 'thread')}")
    show_skipped(job)


def _point(point: tuple[tuple[str, str], ...]) -> str:
    return " ".join(f"{name}={value}" for name, value in point)
