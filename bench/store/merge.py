"""Merges runs of like machines into one: each case comes whole from one run, and the same line counts once.

Merging again changes nothing, and further runs can be merged into a merged one. Rows do not say on which machine they
were measured, so runs of unlike machines are refused.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.errors import InfrastructureError, UsageError
from bench.store import files, journal, lock, runs, tables
from bench.store.run_json import LINES, RUN_ID, read_meta, require_same_schema
from bench.store.stored import LinePlace, LineSource
from bench.store.together import begun, with_run
from bench.store.visits import damaged

# What a merged run has in run.json: the identities, folders and hosts of the runs in it.
MERGED_FROM = "merged_from"
# What a row rests on; hosts of one kind differ in their names.
_SAME = ("cpu", "gpu", "threads", "convcost", "torch", "numba", "numpy")
_BUFFER_BYTES, _KEPT_AT_ONCE_BYTES = 2**20, 2**26

# By case, where its records lie.
_Cases = dict[str, list[tuple[LineSource, LinePlace]]]


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
    meta = _meta(sources, metas, known)
    is_finished, is_new = _is_finished(metas, known), not to.exists()
    try:
        to.mkdir(parents=True, exist_ok=True)
        with lock.held(to):
            cases, before = _replace_journal(to, sources, meta[RUN_ID], is_closed=is_finished, is_known=bool(known))
            records = sum(map(len, cases.values()))
            last = max((str(one.get(runs.FINISHED, "")) for one in metas), default="")
            runs.write_meta(to, {**meta, **({LINES: records, runs.FINISHED: last} if is_finished else {})})
            if records != before:
                # Whoever needs tables makes them again: they take longer than all else.
                tables.remove(to)
    except OSError as error:
        raise InfrastructureError(f"{to} cannot be written: {error}") from error
    finally:
        if is_new:
            # After an error it is empty.
            with suppress(OSError):
                to.rmdir()
    return Merged(to, len(cases), records, records - before, is_finished)


def _replace_journal(
    to: Path, sources: Sequence[Path], run_id: str, *, is_closed: bool, is_known: bool
) -> tuple[_Cases, int]:
    """Write the records of all sources as the journal of `to`; where they lie, and how many of them were there.

    Raises UsageError for a case with different records in two runs.
    """
    cases: _Cases = {}
    before = 0
    with files.replaced(to / journal.FILE_NAME) as temporary:
        with temporary.open("wb", _BUFFER_BYTES) as file:
            bodies = (body for folder in sources for body in _new(folder, cases))
            waiting_bytes = kept = 0
            for line in journal.of_bodies(bodies, run_id, is_closed=is_closed):
                waiting_bytes += file.write(line)
                if waiting_bytes >= _KEPT_AT_ONCE_BYTES:
                    kept, waiting_bytes = files.begin_to_keep(file, kept), 0
        if is_known:
            before = sum(1 for places in cases.values() for source, _ in places if source.folder == to)
            runs.reopen(to)
    return cases, before


def _new(folder: Path, cases: _Cases) -> Iterator[bytes]:
    """The records of a run that no run before has, as they are written; `cases` is filled with their places.

    A run that went on since has more of a case, after the same ones. Raises UsageError for other ones.
    """
    source, met = LineSource.of(folder), Counter[str]()
    for place, line in source.placed_ahead():
        try:
            key = line.key
        except ValueError as error:
            raise damaged(folder, place.number, error) from error
        if not key:
            continue
        known = cases.setdefault(key, [])
        at, met[key] = met[key], met[key] + 1
        if at == len(known):
            known.append((source, place))
            yield line.body
            continue
        before, same = known[at]
        if before.line(same).body != line.body:
            raise UsageError(
                f"{key} was measured in {before.folder} and in {folder}: a case must come whole from one run; "
                "leave one of them out"
            )


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


def _meta(
    sources: Sequence[Path], metas: Sequence[Mapping[str, Any]], known: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The run.json of the merged run: that of the first run, with the times, joules and ceilings of all of them."""
    origins: list[dict[str, Any]] = list(known[MERGED_FROM]) if known else []
    found = {name: value for name, value in known.items() if name not in (LINES, runs.FINISHED)} if known else None
    for folder, meta in zip(sources, metas, strict=True):
        seen = {origin[RUN_ID] for origin in origins}
        new = [origin for origin in _origins(folder, meta) if origin[RUN_ID] not in seen]
        origins += new
        if new:
            hosts = [str(origin["host"]) for origin in origins if origin.get("host")]
            found = with_run(begun(metas[0]) if found is None else found, meta, hosts)
    identity = known[RUN_ID] if known else secrets.token_hex(16)
    return {**(found or begun(metas[0])), RUN_ID: identity, MERGED_FROM: origins}


def _origins(folder: Path, meta: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The runs in a run: those that were merged into it, else itself."""
    host = meta.get("environment", {}).get("host")
    return list(meta.get(MERGED_FROM) or [{RUN_ID: meta.get(RUN_ID), "folder": folder.resolve().name, "host": host}])
