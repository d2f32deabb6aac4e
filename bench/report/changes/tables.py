"""The sections of a comparison: what became wrong, each quantity, what was left out, both sides, and the method."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench import format as text
from bench.compare.comparison import SideComparison
from bench.compare.pairs import Fate
from bench.compare.quantities import LEVEL
from bench.compare.quantity_changes import QuantityChanges, RowChange
from bench.compare.sentences import duration, interval, percent, row_name
from bench.compare.verdicts import ChangeVerdict
from bench.report.changes import rows
from bench.report.changes.picture import image
from bench.report.changes.told import ToldChanges
from bench.report.document.blocks import Block, Cell, Details, Gallery, Prose, Section, Table, table

# So many lines of a table are open, and so many in all: --json has the rest.
_OPEN, _MOST = 40, 1000
_LOOKS = {ChangeVerdict.SLOWER: "bad", ChangeVerdict.FASTER: "best", ChangeVerdict.UNDECIDED: "muted"}
_METHODS = {"holm": "Holm 1979", "westfall-young": "Westfall and Young 1993, all divisions of the runs"}


def sections(found: SideComparison, told: ToldChanges) -> tuple[Section, ...]:
    """All sections in order, those without content left out."""
    return (
        *_results(found, told),
        *(_quantity(found, changes, told) for changes in found.quantities),
        *_alone(found, told),
        _sides(found, told),
        _method(found),
    )


def _results(found: SideComparison, told: ToldChanges) -> Iterator[Section]:
    """Rows that were right and are not, then those that were not and are."""
    fates = (*found.matched.broken, *found.matched.mended)
    if not fates:
        return
    lines = [_fate(one, is_broken=one in found.matched.broken) for one in fates]
    said = (
        f"{text.count(len(found.matched.broken), 'row')} no longer right, "
        f"{text.count(len(found.matched.mended), 'row')} mended.",
    )
    yield Section(
        "results", "Results that changed", said, _folded(("row", told.old, told.new, "reason"), "llll", lines)
    )


def _fate(one: Fate, *, is_broken: bool) -> list[Cell | str]:
    return [row_name(one), one.old, Cell(one.new, look="bad" if is_broken else ""), one.reason or ""]


def _quantity(found: SideComparison, changes: QuantityChanges, told: ToldChanges) -> Section:
    """A quantity on one device; the picture of the first one is on the first screen."""
    blocks: list[Block] = []
    if changes is not found.quantities[0] and changes in found.gated:
        blocks.append(Gallery((image(changes, found.terms.margin),)))
    if changes.implementations:
        blocks.append(_implementations(changes))
    kept, left_out = rows.shown(changes, _MOST)
    tables = _folded(rows.columns(told.old, told.new), rows.ALIGN, _lines(changes, kept))
    # What was not tested is there for those who look for it.
    blocks += tables if changes in found.gated else [Details("Every row", tables)]
    if left_out:
        blocks.append(Prose(f"{text.count(left_out, 'smaller change')} not shown; --json has every row."))
    where = f" on {changes.device}" if len(found.of(changes.quantity)) > 1 else ""
    name = f"{changes.quantity.words.capitalize()}{where}"
    return Section(f"{changes.quantity.option}-{changes.device}", name, (_counted(changes),), tuple(blocks))


def _counted(changes: QuantityChanges) -> str:
    """How many rows have each verdict, and what else there is to know of them."""
    counts = {verdict: len(changes.of(verdict)) for verdict in ChangeVerdict}
    words = ", ".join(f"{number:,} {str(verdict).replace('-', ' ')}" for verdict, number in counts.items() if number)
    beside = "; changes are beside what all rows share" if rows.is_beside(changes) else ""
    return f"{text.count(len(changes.rows), 'row')}: {words}{beside}."


def _lines(changes: QuantityChanges, kept: Sequence[RowChange]) -> list[list[Cell | str]]:
    """The cells of the terminal's table, with the verdict in its colour."""
    lines = rows.cells(changes, kept)
    place = rows.columns().index("verdict")
    return [
        [*line[:place], Cell(line[place].replace("-", " "), look=_LOOKS.get(row.verdict, "")), *line[place + 1 :]]
        for line, row in zip(lines, kept, strict=True)
    ]


def _implementations(changes: QuantityChanges) -> Table:
    ordered = sorted(changes.implementations, key=lambda one: (one.verdict not in rows.CALLED, -abs(one.ratio - 1)))
    return table(
        ("implementation, in all its cases", "rows", "change", "95 % interval", "verdict"),
        "lrrrl",
        [
            [one.implementation, f"{one.rows:,}", percent(one.ratio), interval(one.low, one.high),
             Cell(str(one.verdict), look=_LOOKS.get(one.verdict, ""))]
            for one in ordered
        ],
    )  # fmt: skip


def _alone(found: SideComparison, told: ToldChanges) -> Iterator[Section]:
    lines = [
        [key.partition("|")[0], name, f"{side} only"]
        for side, keys in ((told.old, found.matched.only_old), (told.new, found.matched.only_new))
        for key, name in keys
    ]
    if lines:
        has = "row has" if len(lines) == 1 else "rows have"
        said = (f"{len(lines):,} {has} no partner on the other side.",)
        blocks = _folded(("case", "implementation", "side"), "lll", lines)
        yield Section("alone", "Not compared", said, blocks)


def _sides(found: SideComparison, told: ToldChanges) -> Section:
    """The runs of both sides, what differs between them and was allowed, and notes on them."""
    said = [*told.differences]
    said += [f"{note[:1].upper()}{note[1:]}." for note in found.notes]
    lines = [
        [side, run.path, run.created_utc or text.MISSING, duration(run.wall_s), f"{len(run.rows['status']):,}",
         "" if run.is_finished else Cell("not finished", look="bad")]
        for side, runs in ((told.old, found.old), (told.new, found.new))
        for run in runs
    ]  # fmt: skip
    head = ("side", "run", "measured, UTC", "took", "rows", "state")
    said = said or ["Both sides agree in machine, settings and libraries, as far as the runs tell."]
    return Section("sides", "What was compared", tuple(said), _folded(head, "lllrrl", lines))


def _method(found: SideComparison) -> Section:
    margin = f"{100 * found.terms.margin:g} %"
    said = [
        f"The probability of any false alarm in this comparison is at most {100 * LEVEL:g} %, among all rows.",
        f"A row is the same only if both ends of its 90 % interval are within ± {margin}.",
        "Intervals that are shown are of 95 %, each of its row alone.",
    ]
    said += [
        f"{changes.quantity.words.capitalize()} on {changes.device}: the unit is the {changes.unit}; adjusted by "
        f"{_METHODS.get(changes.method, changes.method)}."
        for changes in found.gated
    ]
    return Section("method", "How it was judged", tuple(said))


def _folded(head: Sequence[str], align: str, lines: Sequence[Sequence[Cell | str]]) -> tuple[Block, ...]:
    """A table whose further lines can be unfolded."""
    first, more = lines[:_OPEN], lines[_OPEN:_MOST]
    if not more:
        return (table(head, align, first),)
    return table(head, align, first), Details(f"{len(more):,} more", (table(head, align, more),))
