"""The files that a run was begun from: their contents in run.json, so that a resumed run notices what has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.errors import InfrastructureError, UsageError
from bench.store import runs
from bench.sweep.config import Config

ENTRY = "sources"
# A longer file is known by its hash alone.
_LONGEST_BYTES = 1_000_000


def sources_of(config: Config, load: Sequence[Path]) -> list[dict[str, Any]]:
    """The files of layers, included sweeps and plug-ins of a job: kind, whole path, hash and text of each."""
    whole = config.with_whole_paths()
    named = [("layers", name) for name in whole.layers] + [("include", name) for name in whole.include]
    named += [("load", str(path.resolve())) for path in load]
    # Names of built-in sweeps and layer sets, and pasted text, are no files.
    return [_source(kind, Path(name)) for kind, name in named if Path(name).is_absolute() and _is_file(Path(name))]


def require_unchanged(folder: Path, *, accepts: bool) -> None:
    """Raise UsageError if a file that a run was begun from has changed or is gone, unless the user accepts it."""
    changed = [f"{source['path']} ({why})" for source in _known(folder) if (why := _change(source))]
    if changed and not accepts:
        raise UsageError(
            f"{folder} was begun with other files: {', '.join(changed)}; put them back (run.json has their text), or "
            "mix both: --accept-changes"
        )


def require_trusted(folder: Path, load: Iterable[Path], *, trusts: bool) -> None:
    """Raise UsageError if a run has plug-ins that the user has not given again: run.json alone starts no Python."""
    try:
        named = [str(path) for path in runs.read_meta(folder).get("settings", {}).get("load", ())]
    except (AttributeError, TypeError) as error:
        raise InfrastructureError(f"{folder / runs.META_NAME} is damaged: {error!r}") from error
    given = {str(path.resolve()) for path in load}
    if unknown := sorted(given.difference(named)):
        raise UsageError(f"{folder} was begun without {', '.join(unknown)}; leave out --load, or start a new sweep")
    if not trusts and (missing := [path for path in named if path not in given]):
        again = " ".join(f"--load {path}" for path in missing)
        raise UsageError(f"{folder} runs Python of {', '.join(missing)}; if you trust it: {again}, or --trust")


def _source(kind: str, path: Path) -> dict[str, Any]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    text = content.decode("utf-8", errors="replace") if len(content) <= _LONGEST_BYTES else None
    return {"kind": kind, "path": str(path), "sha256": hashlib.sha256(content).hexdigest(), "text": text}


def _known(folder: Path) -> list[Mapping[str, Any]]:
    """The files of a run; none are known of runs up to schema 2.4. Raises InfrastructureError for damage."""
    found = runs.read_meta(folder).get(ENTRY, [])
    if not isinstance(found, list) or not all(isinstance(s, dict) and s.keys() >= {"path", "sha256"} for s in found):
        raise InfrastructureError(f"{folder / runs.META_NAME} is damaged: its {ENTRY} are no files")
    return found


def _change(source: Mapping[str, Any]) -> str | None:
    path = Path(str(source["path"]))
    if not _is_file(path):
        return "it is gone"
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return f"it cannot be read: {error}"
    return None if digest == source["sha256"] else "it has changed"


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        # Pasted text is longer than a name may be.
        return False
