"""`convcost measure`: one problem, all implementations, sorted, with the ratio to the best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench import ceilings, terminal, verdict
from bench import format as text
from bench.calibration.needs import calibrate
from bench.calibration.value import Calibration, find
from bench.cost.roofline import knows_flops
from bench.delegation import label
from bench.errors import UsageError
from bench.format import byte_count
from bench.rounds import Rounds
from bench.store.schema import Row
from bench.sweep.cases import PlannedCase
from bench.sweep.order import Order
from bench.worker.crew import Crew


@dataclass(frozen=True, slots=True)
class Measured:
    """The rows of every case, and the ceilings that they are held against."""

    cases: tuple[list[Row], ...]
    calibrations: tuple[Calibration, ...]


def measure(order: Order) -> Measured:
    """For every case of the order its rows, fastest first, those without a time last.

    Raises UsageError if there is a case that none of the implementations computes.
    """
    with Crew(order.settings, order.config.processes) as crew:
        calibrations = calibrate(crew, (planned.case for planned in order.cases))
        rows: dict[PlannedCase, list[Row]] = {}
        for step in Rounds(order, crew, calibrations).measure(order.cases):
            rows[step.planned] = step.rows
        return Measured(tuple(map(_sorted, rows.values())), calibrations)


def _sorted(rows: list[Row]) -> list[Row]:
    if all(row.status == "unsupported" for row in rows):
        reasons = "; ".join(f"{row.implementation}: {row.reason}" for row in rows)
        raise UsageError(f"nothing here computes {rows[0].descriptor}: {reasons}")
    return sorted(rows, key=lambda row: (row.time_s is None, row.time_s or 0.0))


def as_json(measured: Measured) -> list[dict[str, Any]]:
    """Rows as plain data."""
    return [row.as_dict() for rows in measured.cases for row in rows]


def show(measured: Measured) -> None:
    """A table a case, what was not timed, one sentence on which to use, and the ceilings."""
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
            terminal.print_table(title, columns, [_cells(row) for row in timed], left=(0, 11))
            terminal.print_line(verdict.of(timed))
            terminal.print_line("Workspace is counted, peak measured on one call with its output.")
            known = find(measured.calibrations, first.device, first.threads)
            if known is not None:
                terminal.print_line(ceilings.line(known, first.precision))
        others = [[row.implementation, row.status, row.reason or ""] for row in rows if row.time_s is None]
        if others:
            terminal.print_table("Not timed", ["implementation", "status", "why"], others, left=(0, 1, 2))


def _share_of_roofline(row: Row) -> str:
    """In per cent; at least so many where a library may compute less than the definition, but not how much is known."""
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
        row.flags,
    ]
