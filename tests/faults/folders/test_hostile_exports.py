"""Exports of runs whose hosts and names are paths, options or lines: nothing outside of the place asked for."""

from __future__ import annotations

import copy
import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

from bench.networks.pasted.formats import read_line
from bench.store.export.formats import FORMATS
from tests.faults.conftest import Tried
from tests.faults.folders.conftest import Command, files_below
from tests.faults.inputs import forged

_NAMES = (
    "../../private/escaped", "..", "/tmp/../{world}/private/escaped", "a/b", "x\nperf,cpu,evil", "x\",--mode=R\r\n'",
    "--batch=/etc/passwd", "%2e%2e/x", "a" * 5_000, "\x00", "con", ".",
)  # fmt: skip


def _named(name: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A run whose host, versions, implementation and layers have a name."""
    meta, lines = forged.meta(), copy.deepcopy(forged.few_rows())
    meta["name"] = name
    meta["environment"] |= dict.fromkeys(("host", "cpu", "os", "python", "convcost", "torch", "commit"), name)
    row = lines[0]["rows"][0]
    # A row names its samples by its implementation as it is read.
    lines[0]["samples"][forged.as_read(name)] = lines[0]["samples"].pop(row["implementation"])
    row |= {"implementation": name, "provider": name, "algorithm": name}
    row["layers"] = [{"layer_set": name, "layer": name, "count": 1}]
    return meta, lines


@pytest.mark.parametrize("format_name", FORMATS)
def test_an_export_writes_only_where_it_was_asked_to(
    world: Path, command: Command, tried: Tried, format_name: str
) -> None:
    before = files_below(world.parent, "world/results/", "world/out/")
    more = ("--commit", "a" * 40) if format_name == "asv" else ()
    for name in (name.format(world=str(world).strip("/")) for name in _NAMES):
        shutil.rmtree(world / "out", ignore_errors=True)
        forged.folder(world / "results" / "run", *_named(name))
        tried(f"folder: names in {format_name}")
        done = command("export", "results/run", "--to", format_name, "--output", "out/made", *more)
        assert (done.code, "Traceback" in done.err) == (0, False), done.err
        assert files_below(world.parent, "world/results/", "world/out/") == before, name
        assert [path.name for path in (world / "out").iterdir()] == ["made"]
        if format_name == "benchdnn":
            _require_lines((world / "out" / "made").read_text(encoding="utf-8"))
        elif format_name == "pyperf":
            suite = json.loads((world / "out" / "made").read_text(encoding="utf-8"))
            assert len(suite["benchmarks"]) == 2


def _require_lines(text: str) -> None:
    """Two rows make two lines. Each line, pasted, is one problem."""
    _, *lines = text.split("\n")[:-1]
    assert len(lines) == 2
    for line in lines:
        assert line.startswith("perf,cpu,")
        problem = line[line.index("--mode=P") :].rpartition('"')[0] + '"' if '"' in line else line.split(",")[4]
        pasted = read_line("benchdnn " + shlex.join(problem.split(" ")))
        assert pasted is not None
        assert len(pasted.layers) == 1
