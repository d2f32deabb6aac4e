"""The formats of `convcost export`, by name. To add one: a module with `write`, and one line here."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.errors import InfrastructureError, UsageError
from bench.store.export import content
from bench.store.export.content import Exported


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A format: the ending of its file or folder, and whether it needs the commit of a repository.

    Its module has the format's name and a function `write(content, to)`, which makes the file or folder `to`; with
    `has_commit` it also takes `commit`.
    """

    ending: str
    has_commit: bool = False


FORMATS: Mapping[str, ExportFormat] = {
    "csv": ExportFormat("-csv"),
    "json": ExportFormat(".json"),
    "parquet": ExportFormat("-parquet"),
    "pyperf": ExportFormat(".pyperf.json"),
    "asv": ExportFormat("-asv", has_commit=True),
    "benchdnn": ExportFormat(".benchdnn.txt"),
}


def export(run: Path, name: str, output: Path | None = None, commit: str | None = None) -> Exported:
    """Write a run in a format to `output`, by default a file or folder here that is named after the run.

    Raises UsageError for an unknown format, a place that exists, a commit that the format has no use for, a folder that
    is not a run and a run without what the format holds; InfrastructureError for damage and where nothing can be
    written.
    """
    wanted = FORMATS.get(name)
    if wanted is None:
        raise UsageError(f"--to is {name!r}; allowed: {', '.join(FORMATS)}")
    if commit is not None and not wanted.has_commit:
        raise UsageError(f"--commit has no meaning for {name}; leave it out, or use --to asv")
    found = content.read(run)
    to = Path(found.name + wanted.ending) if output is None else output
    content.require_new(to)
    more = {"commit": commit} if wanted.has_commit else {}
    write: Callable[..., Exported] = importlib.import_module(f"{__package__}.{name}").write
    try:
        return write(found, to, **more)
    except OSError as error:
        raise InfrastructureError(f"{to} cannot be written: {error}") from error
