"""`convcost sweep` and `convcost report`: from an order to a page, with progress on the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import terminal
from bench.cost.rates import Rates
from bench.energy.own_cost import Spent
from bench.errors import InfrastructureError, UsageError
from bench.joules import to_sample
from bench.orders import Choices, for_resumed, for_sweep
from bench.run import sweep
from bench.store import energies, runs, visits
from bench.store.visits import Visited
from bench.sweep import config, layers
from bench.sweep.order import Order

if TYPE_CHECKING:
    from bench.store.runs import Run

DEFAULT_SWEEP = "quick"


def order_for(what: str, choices: Choices, command: str, resume: Path | None) -> Order:
    """The order that was asked for, or that of the run to resume."""
    if resume is None:
        return for_sweep(what, choices, command)
    if choices != Choices() or what != DEFAULT_SWEEP:
        raise UsageError("--resume goes on with the run as it was begun; leave out the sweep's name and other options")
    order = for_resumed(resume, command)
    if "finished_utc" in runs.read_meta(resume) and _is_whole(order, resume):
        raise UsageError(f"{resume} is finished; to render it again: convcost report {resume}")
    return order


def _is_whole(order: Order, folder: Path) -> bool:
    """Whether the journal has every visit: a machine that goes down may tear off the last."""
    known = visits.read(folder)
    cases = [known.get(order.key_of(planned), Visited()) for planned in order.cases]
    terms, sampled = runs.energy_terms(folder, runs.read_meta(folder)), energies.sampled(folder)
    wanted = {order.key_of(planned) for planned in to_sample(order.cases, order.config, terms)}
    lost = {key for key in wanted - sampled if key in known and known[key].fine}
    enough = order.config.processes
    return not lost and all(max(c.count, c.processes) >= enough or (c.count and not c.fine) for c in cases)


def run(order: Order, results: Path, reports: Path, resume: Path | None, max_joules: float | None = None) -> bool:
    """Sweep, render, say where; whether all went well: nothing wrong, failed, crashed or timed out."""
    for text in order.skipped:
        terminal.print_line(f"left out, it makes no convolution: {text}")
    # Before hours of measuring, not after.
    runs.require_writable(resume or results)
    runs.require_writable(reports)
    with terminal.SweepProgress(len(order.cases), order.config.processes) as progress:
        ended = sweep(order, results, progress, resume, max_joules=max_joules)
    folder = ended.folder
    page = render(folder, reports)
    counts = ", ".join(f"{n} {status}" for status, n in sorted(progress.counts.items()))
    if progress.after_the_rounds:
        terminal.print_line(progress.after_the_rounds)
    found = runs.load(folder)
    for line in (_time_spent(found.meta), *_energy_spent(found.meta), _joules_found(found)):
        terminal.print_line(line)
    terminal.print_line(f"results: {folder} ({counts})")
    if progress.noisy:
        noise = f"{progress.noisy} of {progress.counts.get('ok', 0)} times are noisy"
        terminal.print_line(f"{noise}: other programs ran; close them and measure again")
    terminal.print_line(f"report:  {page}")
    if ended.is_stopped:
        terminal.print_line(f"stopped by --max-joules; to go on: convcost sweep --resume {folder}")
    return set(progress.counts) <= {"ok", "unsupported"}


def _time_spent(meta: dict[str, Any]) -> str:
    share = meta["sampling_s"] / meta["wall_s"]
    return f"wall time {meta['wall_s']:.0f} s, {share:.0%} of it in samples and warm-up"


def _energy_spent(meta: dict[str, Any]) -> list[str]:
    """What the sweep itself took in joules; what was measured and what is modelled in lines of their own."""
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
    """How many rows have joules, and by which method."""
    counts = run.energy.drop_duplicates(["case_key", "implementation"]).method.value_counts()
    named = {"counter": "measured", "power_integral": "measured", "model": "modelled", "unavailable": "missing"}
    parts: dict[str, int] = {}
    for method, number in counts.items():
        parts[named[str(method)]] = parts.get(named[str(method)], 0) + int(number)
    reasons = run.energy.reason.dropna().unique()
    # What each source lacks is the doctor's to tell, at length.
    short = sorted({str(reason).partition(":")[0] for reason in reasons})
    more = "; `convcost doctor` says more" if "no sensor" in short else ""
    why = f" ({', '.join(short)}{more})" if short else ""
    return "energy: " + (", ".join(f"{n} {what}" for what, n in parts.items()) or "none") + why


def render(folder: Path, reports: Path, rates: Rates | None = None) -> Path:
    """The page of a run, reports/<the run's name>/index.html; what `rates` give in place of the run's own."""
    from bench.report.page import render as render_page

    run_read = runs.load(folder)
    if rates is not None:
        own = Rates.from_dict(run_read.meta["rates"]) if "rates" in run_read.meta else Rates()
        run_read = replace(run_read, meta={**run_read.meta, "rates": own.overlaid(rates).as_dict()})
    page = reports / folder.resolve().name
    try:
        return render_page(run_read, page)
    except OSError as error:
        raise InfrastructureError(f"{page} cannot be written: {error}") from error


def show_names() -> None:
    """Built-in sweeps and layer sets."""
    rows = []
    for name in config.built_in_names():
        loaded = config.load(name)
        axes = ", ".join(f"{axis.name} ({len(axis.values)})" for axis in loaded.axes)
        rows.append([name, axes or "includes " + ", ".join(loaded.include), loaded.base if loaded.axes else ""])
    terminal.print_table("Sweeps", ["name", "axes (values)", "base"], rows, left=(0, 1, 2))
    sets = [
        [s.name, str(sum(layer.count for layer in s.layers)), str(len(s.layers)), f"{s.macs / 1e6:,.1f}"]
        for s in map(layers.built_in, layers.built_in_names())
    ]
    terminal.print_table("Layer sets", ["name", "convolutions", "different shapes", "MMACs"], sets)


def show_cases(order: Order) -> None:
    """What would be measured."""
    rows = [
        [
            str(number),
            p.case.problem.descriptor,
            p.case.precision,
            p.case.layout,
            p.case.device if p.threads is None else f"{p.case.device} ({p.threads} threads)",
            f"{p.case.problem.macs / 1e6:,.1f}",
            "; ".join([*(_point(point) for point in p.points), *(f"{s}: {n}" for s, n, _ in p.layers)]),
        ]
        for number, p in enumerate(order.cases, 1)
    ]
    columns = ["", "problem", "precision", "layout", "device", "MMACs", "stands for"]
    terminal.print_table(f"{order.config.name}: {len(order.cases)} cases", columns, rows, left=(1, 2, 3, 4, 6))
    terminal.print_line(f"implementations: {', '.join(order.implementations)}; {order.settings.threads} threads")
    for text in order.skipped:
        terminal.print_line(f"left out, it makes no convolution: {text}")


def _point(point: tuple[tuple[str, str], ...]) -> str:
    return " ".join(f"{name}={value}" for name, value in point)
