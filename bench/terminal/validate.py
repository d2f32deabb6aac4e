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


def show(found: Validation, *, verbose: bool) -> None:
    """Print a table with a line for each implementation, device, precision and layout, and a table of wrong results.

    With `verbose` the second table has every result.
    """
    groups: dict[Group, list[Row]] = {}
    for row in found.rows:
        groups.setdefault((row.implementation, row.device, row.precision, row.layout), []).append(row)
    unsupported = {group for group, rows in groups.items() if all(r.status is Status.UNSUPPORTED for r in rows)}
    _show_groups({group: rows for group, rows in groups.items() if group not in unsupported})
    _show_unsupported({group: groups[group] for group in groups if group in unsupported})
    if shown := found.rows if verbose else found.failures:
        _show_results("Every result" if verbose else "Not right", shown)
    total = Counter(row.status for row in found.rows)
    summed = f"{total[Status.OK]} right, {len(found.failures)} not right, {total[Status.UNSUPPORTED]} not supported"
    cut_off = f"; stopped by --limit: {text.count(len(found.left_out), 'case')} left out" if found.left_out else ""
    console.print_line(summed + cut_off)


def _show_groups(groups: dict[Group, list[Row]]) -> None:
    columns = [
        "implementation", "device", "precision", "layout", "right", "not right", "not supported", "largest rms error",
        "largest share of bound",
    ]  # fmt: skip
    lines = [[*group, *_cells(rows)] for group, rows in groups.items()]
    console.print_table("Results against the float64 oracle", columns, lines, left=(0, 1, 2, 3), keys=4)


def _cells(rows: Sequence[Row]) -> list[str]:
    """Counts by status, and the largest errors of the right results."""
    counts = Counter(row.status for row in rows)
    right = [row for row in rows if row.status is Status.OK]
    return [
        str(counts[Status.OK]),
        str(sum(n for status, n in counts.items() if status.is_fault)),
        str(counts[Status.UNSUPPORTED]),
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
            r.layout,
            r.status,
            text.error(r.error_rms),
            r.reason or "",
        ]
        for r in rows
    ]
    console.print_table(title, columns, lines, left=(0, 1, 2, 3, 4, 6), keys=4)
