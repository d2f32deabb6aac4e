"""A folder like a virtual environment, whose Python only answers the question what it has."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path


def forged(
    folder: Path, *, version: tuple[int, ...] = (3, 12, 1), own: str | None = None, missing: Iterable[str] = ()
) -> Path:
    """An environment whose Python says this about itself."""
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    said = json.dumps({"version": list(version), "own": own, "missing": list(missing)})
    python.write_text(f"#!/bin/sh\necho '{said}'\n")
    python.chmod(0o755)
    return folder
