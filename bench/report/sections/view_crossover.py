"""The crossover map: who is fastest over any two axes of a product sweep."""

from __future__ import annotations

from bench import format
from bench.report.document.blocks import Gallery, Prose, Section
from bench.report.drawing import crossover_map
from bench.report.findings.cases import Axis
from bench.report.findings.crossover import CrossoverMap, maps
from bench.report.sections.cells import names
from bench.report.sections.study import Study
from bench.rows.ranking import Verdict

_HOW_TO_READ = (
    "A cell has the colour and the name of the implementation that is clearly fastest, and the runner-up's time over "
    "its own. Ties are hatched; a dotted cell with a question mark is undecided; a dash was not timed. "
    "A map of many cells has small ones, with colours and a legend alone."
)


def sections(study: Study) -> tuple[Section, ...]:
    """One section; none unless two axes of a group that is not busy were measured as a grid."""
    found = [
        one
        for group in study.groups
        if not study.is_busy(group)
        for one in maps(study.axes, study.rankings, group)
    ]  # fmt: skip
    if not found:
        return ()
    images = tuple(crossover_map.panel(one, study.marks, study.titled(_title(one), one.group)) for one in found)
    answers = tuple(study.said_of(one.group, _answer(one)) for one in found)
    return (
        Section("crossover", "Crossover map: who is fastest where", answers, (Prose(_HOW_TO_READ), Gallery(images))),
    )


def _title(found: CrossoverMap) -> str:
    at = ", ".join(f"{name} {value}" for name, value in found.fixed)
    return f"Fastest by {found.x.name} and {found.y.name}" + (f", {at}" if at else "")


def _answer(found: CrossoverMap) -> str:
    """The wins, the ties, and along which axis the winner changes."""
    cells = len(found.cells)
    wins = [f"{name} in {number}" for name, number in found.wins.items()]
    ties, open_ = found.count(Verdict.TIE), found.count(Verdict.UNDECIDED)
    at = "".join(f", {name} {value}" for name, value in found.fixed)
    text = f"over {found.x.name} × {found.y.name}{at}, {format.count(cells, 'case')}: "
    text += f"clearly fastest is {names(wins)}" if wins else "nothing is clearly fastest"
    text += f"; {format.count(ties, 'tie')}" if ties else ""
    text += f"; {open_} undecided" if open_ else ""
    changes = [_change(found, axis) for axis in (found.x, found.y)]
    known = [change for change in changes if change]
    return f"{text}. The winner changes {' and '.join(known)}." if known else f"{text}."


def _change(found: CrossoverMap, axis: Axis) -> str:
    changed, lines = found.changes_along(axis)
    return f"along {axis.name} in {changed} of {format.count(lines, 'line')}" if lines else ""
