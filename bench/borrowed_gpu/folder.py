"""Packs the results of a session into one folder: at most eight files of at most 16 MiB each."""

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
    """Write the folder from the results of the finished steps; return a sentence for each missing or too large file.

    visit.json (how each step ended, doctor, calibration), validation.json, qualification.json, kernels.json (one entry
    per class), run.json and journal.jsonl of the sweep.
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
            # A file of an earlier session does not belong to this one.
            (folder / name).unlink(missing_ok=True)
            complaints.append(f"{name} is missing: its step failed or did not run")
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
    """The JSON that a command printed; None if there is none or it is invalid (NaN, infinity)."""
    try:
        return json.loads(file.read_text(encoding="utf-8"), parse_constant=_refuse)
    except (OSError, ValueError):
        return None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not valid JSON")


def _too_much(folder: Path) -> list[str]:
    files = sorted(folder.iterdir())
    large = [f"{f.name} has {f.stat().st_size} bytes; allowed: {MOST_BYTES}" for f in files
             if f.stat().st_size > MOST_BYTES]  # fmt: skip
    many = [f"{len(files)} files; allowed: {MOST_FILES}"] if len(files) > MOST_FILES else []
    return large + many
