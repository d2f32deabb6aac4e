"""Shows the implementations, for `convcost impls`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.terminal import console


def show(found: Sequence[dict[str, Any]]) -> None:
    """Print a table with a line for each implementation."""
    rows = [
        [
            e["name"],
            e["algorithm"] or "the library's choice",
            e["provider"],
            ", ".join(e["devices"]),
            ", ".join(e["precisions"]),
            "loosest of " + ", ".join(e["bounds"]) if len(e["bounds"]) > 1 else e["bounds"][0],
        ]
        for e in found
    ]
    columns = ["name", "algorithm", "provider", "devices", "precisions", "error bound"]
    console.print_table("Implementations", columns, rows, left=range(len(columns)))
