"""One run that is nested without end does not disturb commands that look for runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.store import journal
from tests.faults.conftest import Tried
from tests.faults.folders.conftest import Command
from tests.faults.inputs import forged

_LEVELS = (50, 900, 980, 990, 1_000, 100_000)


@pytest.mark.parametrize("name", ["run.json", journal.FILE_NAME])
def test_deep_nesting_costs_its_own_run(world: Path, command: Command, tried: Tried, name: str) -> None:
    folder, meta = world / "results" / "deep", {**forged.meta(), "created_utc": "2020-01-01T00:00:00Z"}
    for levels in _LEVELS:
        deep = "[" * levels + "]" * levels
        forged.folder(folder, meta, [])
        if name == "run.json":
            (folder / name).write_text(f'{json.dumps(meta)[:-1]}, "deep": {deep}}}')
        else:
            (folder / name).write_text(f'{{"after":"{"0" * 64}","sha256":"{"0" * 64}","record":{{"key":{deep}}}}}\n')
        for code, words in (
            (0, ("results", "list")),
            (3, ("results", "check")),
            (0, ("results", "show")),
            (2, ("history",)),
            (3, ("report", "results/deep")),
            (3, ("compare", "results/run", "results/deep")),
        ):
            tried(f"nesting: {name}")
            done = command(*words)
            assert (done.code, "Traceback" in done.err) == (code, False), (levels, words, done.err)
    tried(f"nesting: {name}")
    done = command("report")
    assert (done.code, "deep" in done.out) == (0, False), done.err
