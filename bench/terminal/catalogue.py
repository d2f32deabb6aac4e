"""Shows the implementations, for `convcost impls`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.terminal import console


def show(found: Sequence[dict[str, Any]]) -> None:
    """Print a table with a line in words for each implementation, and its precisions on each device of this machine."""
    devices = list(dict.fromkeys(device for entry in found for device in entry["precisions_here"]))
    rows = [
        [entry["name"], entry["line"] or console.MISSING, *(_precisions(entry, device) for device in devices)]
        for entry in found
    ]
    columns = ["name", "in words", *(f"precisions on {device}" for device in devices)]
    console.print_table("Implementations", columns, rows, left=range(len(columns)))
    console.print_line("More on one: convcost explain NAME. Providers and error bounds: --json.")


def _precisions(entry: Mapping[str, Any], device: str) -> str:
    if device not in entry["devices"]:
        return f"on {', '.join(entry['devices'])} only"
    return " ".join(entry["precisions_here"][device]) or "none here"
