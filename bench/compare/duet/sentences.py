"""What a duet says in words: the answer, what differs between its sides, results that changed, all rows together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from bench import format as text
from bench.compare.comparison import SideComparison
from bench.compare.quantities import TIME
from bench.compare.quantity_changes import QuantityChanges
from bench.compare.verdicts import ChangeVerdict

_MINUTE_S = 60.0


def answer(found: SideComparison) -> str:
    """The answer in one sentence."""
    times = found.of(TIME)
    if not times:
        return "nothing was timed on both sides"
    counted = {change: sum(len(changes.of(change)) for changes in times) for change in ChangeVerdict}
    rows, margin = sum(len(changes.rows) for changes in times), f"{100 * found.terms.margin:g} %"
    if counted[ChangeVerdict.SAME] == rows and not found.matched.broken:
        return f"nothing changed: {_all(rows)} the same within {margin}"
    said = [
        f"{number:,} {words}"
        for number, words in (
            (len(found.matched.broken), "no longer right"),
            (counted[ChangeVerdict.SLOWER], "slower"),
            (counted[ChangeVerdict.FASTER], "faster"),
            (counted[ChangeVerdict.SAME], f"the same within {margin}"),
            (counted[ChangeVerdict.UNDECIDED], "undecided"),
        )
        if number
    ]
    return f"B against A, {text.count(rows, 'row')}: {', '.join(said)}{_more(times)}"


def _all(rows: int) -> str:
    return "the only row is" if rows == 1 else f"all {rows:,} rows are"


def _more(times: Sequence[QuantityChanges]) -> str:
    """How much more measuring would decide the undecided rows."""
    waiting = [row for changes in times for row in changes.of(ChangeVerdict.UNDECIDED)]
    known = [row.more_s for row in waiting if row.more_s is not None]
    if not known:
        return ""
    minutes = max(1, math.ceil(max(known) / _MINUTE_S))
    return f"; about {text.count(minutes, 'more minute')} for a case would decide {_so_many(len(known), len(waiting))}"


def _so_many(some: int, every: int) -> str:
    return ("it" if every == 1 else "them") if some == every else f"{some} of them"


def differences(found: SideComparison) -> Iterator[str]:
    """What differs between the sides, one sentence each."""
    for one in found.unlike:
        yield f"A and B differ in {one.name}: {one.old} and {one.new}"


def faults(found: SideComparison) -> Iterator[str]:
    """Rows whose results are right on one side alone."""
    for fate in (*found.matched.broken, *found.matched.mended):
        why = f" ({fate.reason})" if fate.reason else ""
        yield f"{fate.implementation} on {fate.case_key}: {fate.old} in A, {fate.new} in B{why}"


def together(changes: QuantityChanges) -> Iterator[str]:
    """What all rows do together; nothing where there are few."""
    ends = changes.shared.interval(0.95)
    if changes.shared_verdict is None or ends is None:
        return
    ratio, low, high = (text.significant(math.exp(value), 4) for value in (changes.shared.change, *ends))
    takes = f"B takes {ratio} [{low}–{high}] of A's time"
    yield f"all rows together on {changes.device}: {takes}, {in_words(changes.shared_verdict)}"


def only_one_side(only_a: Sequence[str], only_b: Sequence[str]) -> Iterator[str]:
    """Implementations that one side has alone."""
    for letter, only in (("A", only_a), ("B", only_b)):
        if only:
            yield f"only {letter} has {', '.join(only)}: not compared"


def in_words(change: ChangeVerdict) -> str:
    """A verdict as words."""
    return change.value.replace("-", " ")
