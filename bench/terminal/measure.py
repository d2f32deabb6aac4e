"""Shows one problem by all implementations, fastest first."""

from __future__ import annotations

from bench import format as text
from bench.calibration.value import find
from bench.cost.roofline import knows_flops
from bench.format import byte_count
from bench.rows.delegation import label
from bench.run.measure import Measured
from bench.store.schema import Row
from bench.terminal import ceilings, console, verdict


def show(measured: Measured) -> None:
    """Print for each case the times, a verdict, the ceilings, and the implementations without a time."""
    columns = [
        "implementation", "time", "95 % interval", "over best", "GFLOP/s", "roofline", "rms error", "workspace",
        "peak", "plan", "pays from", "",
    ]  # fmt: skip
    for rows in measured.cases:
        first = rows[0]
        place = f"{first.threads} threads" if first.device == "cpu" else "GPU"
        where = f"{first.device} ({place}), {first.cache} caches"
        title = f"{first.descriptor}, {first.precision}, {first.layout}, forward, {where}"
        timed = [row for row in rows if row.time_s is not None]
        if timed:
            console.print_table(title, columns, [_cells(row) for row in timed], left=(0, 11))
            console.print_line(verdict.of(timed))
            console.print_line("Workspace is counted; peak is measured in one call, with its output.")
            known = find(measured.calibrations, first.device, first.threads)
            if known is not None:
                console.print_line(ceilings.line(known, first.precision))
        others = [[row.implementation, row.status, row.reason or ""] for row in rows if row.time_s is None]
        if others:
            console.print_table("Not timed", ["implementation", "status", "reason"], others, left=(0, 1, 2))


def _share_of_roofline(row: Row) -> str:
    """Per cent of the roofline; a lower bound where a library may compute an unknown share of the definition."""
    if row.roofline_fraction is None:
        return text.MISSING
    return f"{'' if knows_flops(row) else '≥ '}{text.significant(100 * row.roofline_fraction, 2)} %"


def _cells(row: Row) -> list[str]:
    assert row.time_s is not None
    interval = text.MISSING
    if row.time_low_s is not None and row.time_high_s is not None:
        interval = f"{text.seconds(row.time_low_s)} – {text.seconds(row.time_high_s)}"
    rate = row.direct_flops / row.time_s * 1e-9 if row.direct_flops else None
    return [
        label(row),
        text.seconds(row.time_s),
        interval,
        text.ratio(row.over_best),
        text.gflops(rate),
        _share_of_roofline(row),
        text.error(row.error_rms),
        text.MISSING if row.workspace_bytes is None else byte_count(row.workspace_bytes),
        text.MISSING if row.peak_bytes is None else byte_count(row.peak_bytes),
        text.seconds(row.plan_s),
        "never" if row.break_even_calls is None else text.count(row.break_even_calls, "call"),
        ", ".join(row.flags),
    ]
