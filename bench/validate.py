"""`convcost validate`: implementation × problem × device × precision, with errors; nothing is timed."""

from __future__ import annotations

import math
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from typing import Any

from bench import format as text
from bench import run, terminal
from bench.errors import OutOfTime
from bench.machine import devices
from bench.store.schema import Row
from bench.sweep.layers import read_descriptors
from bench.sweep.order import Order
from bench.worker.protocol import case_to_dict
from impls import Case, ConvProblem


@dataclass(frozen=True, slots=True)
class Validation:
    """A row for each implementation of the cases that were finished; `left_out` are those for which time ended."""

    rows: tuple[Row, ...]
    left_out: tuple[Case, ...] = ()

    @property
    def failures(self) -> list[Row]:
        return run.failures(self.rows)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "rows": [row.as_dict() for row in self.rows],
            "left_out": [case_to_dict(case) for case in self.left_out],
        }


def prove(order: Order, limit_s: float = math.inf) -> Validation:
    """Every case of the order proven right or wrong, or those that are finished within the limit."""
    finished: list[list[Row]] = []
    with suppress(OutOfTime):
        for rows in run.validate(order, time.monotonic() + limit_s):
            finished.append(rows)
    left_out = tuple(planned.case for planned in order.cases[len(finished) :])
    return Validation(tuple(row for rows in finished for row in rows), left_out)


def default_problems() -> list[ConvProblem]:
    """The dense table of odd problems that come with convcost, with and without bias in turn."""
    content = (resources.files("bench.sweep") / "validation.txt").read_text(encoding="utf-8")
    layers = read_descriptors(content, "validation", "validation.txt").layers
    return [ConvProblem.parse(layer.problem.descriptor, bias=i % 2 == 1) for i, layer in enumerate(layers)]


def default_precisions() -> tuple[str, ...]:
    """All that a device here computes in: TF32 exists on CUDA only."""
    return ("fp32", "fp64", "bf16", "fp16", *(("tf32", "tf32x3") if "cuda" in devices.available() else ()))


def show(found: Validation, *, verbose: bool) -> None:
    """One line an implementation, device, precision and layout; every wrong or failed cell on its own."""
    rows = found.rows
    cells: dict[tuple[str, str, str, str], list[Row]] = {}
    for row in rows:
        cells.setdefault((row.implementation, row.device, row.precision, row.layout), []).append(row)
    lines: list[list[str]] = []
    nothing: dict[tuple[str, str | None], list[str]] = {}
    for key, members in cells.items():
        counts = Counter(row.status for row in members)
        if counts["unsupported"] == len(members):
            nothing.setdefault((key[0], members[0].reason), []).append(" ".join(key[1:]))
            continue
        right = [row for row in members if row.status == "ok"]
        wrong = sum(n for status, n in counts.items() if status not in ("ok", "unsupported"))
        worst_rms = max((row.error_rms or 0.0 for row in right), default=None)
        worst_share = max((row.error_share or 0.0 for row in right), default=None)
        lines.append(
            [
                *key,
                str(counts["ok"]),
                str(wrong),
                str(counts["unsupported"]),
                text.error(worst_rms),
                text.share(worst_share),
            ]
        )
    columns = [
        "implementation",
        "device",
        "precision",
        "layout",
        "right",
        "wrong",
        "unsupported",
        "worst rms",
        "of bound",
    ]
    terminal.print_table("Against the float64 oracle", columns, lines, left=(0, 1, 2, 3))
    if nothing:
        for (name, reason), places in nothing.items():
            terminal.print_line(f"{name} supports nothing of {', '.join(places)}: {reason}")
    bad = found.failures
    shown = list(rows) if verbose else bad
    if shown:
        details = [
            [
                r.implementation,
                r.descriptor,
                r.precision,
                r.layout,
                r.status,
                text.error(r.error_rms),
                r.reason or "",
            ]
            for r in shown
        ]
        names = ["implementation", "problem", "precision", "layout", "status", "rms error", "why"]
        terminal.print_table("Every cell" if verbose else "Not right", names, details, left=(0, 1, 2, 3, 4, 6))
    total = Counter(row.status for row in rows)
    summed = f"{total['ok']} right, {len(bad)} not right, {total['unsupported']} not supported"
    cut_off = f"; stopped by --limit: {text.count(len(found.left_out), 'case')} left out" if found.left_out else ""
    terminal.print_line(summed + cut_off)
