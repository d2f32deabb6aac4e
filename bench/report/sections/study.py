"""Prepares the findings of a run once, for all sections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar

from bench.calibration.value import Calibration, find
from bench.report.drawing.marks import BUILT_IN, Mark, marks_for
from bench.report.findings import joules
from bench.report.findings.cases import Axis, axes_of
from bench.report.findings.contents import ContentFinding, contents_of
from bench.report.findings.interference import Interference, interference_of
from bench.report.findings.joules import EnergyKind, RowEnergy
from bench.report.findings.networks import Network, networks_of
from bench.report.findings.ranking import Ranking, central, rank
from bench.report.findings.results import GIGA, Group, Result, groups, implementations, read
from bench.rows.standing import mostly_noisy

if TYPE_CHECKING:
    from bench.store.runs import Run


# Without slots, so that what a page asks for a hundred times is found once.
@dataclass(frozen=True)
class Study:
    """A run's results with their axes, rankings, networks, marks, joules, costs by content and interference."""

    meta: Mapping[str, Any]
    results: tuple[Result, ...]
    axes: tuple[Axis, ...]
    groups: tuple[Group, ...]
    rankings: tuple[Ranking, ...]
    networks: tuple[Network, ...]
    marks: Mapping[str, Mark]
    energy: Mapping[joules.Key, RowEnergy]
    contents: tuple[ContentFinding, ...] = ()
    interference: Interference | None = None

    @classmethod
    def of(cls, run: Run) -> Study:
        results = _in_order(read(run.measurements))
        energy = joules.read(run.energy)
        return cls(
            meta=run.meta,
            results=results,
            axes=axes_of(run.meta, results),
            groups=groups(results),
            rankings=rank(results),
            networks=networks_of(results),
            marks=marks_for(implementations(results)),
            energy=energy,
            contents=contents_of(results, run.pieces, partial(_energy_of, energy)),
            interference=interference_of(run.pieces),
        )

    @property
    def environment(self) -> Mapping[str, Any]:
        return self.meta.get("environment") or {}

    @property
    def has_one_process(self) -> bool:
        """Whether only one process measured: its intervals know nothing of others."""
        return (self.meta.get("configuration") or {}).get("processes") == 1

    @cached_property
    def has_one_group(self) -> bool:
        """Whether all results share their conditions, which are then said once, on the first screen."""
        return len({ranking.group for ranking in self.rankings}) < 2

    def before(self, group: Group, mark: str = ":") -> str:
        """The conditions before a sentence, as in "cpu · fp32 · nchw: "; empty where the run has only these."""
        return "" if self.has_one_group else f"{group.label}{mark} "

    def on(self, group: Group) -> str:
        """The conditions within a sentence, as in " on cpu · fp32 · nchw"; empty where the run has only these."""
        return "" if self.has_one_group else f" on {group.label}"

    def said_of(self, group: Group, text: str) -> str:
        """A sentence that begins in small letters: after its conditions, or with a capital."""
        start = self.before(group)
        return f"{start}{text}" if start else f"{text[0].upper()}{text[1:]}"

    def titled(self, title: str, group: Group) -> str:
        """The title of a figure, with the conditions where the run has several."""
        return title if self.has_one_group else f"{title}, {group.label}"

    def timed(self, group: Group) -> list[Result]:
        return self._timed_by_group.get(group, [])

    @cached_property
    def _timed_by_group(self) -> Mapping[Group, list[Result]]:
        return _by_group(result for result in self.results if result.time)

    def is_busy(self, group: Group) -> bool:
        """Whether most times of a group are noisy: then nothing is summed up over its cases."""
        return group in self._busy_groups

    @cached_property
    def _busy_groups(self) -> frozenset[Group]:
        return frozenset(group for group, timed in self._timed_by_group.items() if mostly_noisy(timed))

    @property
    def busy(self) -> tuple[Group, ...]:
        """The groups with mostly noisy times."""
        return tuple(group for group in self.groups if self.is_busy(group))

    def quiet(self) -> Study:
        """The study of those groups whose times are mostly undisturbed, for statements over many cases."""
        groups = tuple(group for group in self.groups if not self.is_busy(group))
        return replace(self, groups=groups, networks=tuple(n for n in self.networks if n.group in groups))

    def peak_gflops(self, group: Group) -> float | None:
        """The highest measured rate of arithmetic in the precision of a group; None if it was not measured."""
        known = tuple(map(Calibration.from_dict, self.meta.get("calibration") or ()))
        found = find(known, group.device, group.threads, group.tuning.key)
        peak = found.peak(group.precision) if found else None
        return peak.flops_per_s / GIGA if peak else None

    def ranked(self, group: Group) -> tuple[Ranking, ...]:
        return self._ranked_by_group.get(group, ())

    @cached_property
    def _ranked_by_group(self) -> Mapping[Group, tuple[Ranking, ...]]:
        return {group: tuple(ranked) for group, ranked in _by_group(self.rankings).items()}

    def energy_of(self, result: Result) -> RowEnergy:
        """The joules of a row; not recorded if the run has no line for it."""
        return _energy_of(self.energy, result)

    def central_with(self, group: Group, kind: EnergyKind) -> Ranking | None:
        """The central case of a group among those with a row whose energy is of this kind; None without any."""
        ranked = self.ranked(group)
        return central((r for r in ranked if any(self.energy_of(t).kind is kind for t in r.timed)), self.axes)


_Grouped = TypeVar("_Grouped", Result, Ranking)


def _by_group(found: Iterable[_Grouped]) -> dict[Group, list[_Grouped]]:
    each: dict[Group, list[_Grouped]] = {}
    for one in found:
        each.setdefault(one.group, []).append(one)
    return each


def _in_order(results: tuple[Result, ...]) -> tuple[Result, ...]:
    """Cases in the order measured; within a case, implementations in the order of every legend: built-in ones first."""
    case = {key: i for i, key in enumerate(dict.fromkeys((r.group, r.case_key) for r in results))}
    known = {name: i for i, name in enumerate(BUILT_IN)}

    def place(result: Result) -> tuple[int, int, str]:
        name = result.implementation
        return case[(result.group, result.case_key)], known.get(name, len(known)), name

    return tuple(sorted(results, key=place))


def _energy_of(energy: Mapping[joules.Key, RowEnergy], result: Result) -> RowEnergy:
    return energy.get((result.group.device, result.case_key, result.implementation), RowEnergy())
