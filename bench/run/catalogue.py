"""The list of implementations, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from impls import get, load_file, registry


def entries(device: str | None, load: Sequence[Path]) -> list[dict[str, Any]]:
    """One mapping for each implementation. Raises impls.ConvError for an unknown device or a bad plug-in."""
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
