"""The one folder that a visit leaves: at most eight files, none above 16 MiB."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MOST_FILES = 8
MOST_BYTES = 16 * 2**20
_RUN_FILES = ("run.json", "journal.jsonl")
_PRINTED = ("doctor", "calibration", "validation", "qualification")
_KERNELS = "kernels-"


def pack(work: Path, folder: Path, states: Sequence[dict[str, Any]]) -> list[str]:
    """Write the folder from what the steps left so far, and return what is missing or too large, in words.

    visit.json (how each step ended, doctor, calibration), validation.json, qualification.json, kernels.json (a part for
    each class), run.json and journal.jsonl of the sweep.
    """
    folder.mkdir(parents=True, exist_ok=True)
    printed = {name: read_json(work / f"{name}.json") for name in _PRINTED}
    visit = {"steps": list(states), "doctor": printed["doctor"], "calibration": printed["calibration"]}
    parts = {
        "visit.json": visit,
        "validation.json": printed["validation"],
        "qualification.json": printed["qualification"],
        "kernels.json": [read_json(file) for file in sorted(work.glob(f"{_KERNELS}*.json"))] or None,
    }
    complaints = []
    for name, content in parts.items():
        if content is None:
            # What an earlier visit left there is not of this one.
            (folder / name).unlink(missing_ok=True)
            complaints.append(f"{name} is missing: its step has not ended well")
        else:
            (folder / name).write_text(json.dumps(content, allow_nan=False) + "\n", encoding="utf-8")
    runs = sorted((work / "runs").glob("*/run.json"))
    for name in _RUN_FILES:
        if runs and (runs[-1].parent / name).is_file():
            shutil.copyfile(runs[-1].parent / name, folder / name)
        else:
            (folder / name).unlink(missing_ok=True)
            complaints.append(f"{name} is missing: no case of the sweep was finished")
    return [*complaints, *_too_much(folder)]


def read_json(file: Path) -> Any:
    """What a command printed as JSON; None where it did not come so far, or what it printed is none (NaN, infinity)."""
    try:
        return json.loads(file.read_text(encoding="utf-8"), parse_constant=_refuse)
    except (OSError, ValueError):
        return None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _too_much(folder: Path) -> list[str]:
    files = sorted(folder.iterdir())
    large = [f"{f.name} has {f.stat().st_size} bytes; allowed: {MOST_BYTES}" for f in files
             if f.stat().st_size > MOST_BYTES]  # fmt: skip
    many = [f"{len(files)} files; allowed: {MOST_FILES}"] if len(files) > MOST_FILES else []
    return large + many
