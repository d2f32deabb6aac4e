"""`convcost measure`: one problem, all implementations, sorted, with the ratio to the best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench import terminal
from bench.memory import human
from bench.report import format as text
from bench.run import Order, measure_case
from bench.store.schema import Row
from bench.timing.estimates import Ratio, paired_ratio
from bench.worker.client import Worker


@dataclass(frozen=True, slots=True)
class Line:
    """A row and its time over that of the fastest, paired within the blocks of both; None if it was not timed."""

    row: Row
    over_best: Ratio | None


def measure(order: Order) -> list[list[Line]]:
    """For every case of the order its lines, fastest first, those without a time last."""
    with Worker(order.settings) as worker:
        return [_lines(*measure_case(worker, planned, order)) for planned in order.cases]


def _lines(rows: list[Row], samples: dict[str, Any]) -> list[Line]:
    timed = sorted((r for r in rows if r.time_s is not None), key=lambda r: r.time_s or 0.0)
    rest = [r for r in rows if r.time_s is None]
    if not timed:
        return [Line(row, None) for row in rest]
    by_block = {name: {s[2]: s[0] for s in taken} for name, taken in samples.items()}
    best = by_block[timed[0].implementation]
    lines = []
    for row in timed:
        own = by_block[row.implementation]
        shared = sorted(own.keys() & best.keys())
        lines.append(Line(row, paired_ratio([own[b] for b in shared], [best[b] for b in shared])))
    return lines + [Line(row, None) for row in rest]


def as_json(cases: list[list[Line]]) -> list[dict[str, Any]]:
    """Rows as plain data, with `over_best`."""
    return [{**line.row.as_dict(), "over_best": _ratio(line.over_best)} for lines in cases for line in lines]


def _ratio(ratio: Ratio | None) -> dict[str, float | None] | None:
    return None if ratio is None else {"estimate": ratio.estimate, "low": ratio.low, "high": ratio.high}


def show(cases: list[list[Line]]) -> None:
    """A table a case."""
    for lines in cases:
        first = lines[0].row
        place = f"{first.threads} threads" if first.device == "cpu" else "GPU"
        title = f"{first.descriptor}, {first.precision}, {first.layout}, {first.device} ({place}), forward, warm"
        columns = [
            "implementation",
            "time",
            "95 % interval",
            "over best",
            "GFLOP/s",
            "rms error",
            "workspace",
            "plan",
        ]
        timed = [_cells(line) for line in lines if line.over_best is not None]
        if timed:
            terminal.print_table(title, columns, timed)
        others = [[r.implementation, r.status, r.reason or ""] for line in lines if (r := line.row).time_s is None]
        if others:
            terminal.print_table("Not timed", ["implementation", "status", "why"], others, left=(0, 1, 2))


def _cells(line: Line) -> list[str]:
    row, ratio = line.row, line.over_best
    assert row.time_s is not None
    assert ratio is not None
    interval = text.MISSING
    if row.time_low_s is not None and row.time_high_s is not None:
        interval = f"{text.seconds(row.time_low_s)} – {text.seconds(row.time_high_s)}"
    rate = row.direct_flops / row.time_s * 1e-9 if row.direct_flops else None
    return [
        row.implementation,
        text.seconds(row.time_s),
        interval,
        text.ratio(ratio.estimate),
        text.gflops(rate),
        text.error(row.error_rms),
        text.MISSING if row.workspace_bytes is None else human(row.workspace_bytes),
        text.seconds(row.plan_s),
    ]
