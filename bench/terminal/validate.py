"""Shows what `convcost validate` found: results against the float64 oracle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bench import format as text
from bench.run.validate import Validation
from bench.store.schema import Row
from bench.store.status import Status
from bench.terminal import console

# Implementation, device, precision, layout.
Group = tuple[str, str, str, str]
# Every status, as a column and in the last sentence.
_WORDS: dict[Status, str] = {
    Status.OK: "right",
    Status.WRONG: "wrong",
    Status.FAILED: "failed",
    Status.CRASHED: "crashed",
    Status.TIMEOUT: "timed out",
    Status.UNSUPPORTED: "unsupported",
}
# Always shown; the others only where a result has them.
_EXPECTED = (Status.OK, Status.WRONG, Status.UNSUPPORTED)
_EXPLAINED: dict[Status, str] = {
    Status.FAILED: "failed: it raised an exception",
    Status.CRASHED: "crashed: its process ended",
    Status.TIMEOUT: "timed out: a step took longer than --step-timeout",
}


def show(found: Validation, *, verbose: bool) -> None:
    """Print a table with a line for each implementation, device, precision and layout, and a table of faults.

    With `verbose` the second table has every result.
    """
    groups: dict[Group, list[Row]] = {}
    for row in found.rows:
        groups.setdefault((row.implementation, row.device, row.precision, _layout(row)), []).append(row)
    unsupported = {group for group, rows in groups.items() if all(r.status is Status.UNSUPPORTED for r in rows)}
    shown = tuple(status for status in _WORDS if status in _EXPECTED or found.counts[status])
    _show_groups({group: rows for group, rows in groups.items() if group not in unsupported}, shown)
    _show_unsupported({group: groups[group] for group in groups if group in unsupported})
    if results := found.rows if verbose else found.failures:
        _show_results("Every result" if verbose else "Not right", results)
    if explained := [_EXPLAINED[status] for status in shown if status in _EXPLAINED]:
        console.print_line("; ".join(explained))
    summed = ", ".join(f"{found.counts[status]} {_WORDS[status]}" for status in shown)
    cut_off = f"; stopped by --limit: {text.count(len(found.left_out), 'case')} left out" if found.left_out else ""
    console.print_line(summed + cut_off)


def _layout(row: Row) -> str:
    """The layout, and the values of the inputs where they are not N(0, 1)."""
    return f"{row.layout}, {row.data_label}" if row.data_label else row.layout


def _show_groups(groups: dict[Group, list[Row]], shown: Sequence[Status]) -> None:
    """Print a line for each group, with a column for each status of `shown`."""
    columns = [
        "implementation", "device", "precision", "layout", *(_WORDS[status] for status in shown), "largest rms error",
        "largest share of bound",
    ]  # fmt: skip
    lines = [[*group, *_cells(rows, shown)] for group, rows in groups.items()]
    console.print_table("Results against the float64 oracle", columns, lines, left=(0, 1, 2, 3), keys=4)


def _cells(rows: Sequence[Row], shown: Sequence[Status]) -> list[str]:
    """Counts by status, and the largest errors of the right results."""
    counts = Counter(row.status for row in rows)
    right = [row for row in rows if row.status is Status.OK]
    return [
        *(str(counts[status]) for status in shown),
        text.error(max((row.error_rms or 0.0 for row in right), default=None)),
        text.share(max((row.error_share or 0.0 for row in right), default=None)),
    ]


def _show_unsupported(groups: dict[Group, list[Row]]) -> None:
    """Print a line for each reason, with the implementations that support no problem in the same places."""
    places: dict[tuple[str, str | None], list[str]] = {}
    for (name, *place), rows in groups.items():
        places.setdefault((name, rows[0].reason), []).append(" ".join(place))
    names: dict[tuple[str | None, str], list[str]] = {}
    for (name, reason), named in places.items():
        names.setdefault((reason, ", ".join(named)), []).append(name)
    for (reason, where), sharing in names.items():
        verb = "supports" if len(sharing) == 1 else "support"
        console.print_line(f"{', '.join(sharing)} {verb} none of {where}: {reason}")


def _show_results(title: str, rows: Sequence[Row]) -> None:
    columns = ["implementation", "problem", "precision", "layout", "status", "rms error", "reason"]
    lines = [
        [
            r.implementation,
            text.problem(r.descriptor, bias=r.bias),
            r.precision,
            _layout(r),
            r.status,
            text.error(r.error_rms),
            r.reason or "",
        ]
        for r in rows
    ]
    console.print_table(title, columns, lines, left=(0, 1, 2, 3, 4, 6), keys=4)
