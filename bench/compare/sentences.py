"""What a comparison says in words: what is wrong, what all rows share, what rows do, what would decide more."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from bench import format as text
from bench.compare.comparison import SideComparison
from bench.compare.pairs import Fate
from bench.compare.quantities import QUANTITIES, TIME
from bench.compare.quantity_changes import QuantityChanges, RowChange
from bench.compare.shared import SharedChange
from bench.compare.verdicts import ChangeVerdict
from bench.format import count

# Names of rows in one sentence; the table has the others.
_NAMED = 3
# Untested figures that differ by less are not worth a sentence.
_WORTH_SAYING = 1.1


def sentences(found: SideComparison) -> list[str]:
    """All sentences, the most important first: a result that became wrong, then what all rows share, then each row."""
    said = [*_broken(found.matched.broken), *_of_time(found), *_of_others(found), *_mended(found.matched.mended)]
    said += [*_choices(found), *_without_partner(found), *(f"Note: {note}." for note in found.notes)]
    if found.unlike:
        across = "; ".join(f"{one.name} ({one.old} → {one.new})" for one in found.unlike)
        said[0] = f"Across {across}: {said[0]}"
    return said


def percent(ratio: float) -> str:
    """A ratio as the change that it is, as in +3.1 % or −20 %; a factor where it is large."""
    change = 100 * (ratio - 1)
    if ratio >= 3:
        return f"×{text.significant(ratio, 2)}"
    if abs(change) < 0.05:
        return "0.0 %"
    return (
        f"{'−' if change < 0 else '+'}{abs(change):.0f} %"
        if abs(change) >= 10
        else (f"{'−' if change < 0 else '+'}{abs(change):.1f} %")
    )


def interval(low: float | None, high: float | None) -> str:
    """An interval of a ratio, as in −1.0 % to +4.2 %; empty without one."""
    return "" if low is None or high is None else f"{percent(low)} to {percent(high)}"


def row_name(row: RowChange | Fate) -> str:
    """A row in words: its implementation and its problem."""
    return row_name_of(row.implementation, row.case_key)


def row_name_of(implementation: str, case_key: str) -> str:
    """The same by an implementation and the key of its case."""
    return f"{implementation} on {case_key.partition('|')[0]}"


def case_names(keys: Sequence[str]) -> dict[str, str]:
    """Short names of cases: the problem, and what else is not the same in all of them."""
    parts = {key: key.split("|") for key in keys}
    common = set.intersection(*(set(own[1:]) for own in parts.values())) if parts else set()
    return {key: " ".join([own[0], *(part for part in own[1:] if part not in common)]) for key, own in parts.items()}


def duration(seconds: float | None) -> str:
    """Minutes of measuring, or hours; a dash where no time would decide."""
    if seconds is None:
        return text.MISSING
    if seconds < 99.5 * 60:
        return f"{max(1, math.ceil(seconds / 60))} min"
    hours = seconds / 3600
    return f"{hours:.0f} h" if hours < 100 else "> 100 h"


def _broken(fates: Sequence[Fate]) -> Iterator[str]:
    if fates:
        yield (
            f"Wrong: {count(len(fates), 'row')} {'was' if len(fates) == 1 else 'were'} right and "
            f"{'is' if len(fates) == 1 else 'are'} not: {_named([f'{row_name(f)} ({f.new})' for f in fates])}."
        )


def _mended(fates: Sequence[Fate]) -> Iterator[str]:
    if fates:
        yield f"Mended: {_named([f'{row_name(f)} (was {f.old})' for f in fates])}."


def _of_time(found: SideComparison) -> Iterator[str]:
    times = found.of(TIME)
    if not times:
        yield "No row has a time on both sides: only their results are compared."
    for time in times:
        where = f"On {time.device}: " if len(times) > 1 else ""
        said = [*_shared(time.shared, time.shared_verdict)] if time.shared.is_taken_out else []
        if time.level > 0:
            said += [*_implementations(time), _rows(time, found.terms.margin), *_untested(time), *_deciding(time)]
        yield from (f"{where}{sentence}" for sentence in said)


def _shared(shared: SharedChange, verdict: ChangeVerdict | None) -> Iterator[str]:
    ratio, ends = math.exp(shared.change), shared.interval(0.95)
    how_sure = "" if ends is None else f" (95 % interval {interval(*map(math.exp, ends))})"
    if shared.basis == "controls":
        names = _listed(shared.controls)
        machine = percent(math.exp(shared.machine or 0.0))
        yield (
            f"All rows together, beside {names}, which cannot have changed: {percent(ratio)}{how_sure}: {verdict}. "
            f"{names} moved by {machine}: the machine did, not the code."
        )
    elif shared.basis == "nothing":
        yield (
            f"All rows share {percent(ratio)}: undecided. No control and no `convcost qualify` tells an hour from a "
            "change; three runs a side, in turns, would."
        )
    else:
        against = {"runs": "against the scatter of the runs", "qualification": "against that of `convcost qualify`"}
        yield f"All rows share {percent(ratio)}{how_sure}, {against[shared.basis]}: {verdict}."


def _implementations(time: QuantityChanges) -> Iterator[str]:
    for change in (ChangeVerdict.SLOWER, ChangeVerdict.FASTER):
        if called := [one for one in time.implementations if one.verdict is change]:
            words = [f"{one.implementation} {percent(one.ratio)} ({interval(one.low, one.high)})" for one in called]
            yield f"In all its cases, beside what all share, {change}: {_named(words)}."


def _rows(time: QuantityChanges, margin: float) -> str:
    rows = len(time.rows)
    beside = " beside what all share" if time.shared.is_taken_out else ""
    called = {change: time.of(change) for change in ChangeVerdict}
    parts = [
        f"{len(called[change])} {change} ({_named([f'{row_name(r)} {percent(r.ratio)}' for r in called[change]])})"
        for change in (ChangeVerdict.SLOWER, ChangeVerdict.FASTER)
        if called[change]
    ]
    same, open_ = len(called[ChangeVerdict.SAME]), len(called[ChangeVerdict.UNDECIDED])
    if not parts and not open_:
        return f"Nothing changed: {_all(rows)} the same within {100 * margin:g} %{beside}."
    rest = [f"{same} the same within {100 * margin:g} %"] * bool(same) + [f"{open_} undecided"] * bool(open_)
    if not parts:
        what = f"{rest[0]}, {rest[1]}" if same else "all undecided" if rows > 1 else "it is undecided"
        return f"No row is found to have changed{beside}, of {count(rows, 'row')}: {what}."
    return f"Of {count(rows, 'row')}{beside}: {'; '.join((*parts, *rest))}."


def _untested(time: QuantityChanges) -> Iterator[str]:
    if time.untested:
        have = "has a time" if time.untested == 1 else "have times"
        yield (
            f"{time.untested} of them {have} too uncertain for so few runs (over ± 5 % between "
            "processes): close other programs, or measure three runs a side."
        )


def _deciding(time: QuantityChanges) -> Iterator[str]:
    undecided = time.of(ChangeVerdict.UNDECIDED)
    if not undecided:
        return
    first = undecided[0]
    known = sorted(row.more_s for row in undecided if row.more_s is not None)
    if first.more_s is None or not known:
        yield f"The largest undecided change is {row_name(first)}, {percent(first.ratio)}."
        return
    middle = known[len(known) // 2]
    rest = f"; {duration(middle)} for the middle one of all" if len(undecided) > 1 else ""
    yield (
        f"The largest undecided change is {row_name(first)}, {percent(first.ratio)}: about {duration(first.more_s)} "
        f"more of measuring its case would decide it{rest}."
    )


def _of_others(found: SideComparison) -> Iterator[str]:
    """The other quantities: tested ones with their verdicts, the others where they differ much."""
    for quantity in QUANTITIES:
        for changes in () if quantity is TIME else found.of(quantity):
            yield from _of_quantity(changes)


def _of_quantity(changes: QuantityChanges) -> Iterator[str]:
    quantity = changes.quantity
    for change, words in ((ChangeVerdict.SLOWER, quantity.worse), (ChangeVerdict.FASTER, quantity.better)):
        if rows := changes.of(change):
            yield f"{words.capitalize()}: {_named([f'{row_name(r)} {percent(r.ratio)}' for r in rows])}."
    far = [r for r in changes.of(ChangeVerdict.NOT_TESTED) if max(r.raw_ratio, 1 / r.raw_ratio) > _WORTH_SAYING]
    if far:
        yield (
            f"Not tested: {quantity.words} of {count(len(far), 'row')} differs by more than 10 %, most of "
            f"{row_name(far[0])}, {percent(far[0].raw_ratio)} (--gate {quantity.option} tests it, with five runs a "
            "side)."
        )


def _choices(found: SideComparison) -> Iterator[str]:
    rows = [row for time in found.of(TIME) for row in time.rows if row.old_choice != row.new_choice]
    if rows:
        words = [f"{row_name(r)} ({r.old_choice or 'itself'} → {r.new_choice or 'itself'})" for r in rows]
        yield f"Another choice: {_named(words)}."


def _without_partner(found: SideComparison) -> Iterator[str]:
    for keys, side, other in ((found.matched.only_old, "old", "new"), (found.matched.only_new, "new", "old")):
        if keys:
            words = [f"{name} on {key.partition('|')[0]}" for key, name in keys]
            yield f"Only on the {side} side: {_named(words)}; not compared, as the {other} side lacks {_it(words)}."


def _it(words: Sequence[str]) -> str:
    return "it" if len(words) == 1 else "them"


def _all(rows: int) -> str:
    return "the row is" if rows == 1 else f"all {count(rows, 'row')} are"


def _named(words: Sequence[str]) -> str:
    """The first few, and how many more there are."""
    more = len(words) - _NAMED
    return ", ".join(words[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _listed(words: Sequence[str]) -> str:
    return " and ".join(words) if len(words) < 3 else f"{', '.join(words[:-1])} and {words[-1]}"
