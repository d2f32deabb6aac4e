"""`convcost impls`: what there is to measure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import terminal
from impls import get, load_file, registry


def entries(device: str | None, load: Sequence[Path]) -> list[dict[str, Any]]:
    """One mapping an implementation. Raises impls.ConvError for an unknown device or a plug-in that does not load."""
    for path in load:
        load_file(path)
    found = []
    for name in registry.names(device):
        implementation = get(name)
        found.append(
            {
                "name": name,
                "algorithm": implementation.algorithm,
                "provider": implementation.provider,
                "devices": list(implementation.devices),
                "precisions": list(implementation.precisions),
                "bounds": list(implementation.bounds),
            }
        )
    return found


def show(found: Sequence[dict[str, Any]]) -> None:
    """A table, one line an implementation."""
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
    terminal.print_table("Implementations", columns, rows, left=range(len(columns)))
