"""Runs a duet: pairs of worker processes, one of each side, take turns on each case; each side is a run of its own.

A pair of processes visits all cases, as often as the configuration has visits, then the next pair does. At each visit
both sides have the same case, inputs and implementations within seconds of each other, so that a slow phase of the
machine meets both. Which side goes first alternates, so that neither always finds what the other left in the caches.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.compare.duet.sides import DuetSide
from bench.energy.terms import LEFT_OUT, nowhere
from bench.errors import UsageError
from bench.machine.load import LoadWatch
from bench.run.events import VisitEnded
from bench.run.sweep import description, write_down
from bench.run.visit import visit_case
from bench.store import runs
from bench.store.visits import Visited
from bench.sweep.cases import PlannedCase
from bench.sweep.job import Job
from bench.worker.crew import Crew
from bench.worker.protocol import Call

_NAMES = "impls:names"


@dataclass(frozen=True, slots=True)
class DuetFolders:
    """The runs of both sides, the implementations that only one side has, and how long it took.

    `others` is the mean number of processors that other programs used meanwhile; None if the system does not tell.
    """

    a: Path
    b: Path
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    wall_s: float
    others: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "a": str(self.a), "b": str(self.b), "only_a": list(self.only_a), "only_b": list(self.only_b),
            "wall_s": self.wall_s, "others": self.others,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class DuetVisit:
    """Both sides of a case were visited: by which pair of processes and how often before, counted from 1."""

    pair: int
    visit: int
    planned: PlannedCase
    a: VisitEnded
    b: VisitEnded


DuetProgress = Callable[[DuetVisit], None]


@dataclass(slots=True)
class _Player:
    """One side while it is measured: its job, its run's folder once there is one, and the cases so far."""

    side: DuetSide
    job: Job
    folder: Path | None = None
    names: tuple[str, ...] = ()
    visited: dict[str, Visited] = field(default_factory=dict)

    def known(self, planned: PlannedCase) -> Visited:
        return self.visited.get(self.job.key_of(planned), Visited())


def duet(job: Job, sides: tuple[DuetSide, DuetSide], results: Path, progress: DuetProgress) -> DuetFolders:
    """Measure every case on both sides into two new runs, in turns.

    Times alone: neither joules nor ceilings. Raises UsageError if the sides share no implementation of the job, if a
    side refuses its plug-ins, or speaks another protocol; InfrastructureError if a worker cannot start or a folder
    cannot be written.
    """
    if any(tuning.values for tuning in job.tunings):
        raise UsageError("a duet sets no clock or power; leave out axes of clock and power")
    started, watch = time.monotonic(), LoadWatch()
    quiet = replace(job, config=replace(job.config, energy="none", budget_s=None))
    players = [_Player(side, replace(quiet, settings=side.settings(job.settings))) for side in sides]
    for pair in range(job.config.processes):
        for threads, cases in _by_threads(job).items():
            with ExitStack() as stack:
                crews = [stack.enter_context(_crew(player, threads, pair)) for player in players]
                _begin(players, crews, results)
                for visit in range(job.config.visits):
                    for number, planned in enumerate(cases):
                        ended = _in_turns(players, crews, planned, first=(pair + visit + number) % 2)
                        progress(DuetVisit(pair + 1, visit + 1, planned, *ended))
    folders = [_finish(player, time.monotonic() - started) for player in players]
    only = [_only(player, other) for player, other in (players, players[::-1])]
    return DuetFolders(folders[0], folders[1], only[0], only[1], time.monotonic() - started, watch.others())


def _by_threads(job: Job) -> dict[int, list[PlannedCase]]:
    groups: dict[int, list[PlannedCase]] = {}
    for planned in job.cases:
        groups.setdefault(job.threads_of(planned), []).append(planned)
    return groups


def _crew(player: _Player, threads: int, pair: int) -> Crew:
    """One process of a side: the pair's number is that of the process."""
    return Crew(replace(player.job.settings, threads=threads), 1, first=pair)


def _begin(players: Sequence[_Player], crews: Sequence[Crew], results: Path) -> None:
    """Start both processes; with the first ones, make the folders of the runs."""
    for crew in crews:
        # Both import their libraries side by side, before either measures.
        crew.workers[0].launch()
    environments = [crew.start() for crew in crews]
    if players[0].folder is not None:
        return
    for player, crew in zip(players, crews, strict=True):
        player.names = tuple(crew.workers[0].call(Call(_NAMES, {})))
    shared = _shared(players)
    for player, environment in zip(players, environments, strict=True):
        player.job = replace(player.job, implementations=shared)
        player.folder = runs.create(results, _name(player), _meta(player, environment, players))


def _shared(players: Sequence[_Player]) -> tuple[str, ...]:
    """The implementations of the job that both sides have. Raises UsageError if there are none."""
    wanted = players[0].job.implementations
    shared = tuple(name for name in wanted if all(name in player.names for player in players))
    if not shared:
        missing = [f"{player.side.label} has {', '.join(player.names)}" for player in players]
        raise UsageError(f"the sides share none of {', '.join(wanted)}: {'; '.join(missing)}")
    return shared


def _only(player: _Player, other: _Player) -> tuple[str, ...]:
    return tuple(name for name in player.names if name not in other.names)


def _name(player: _Player) -> str:
    return f"{player.job.config.name}-{player.side.letter.lower()}"


def _meta(player: _Player, environment: dict[str, Any], players: Sequence[_Player]) -> dict[str, Any]:
    job, side = player.job, player.side
    terms = nowhere([planned.case.device for planned in job.cases], LEFT_OUT)
    told: Mapping[str, Any] = {
        "side": side.letter,
        "sides": {one.side.letter: one.side.words for one in players},
        "python": side.interpreter.python,
        "variables": dict(side.interpreter.variables),
    }
    return {**description(job, {**environment, "threads": job.settings.threads}, terms), "duet": told}


def _in_turns(
    players: Sequence[_Player], crews: Sequence[Crew], planned: PlannedCase, first: int
) -> tuple[VisitEnded, VisitEnded]:
    """Visit a case on both sides; an implementation that is not ok on one of them is measured on neither."""
    before = [player.known(planned) for player in players]
    names = players[0].job.implementations
    if before[0].count:
        names = tuple(name for name in names if all(name in one.fine for one in before))
    ended: dict[int, VisitEnded] = {}
    for place in (first, 1 - first):
        ended[place] = _visit(players[place], crews[place], planned, names)
    return ended[0], ended[1]


def _visit(player: _Player, crew: Crew, planned: PlannedCase, names: tuple[str, ...]) -> VisitEnded:
    job, before, started = player.job, player.known(planned), time.monotonic()
    if not names:
        return VisitEnded(planned, list(before.rows), before.count)
    rows, added = visit_case(crew, planned, job, names, job.config.max_seconds / job.config.rounds, before)
    spent_s = time.monotonic() - started
    ended = VisitEnded(planned, rows, before.count + 1, added, spent_s, before.count + 1)
    player.visited[job.key_of(planned)] = before.then(rows, added, spent_s)
    assert player.folder is not None, "folders are made when the first processes start"
    write_down(ended, job, player.folder)
    return ended


def _finish(player: _Player, wall_s: float) -> Path:
    """Write the end of a run into its run.json, and its tables."""
    folder = player.folder
    assert folder is not None, "a job has at least one case"
    runs.finish(folder, {"wall_s": wall_s})
    runs.write_tables_of(folder)
    return folder
