"""Merges runs of like machines into one: each case comes whole from one run, and the same line counts once.

Merging again changes nothing, and further runs can be merged into a merged one. Rows do not say on which machine they
were measured, so runs of unlike machines are refused.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.errors import InfrastructureError, UsageError
from bench.store import files, journal, lines, lock, runs
from bench.store.lines import CLOSED, START
from bench.store.run_json import LINES, RUN_ID, read_meta, require_same_schema

# What a merged run has in run.json: the identities, folders and hosts of the runs in it.
MERGED_FROM = "merged_from"
# What a row rests on; hosts of one kind differ in their names.
_SAME = ("cpu", "gpu", "threads", "convcost", "torch", "numba", "numpy")


@dataclass(frozen=True, slots=True)
class Merged:
    """A merged run: its folder, its cases and records, and how many records this merge added."""

    folder: Path
    cases: int
    records: int
    added: int
    is_finished: bool


def merge(folders: Sequence[Path], to: Path) -> Merged:
    """Merge runs into a new folder, or into one that was merged before.

    Raises UsageError for unlike machines, a case that was measured in two runs, and a folder that is another run;
    InfrastructureError for damage and where nothing can be written.
    """
    known = _merged_before(to)
    sources = [*([to] if known else []), *sorted(folders, key=_order)]
    metas = [read_meta(folder) for folder in sources]
    _require_like(sources, metas)
    cases = _cases(sources)
    bodies = [body for of_case in cases.values() for body in of_case]
    before = sum(1 for line in journal.proven(to) if line.key) if known else 0
    meta = _meta(sources, metas, known)
    is_finished = _is_finished(metas, known)
    try:
        to.mkdir(parents=True, exist_ok=True)
        with lock.held(to):
            if known:
                runs.reopen(to)
            _write(to / journal.FILE_NAME, bodies, meta[RUN_ID], is_closed=is_finished)
            last = max((str(one.get(runs.FINISHED, "")) for one in metas), default="")
            runs.write_meta(to, {**meta, **({LINES: len(bodies), runs.FINISHED: last} if is_finished else {})})
            runs.write_tables_of(to)
    except OSError as error:
        raise InfrastructureError(f"{to} cannot be written: {error}") from error
    return Merged(to, len(cases), len(bodies), len(bodies) - before, is_finished)


def _merged_before(to: Path) -> dict[str, Any] | None:
    """The run.json of a folder that was merged before, None for a new folder. Raises UsageError for any other."""
    if not to.exists() or (to.is_dir() and not any(to.iterdir())):
        return None
    if (to / runs.META_NAME).is_file() and MERGED_FROM in (meta := read_meta(to)):
        return meta
    raise UsageError(f"{to} exists and is no merged run; give a new folder with --to")


def _is_finished(metas: Sequence[Mapping[str, Any]], known: Mapping[str, Any] | None) -> bool:
    """Whether all runs are finished, those that were merged before and are not given again included."""
    given = metas[1:] if known else metas
    again = {meta.get(RUN_ID) for meta in given}
    others = [origin for origin in (known or {}).get(MERGED_FROM, ()) if origin[RUN_ID] not in again]
    return all(runs.FINISHED in meta for meta in given) and (not others or runs.FINISHED in (known or {}))


def _order(folder: Path) -> tuple[str, str]:
    """Runs are merged in the order in which they began, in whatever order they are given."""
    require_same_schema(folder)
    meta = read_meta(folder)
    return str(meta.get("created_utc", "")), str(meta.get(RUN_ID, ""))


def _require_like(sources: Sequence[Path], metas: Sequence[Mapping[str, Any]]) -> None:
    first = metas[0].get("environment", {})
    for folder, meta in zip(sources, metas, strict=True):
        for name in _SAME:
            found = meta.get("environment", {}).get(name)
            if found != first.get(name):
                raise UsageError(
                    f"{name} is {first.get(name)!r} in {sources[0]} and {found!r} in {folder}: rows of unlike machines "
                    "cannot be in one run; to set them side by side: convcost compare"
                )


def _cases(sources: Sequence[Path]) -> dict[str, list[bytes]]:
    """By case, its records as they are written. Raises UsageError for a case with different records in two runs."""
    cases: dict[str, list[bytes]] = {}
    places: dict[str, Path] = {}
    for folder in sources:
        own: dict[str, list[bytes]] = {}
        for line in journal.proven(folder):
            if key := line.key:
                own.setdefault(key, []).append(line.body)
        for key, bodies in own.items():
            before = cases.get(key, [])
            # A run that went on since it was merged has more records of a case, after the same ones.
            if bodies[: len(before)] != before[: len(bodies)]:
                raise UsageError(
                    f"{key} was measured in {places[key]} and in {folder}: a case must come whole from one run; "
                    "leave one of them out"
                )
            if len(bodies) > len(before):
                cases[key], places[key] = bodies, folder
    return cases


def _meta(
    sources: Sequence[Path], metas: Sequence[Mapping[str, Any]], known: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The run.json of the merged run: that of the first run, with the times of all of them."""
    origins = list(known[MERGED_FROM]) if known else []
    seen = {origin[RUN_ID] for origin in origins}
    totals = {name: (known or {}).get(name) or 0.0 for name in ("wall_s", "sampling_s")}
    for folder, meta in zip(sources, metas, strict=True):
        if MERGED_FROM in meta or meta.get(RUN_ID) in seen:
            continue
        host = meta.get("environment", {}).get("host")
        origins.append({RUN_ID: meta.get(RUN_ID), "folder": folder.resolve().name, "host": host})
        totals = {name: value + (meta.get(name) or 0.0) for name, value in totals.items()}
    first = {key: value for key, value in metas[0].items() if key not in (LINES, runs.FINISHED, "own_energy")}
    identity = known[RUN_ID] if known else secrets.token_hex(16)
    return {**first, **totals, RUN_ID: identity, MERGED_FROM: origins}


def _write(path: Path, bodies: Sequence[bytes], run_id: str, *, is_closed: bool) -> None:
    last = START
    with files.replaced(path) as temporary, temporary.open("wb") as file:
        for body in bodies:
            line = lines.of_body(body, last, run_id)
            file.write(lines.encoded(line))
            last = line.digest
        if is_closed:
            file.write(lines.encoded(lines.write({CLOSED: len(bodies)}, last, run_id)))
        file.flush()
        os.fsync(file.fileno())
