"""Shows which implementations, under which settings, no other one beats in time and measured joules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bench import format
from bench.report.document.blocks import Block, Cell, Gallery, Heading, Prose, Section, table
from bench.report.drawing import front as drawing
from bench.report.findings.fronts import EnergyFront, FrontPoint, front_of, label
from bench.report.findings.joules import EnergyKind
from bench.report.findings.results import Group, Result
from bench.report.sections.cells import interval, names
from bench.report.sections.study import Study
from bench.rows.front import FrontPlace
from bench.rows.standing import mostly_noisy
from bench.tuning.value import Tuning

_TITLE = "Energy against time: the Pareto front"
_HOW_TO_READ = (
    "On the front is what no other one beats in both time and joules: to save more joules takes more time there. "
    "Behind it is what another one beats in both, by intervals that do not overlap; where they do, it is undecided. "
    "Settings of clock and power are compared here alone: in rankings each has its own group. Only measured joules "
    "count."
)
_HEAD = ("implementation", "settings", "time", "joules", "place")


def sections(study: Study) -> Iterator[Section]:
    """One section on the central case of each group; none without measured joules of two points."""
    found = fronts(study)
    if not found:
        return
    blocks: list[Block] = [Prose(_HOW_TO_READ)]
    for one in found:
        blocks += [Heading(_where(one)), Gallery((drawing.panel(one, study.marks),)), _table(one)]
        if one.lost:
            left_out = format.count(one.lost, "figure")
            blocks.append(Prose(f"{left_out} by this meter left out: joules that are lost in noise have no place."))
    yield Section("front", _TITLE, tuple(map(_answer, found)), tuple(blocks))


def fronts(study: Study) -> tuple[EnergyFront, ...]:
    """The front of the central case of each group, under all settings; none where most times are noisy."""
    found: list[EnergyFront] = []
    without_settings = dict.fromkeys(replace(group, tuning=Tuning()) for group in study.groups)
    for group in without_settings:
        descriptor = _central(study, group)
        one = None if descriptor is None else front_of(study.rankings, descriptor, group, study.energy_of)
        if one is not None and not mostly_noisy(point.result for point in one.points):
            found.append(one)
    return tuple(found)


def short(study: Study) -> tuple[str, ...]:
    """The answers for the top of the page: only of runs with several settings."""
    several = (one for one in fronts(study) if len({point.tuning for point in one.points}) > 1)
    return tuple(map(_answer, several))


def _central(study: Study, group: Group) -> str | None:
    """The central case with measured joules, by the first setting that has one."""
    for own in study.groups:
        if replace(own, tuning=Tuning()) == group:
            central = study.central_with(own, EnergyKind.MEASURED)
            if central is not None:
                return central.order[0].descriptor
    return None


def _where(found: EnergyFront) -> str:
    return f"{found.descriptor} on {found.group.label}, {found.quantity} joules ({found.source.label})"


def _answer(found: EnergyFront) -> str:
    """The two ends of the front in a sentence."""
    front, where = found.front, f"{found.descriptor} on {found.group.label}"
    first, last = front[0], front[-1]
    if len(front) == 1:
        return f"{first.label} takes the least time and the fewest joules of {where}: {_costs(first)}."
    saved = format.ratio(first.joules.value_j / last.joules.value_j)
    longer = format.ratio(last.time.value_s / first.time.value_s)
    return (
        f"On the front of {where}: {names(point.label for point in front)}. From the fastest ({_costs(first)}) to the "
        f"most thrifty ({_costs(last)}) the joules fall {saved} and the time grows {longer}."
    )


def _costs(point: FrontPoint) -> str:
    return f"{format.time(point.time)}, {format.joules(point.joules.value_j, point.joules.u95_j)}"


def _table(found: EnergyFront) -> Block:
    rows: list[tuple[Cell | str, ...]] = [
        (
            Cell(point.result.implementation, look="best" if point.place is FrontPlace.ON else ""),
            point.tuning.label or format.MISSING,
            Cell(format.time(point.time), interval(point.result, point.time)),
            format.joules(point.joules.value_j, point.joules.u95_j),
            _place(point),
        )
        for point in found.points
    ]
    return table(_HEAD, "llrrl", rows)


def _place(point: FrontPoint) -> Cell:
    match point.place, point.beaten_by:
        case FrontPlace.BEHIND, Result() as better:
            return Cell(f"behind {label(better)}")
        case FrontPlace.OPEN, Result() as better:
            return Cell(point.place, f"behind {label(better)} by its values, not by its intervals", "muted")
        case _:
            return Cell(point.place)
