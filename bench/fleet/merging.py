"""Brings the run folders of shards together: one run folder for each kind of machine.

A shard is added whole as soon as it is back, and once: a reply that was late may come twice. Each case is of one shard.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from bench.errors import InfrastructureError
from bench.fleet.kinds import differing
from bench.fleet.plan import KindPlan, Shard
from bench.store import journal, runs, visits
from bench.store.run_json import RUN_ID
from bench.store.together import begun, with_run


class KindRun:
    """The run folder of one kind of machine, made when its first shard is back; None until then."""

    def __init__(self, kind: KindPlan, results: Path) -> None:
        self.kind = kind
        self.folder: Path | None = None
        self._results = results

    def require_fit(self, shard: Shard, shard_run: Path, host: str) -> None:
        """Raise InfrastructureError for a shard's run that is damaged, of another machine, or without a case."""
        meta = runs.read_meta(shard_run)
        expected = self.kind.environment if self.folder is None else runs.read_meta(self.folder)["environment"]
        if unlike := differing(expected, meta["environment"]):
            raise InfrastructureError(f"{host} is no machine of this kind any more: {unlike}")
        visited = visits.read(shard_run)
        if missing := [key for key in shard.keys if key not in visited]:
            raise InfrastructureError(f"{host} sent no result of {missing[0]}")
        if other := [key for line in journal.proven(shard_run) if (key := line.key) and key not in shard.keys]:
            raise InfrastructureError(f"{host} sent a result of {other[0]}, which is not of its shard")

    def add(self, shard: Shard, shard_run: Path, host: str) -> None:
        """Add a shard's run, one that fits, unless it was added. Raises InfrastructureError if nothing can be written.

        No other shard has a case of it: its records are copied as they are.
        """
        meta = runs.read_meta(shard_run)
        if self.folder is None:
            self.folder = runs.create(self._results, str(meta["name"]), _first(meta))
        known = runs.read_meta(self.folder)
        if any(one["number"] == shard.number for one in known["fleet"]["shards"]):
            return
        journal.extend(self.folder, (line.body for line in journal.proven(shard_run) if not line.is_closing))
        runs.add_to_meta(self.folder, _with_shard(known, meta, shard, host))

    def finish(self, lost: Mapping[str, str], engine: str) -> None:
        """Write what was not measured, by key with the reason, and the tables; with nothing lost the run is finished.

        Raises InfrastructureError if the folder cannot be written.
        """
        if self.folder is None:
            return
        known = runs.read_meta(self.folder)["fleet"]
        entries = {"fleet": {**known, "executor": engine, "not_measured": dict(lost)}}
        if lost:
            runs.add_to_meta(self.folder, entries)
        else:
            runs.finish(self.folder, entries)
        runs.write_tables_of(self.folder)


def unpack(files: Mapping[str, bytes], folder: Path) -> Path:
    """Write a shard's files into a new folder and return that of its run.

    Raises InfrastructureError for files that are no run, or whose paths leave the folder.
    """
    for name, content in files.items():
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise InfrastructureError(f"a shard sent a file with the path {name!r}")
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    found = list(folder.glob(f"*/*/{runs.META_NAME}"))
    if len(found) != 1:
        raise InfrastructureError("a shard sent no run")
    return found[0].parent


def _first(meta: Mapping[str, Any]) -> dict[str, Any]:
    """What the run of a kind takes from its first shard: all but its identity, its own times and ceilings."""
    own = ("schema_version", "created_utc", RUN_ID)
    return {name: value for name, value in begun(meta).items() if name not in own} | {"fleet": {"shards": []}}


def _with_shard(meta: dict[str, Any], added: Mapping[str, Any], shard: Shard, host: str) -> dict[str, Any]:
    """The description of a run with one more shard; machine time is the sum over shards."""
    told = {
        "number": shard.number,
        "host": host,
        "keys": list(shard.keys),
        "wall_s": added.get("wall_s"),
        "environment": added["environment"],
    }
    every = [*meta["fleet"]["shards"], told]
    return with_run(meta, added, [one["host"] for one in every]) | {
        # The budget of the whole: each shard had a share of it.
        "configuration": {**meta["configuration"], "budget_s": shard.order.configuration.get("budget_s")},
        "fleet": {**meta["fleet"], "shards": every},
    }
