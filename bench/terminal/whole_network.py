"""Shows a whole network timed beside its rivals: a table with ratios and intervals, and the proof of the outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench import format as text
from bench.report.sections.network_race import ratio_between, sentences, time_between, title
from bench.report.sections.network_table import NetworkTable, swapped_over_alone
from bench.terminal import console


def show(swap: Mapping[str, Any] | None, found: Sequence[NetworkTable]) -> None:
    """Print the network beside its rivals, and beside its layers alone where these were measured."""
    if swap is None:
        return
    if swap.get("missing"):
        console.print_line(f"The whole network was not timed: {swap['missing']}.")
        return
    rows = [
        [
            name,
            time_between(times),
            ratio_between(swap["over_base"][name]) if name in swap["over_base"] else "",
            text.error(swap["differences_rms"].get(name)),
        ]
        for name, times in swap["sides_s"].items()
    ]
    base = swap["base"]
    columns = ["", "time", f"over {base}", "rms error"]
    if rows:
        console.print_table(f"{title(swap)}; above 1 {base} is faster", columns, rows, left=(0,), spare=(3,))
    if (over := swapped_over_alone(found, swap)) is not None:
        ratio = ratio_between(over)
        console.print_line(f"The swapped network takes {ratio} as long as its convolutions alone, one by one.")
    for line in sentences(swap):
        console.print_line(line)
