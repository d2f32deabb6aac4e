"""Folders of runs that somebody else made: nothing outside of them is written, and nothing that they name runs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from bench.store import journal
from tests.faults.conftest import Tried
from tests.faults.folders.conftest import Command, files_below
from tests.faults.inputs import forged

_RUN, _OTHER = "results/run", "results/other"
_PLACES = ("../../private/escaped", "..", "/{world}/private/plugin.py")
_COMMANDS = (
    ("report", _RUN, "--figures", "svg"),
    ("results", "list"),
    ("results", "show", _RUN),
    ("results", "check", _RUN),
    ("results", "repair", _RUN),
    ("results", "merge", _RUN, _OTHER, "--to", "results/both"),
    ("compare", _RUN, _OTHER, "--page", "results/both.html"),
    ("sweep", "--resume", _RUN, "--dry-run"),
    *(("export", _RUN, "--to", name, "--output", f"results/exported-{name}") for name in ("csv", "json", "asv")),
)
_MARK = "private/it-ran"
_PLUGIN = "from pathlib import Path\nPath({mark!r}).write_text('ran')\nIMPLEMENTATIONS = ()\n"
_LINKED = (
    "run.json", journal.FILE_NAME, "writer.lock", "measurements.parquet", "samples.parquet", "energy.parquet",
)  # fmt: skip


def _named(value: Any, place: str) -> Any:
    """The value with each text in it, at any depth, but for times and versions, as a place."""
    if isinstance(value, dict):
        kept = ("schema_version", "created_utc", "finished_utc")
        return {key: one if key in kept else _named(one, place) for key, one in value.items()}
    if isinstance(value, list):
        return [_named(one, place) for one in value]
    return place if isinstance(value, str) else value


def _entries(meta: dict[str, Any], place: str) -> list[dict[str, Any]]:
    """The run.json with one of its entries a place, then with those that name files, then with all texts."""
    one_each = [{**meta, key: _named(value, place)} for key, value in meta.items() if value != _named(value, place)]
    configuration = {**meta["configuration"], "name": place, "layers": [place], "include": [place]}
    sources = [{"kind": "plug-in", "path": place, "sha256": "0", "text": "x"}]
    files = {
        **meta, "name": place, "configuration": configuration, "settings": {**meta["settings"], "load": [place]},
        "sources": sources, "reports": place, "results": place, "folder": place,
    }  # fmt: skip
    named = {**meta, "environment": {**meta["environment"], "host": place, "python": place}}
    # Each alone for one place: every attempt costs a tenth of a second.
    return [*(one_each if place.startswith("/") else ()), files, named, _named(meta, place)]


@pytest.mark.parametrize("number", range(len(_PLACES)))
def test_places_in_run_json_are_not_written(world: Path, command: Command, tried: Tried, number: int) -> None:
    place = _PLACES[number].format(world=str(world).strip("/"))
    (world / "private" / "plugin.py").write_text(_PLUGIN.format(mark=str(world / _MARK)))
    before = files_below(world.parent, "world/results/", "world/reports/")
    for meta in _entries({key: value for key, value in forged.meta().items() if key != "finished_utc"}, place):
        for words in _COMMANDS:
            shutil.rmtree(world / "results" / "run")
            forged.folder(world / "results" / "run", meta, forged.few_rows())
            if words[0] == "report" and (number or meta["configuration"].get("layers") != [place]):
                # A page costs seconds: of the one that names most files.
                continue
            tried("folder: a place in run.json")
            done = command(*words)
            assert "Traceback" not in done.err
            assert files_below(world.parent, "world/results/", "world/reports/") == before, words
            for left in ("both", *(one.name for one in (world / "results").glob("exported-*"))):
                _remove(world / "results" / left)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@pytest.mark.parametrize("kind", ["symbolic", "hard", "to nothing"])
def test_links_in_a_run_are_not_followed(world: Path, command: Command, tried: Tried, kind: str) -> None:
    folder, target = world / _RUN, world / "private" / "target"
    for name in _LINKED:
        forged.folder(folder, forged.meta(), forged.few_rows())
        content = (folder / name).read_bytes() if (folder / name).exists() else b"mine"
        _link(folder / name, target, content, kind)
        for words in (("results", "repair", _RUN), ("report", _RUN), ("sweep", "--resume", _RUN, "--dry-run")):
            if words[0] == "report" and (kind == "hard" or name not in ("samples.parquet", journal.FILE_NAME)):
                # A page costs seconds.
                continue
            tried(f"link: {kind} {name}")
            command(*words)
            assert target.exists() == (kind != "to nothing")
            assert kind == "to nothing" or target.read_bytes() == content, words


def _link(path: Path, target: Path, content: bytes, kind: str) -> None:
    """Put a link of a kind at a path, to a target with this content or to none."""
    path.unlink(missing_ok=True)
    target.unlink(missing_ok=True)
    if kind != "to nothing":
        target.write_bytes(content)
    if kind == "hard":
        path.hardlink_to(target)
    else:
        path.symlink_to(target)


@pytest.mark.parametrize("name", ["run", "run/figures"])
def test_a_link_in_place_of_a_folder_of_a_report_is_refused(
    world: Path, command: Command, tried: Tried, name: str
) -> None:
    tried("link: a folder of a report")
    place = world / "reports" / name
    place.parent.mkdir(parents=True)
    place.symlink_to(world / "private")
    done = command("report", _RUN, "--figures", "svg")
    assert (done.code, "it is a symbolic link" in done.err) == (3, True)
    assert [path.name for path in (world / "private").iterdir()] == ["notes.txt"]
