"""Every cell of a validation against the float64 oracle."""

from __future__ import annotations

from collections import Counter

from bench import format as text
from bench.run.validate import Validation
from bench.store.schema import Row
from bench.store.status import Status
from bench.terminal import console


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
        if counts[Status.UNSUPPORTED] == len(members):
            nothing.setdefault((key[0], members[0].reason), []).append(" ".join(key[1:]))
            continue
        right = [row for row in members if row.status is Status.OK]
        wrong = sum(n for status, n in counts.items() if status.is_fault)
        worst_rms = max((row.error_rms or 0.0 for row in right), default=None)
        worst_share = max((row.error_share or 0.0 for row in right), default=None)
        lines.append(
            [
                *key,
                str(counts[Status.OK]),
                str(wrong),
                str(counts[Status.UNSUPPORTED]),
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
    console.print_table("Against the float64 oracle", columns, lines, left=(0, 1, 2, 3))
    if nothing:
        for (name, reason), places in nothing.items():
            console.print_line(f"{name} supports nothing of {', '.join(places)}: {reason}")
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
        console.print_table("Every cell" if verbose else "Not right", names, details, left=(0, 1, 2, 3, 4, 6))
    total = Counter(row.status for row in rows)
    summed = f"{total[Status.OK]} right, {len(bad)} not right, {total[Status.UNSUPPORTED]} not supported"
    cut_off = f"; stopped by --limit: {text.count(len(found.left_out), 'case')} left out" if found.left_out else ""
    console.print_line(summed + cut_off)
