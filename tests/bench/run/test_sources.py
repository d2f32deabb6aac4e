"""A resumed run keeps its order: changed files are named, and run.json alone starts no Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.run.sources import require_trusted, require_unchanged, sources_of
from bench.store import runs
from bench.sweep.config import Config


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    found = {kind: tmp_path / name for kind, name in (("layers", "a.txt"), ("include", "b.toml"), ("load", "c.py"))}
    for kind, path in found.items():
        path.write_text(kind)
    return found


@pytest.fixture
def run(tmp_path: Path, files: dict[str, Path]) -> Path:
    config = Config("mine", layers=("resnet-50", str(files["layers"])), include=("quick", str(files["include"])))
    meta = {"settings": {"load": [str(files["load"])]}, "sources": sources_of(config, [files["load"]])}
    return runs.create(tmp_path, "mine", meta)


def test_the_text_of_each_file_is_kept(run: Path, files: dict[str, Path]) -> None:
    kept = {source["kind"]: (source["path"], source["text"]) for source in runs.read_meta(run)["sources"]}
    assert kept == {kind: (str(path), kind) for kind, path in files.items()}
    require_unchanged(run, accepts=False)


@pytest.mark.parametrize("kind", ["layers", "include", "load"])
@pytest.mark.parametrize("is_gone", [False, True])
def test_a_changed_file_is_refused_by_name(run: Path, files: dict[str, Path], kind: str, is_gone: bool) -> None:
    files[kind].unlink() if is_gone else files[kind].write_text("other")
    why = "it is gone" if is_gone else "it has changed"
    with pytest.raises(UsageError, match=rf"other files: {files[kind]} \({why}\); put them back .*--accept-changes"):
        require_unchanged(run, accepts=False)
    require_unchanged(run, accepts=True)


def test_a_plug_in_is_given_again_or_trusted(run: Path, files: dict[str, Path]) -> None:
    with pytest.raises(UsageError, match=rf"runs Python of {files['load']}; if you trust it: --load .*, or --trust"):
        require_trusted(run, [], trusts=False)
    require_trusted(run, [files["load"]], trusts=False)
    require_trusted(run, [], trusts=True)
    with pytest.raises(UsageError, match=r"was begun without .*a\.txt; leave out --load"):
        require_trusted(run, [files["load"], files["layers"]], trusts=False)
