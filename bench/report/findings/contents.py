"""Collects what each implementation cost on each content of its tensors: the same layer, group and implementation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bench.energy.flags import EnergyFlag
from bench.estimates.intervals import Interval
from bench.gate.data import DEFAULT
from bench.report.findings.joule_ranking import is_ranked
from bench.report.findings.joules import MeasuredJoules, RowEnergy
from bench.report.findings.results import Group, Result
from bench.rows import contents
from bench.rows.contents import ContentVerdict
from bench.store.schema import Sample
from bench.store.stored import SamplePiece

_Key = tuple[Group, str, str]


@dataclass(frozen=True, slots=True)
class ContentFinding:
    """One implementation on one layer, on several contents: the verdict on its time and on its measured joules.

    `group` has no content. A verdict is None where fewer than two contents have a time, or measured joules by one
    meter; `quantity` is net or gross.
    """

    group: Group
    descriptor: str
    implementation: str
    contents: tuple[str, ...]
    time: ContentVerdict | None
    joules: ContentVerdict | None
    quantity: str = ""


def contents_of(
    results: Sequence[Result], pieces: Iterable[SamplePiece], energy_of: Callable[[Result], RowEnergy]
) -> tuple[ContentFinding, ...]:
    """One finding for each implementation with times on two contents of one layer, in order of appearance.

    An implementation that only chose another is left out: on other contents it has the same choice.
    """
    found: dict[_Key, dict[str, Result]] = {}
    for result in results:
        if result.time is not None and not result.delegate:
            key = replace(result.group, data=""), result.descriptor, result.implementation
            found.setdefault(key, {})[_label(result.group.data)] = result
    several = {key: by_content for key, by_content in found.items() if len(by_content) > 1}
    if not several:
        return ()
    taken = _samples_of(pieces, {r.case_key for by_content in several.values() for r in by_content.values()})
    return tuple(_finding(key, by_content, taken, energy_of) for key, by_content in several.items())


def _label(data: str) -> str:
    """The values of inputs and weights in words, whole paths included: two files of one name are two contents."""
    return data.replace("|", ", ") or DEFAULT


def _samples_of(pieces: Iterable[SamplePiece], keys: set[str]) -> dict[tuple[str, str], list[Sample]]:
    """The samples of some cases by case and implementation; only what ratios need of each."""
    found: dict[tuple[str, str], list[Sample]] = {}
    for key, name, columns in pieces:
        if key in keys:
            size = len(columns["time_s"])
            process, draw = (columns.get(column, (0,) * size) for column in ("process", "draw"))
            found.setdefault((key, name), []).extend(
                Sample(process=int(p), draw=int(d), time_s=float(time_s))
                for p, d, time_s in zip(process, draw, columns["time_s"], strict=True)
            )
    return found


def _finding(
    key: _Key,
    by_content: Mapping[str, Result],
    taken: Mapping[tuple[str, str], Sequence[Sample]],
    energy_of: Callable[[Result], RowEnergy],
) -> ContentFinding:
    group, descriptor, implementation = key
    samples = {content: taken.get((r.case_key, implementation), ()) for content, r in by_content.items()}
    quantity, joules = _joules({content: energy_of(result) for content, result in by_content.items()})
    return ContentFinding(
        group, descriptor, implementation, tuple(by_content), contents.by_time(samples), contents.by_joules(joules),
        quantity,
    )  # fmt: skip


def _joules(energies: Mapping[str, RowEnergy]) -> tuple[str, dict[str, tuple[float, Interval | None]]]:
    """Measured joules by content, of the one source that most contents have: all net, or all gross if one lacks it."""
    figures = [(content, f) for content, energy in energies.items() for f in energy.measured if is_ranked(f)]
    if not figures:
        return "", {}
    # most_common keeps the order of appearance among equals: the meter's first scope.
    ((source, _),) = Counter(figure.source for _, figure in figures).most_common(1)
    own = [(content, figure) for content, figure in figures if figure.source == source]
    is_net = all(figure.net is not None for _, figure in own)
    found = {content: known for content, figure in own if (known := _known(figure, is_net=is_net)) is not None}
    return "net" if is_net else "gross", found


def _known(figure: MeasuredJoules, *, is_net: bool) -> tuple[float, Interval | None] | None:
    """Joules with their interval; what is lost in noise has none."""
    joules = figure.net if is_net else figure.gross
    if joules is None:
        return None
    return joules.value_j, None if EnergyFlag.LOST_IN_NOISE in figure.flags else joules.interval_j
