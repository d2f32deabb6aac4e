"""The first screen of a comparison: the answer in one sentence, three numbers, the changes, and what is left open."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from bench import format as text
from bench.compare.comparison import GateOutcome, SideComparison
from bench.compare.quantities import TIME
from bench.compare.quantity_changes import QuantityChanges
from bench.compare.sentences import interval, percent
from bench.compare.verdicts import ChangeVerdict
from bench.report.changes.picture import picture
from bench.report.changes.told import ToldChanges
from bench.report.document.first_screen import FirstScreen, Number

_OUTCOMES = {
    GateOutcome.WORSE: "something is slower, costs more, or is no longer right",
    GateOutcome.FINE: "nothing is found to be worse",
    GateOutcome.UNDECIDED: "nothing is found to be worse, and something is undecided: 4 with --require-decision",
}
_BASES = {
    "controls": "against controls, which cannot have changed", "runs": "against the scatter of the runs",
    "qualification": "against that of convcost qualify", "nothing": "nothing tells an hour from a change",
    "pairs": "by the scatter of pairs", "few-rows": "too few rows to share anything",
}  # fmt: skip


def first_screen(found: SideComparison, told: ToldChanges) -> FirstScreen:
    """The answer of a comparison; without a time on both sides there is no picture."""
    times = found.of(TIME)
    return FirstScreen(
        headline=headline(found, told.across),
        detail=told.said[0] if told.said else "",
        conditions=told.sides,
        numbers=(_together(times), _rows(times, found.terms.margin), _code(found, told)),
        picture=picture(times, found.terms.margin),
        limits=tuple(_limits(found)),
        limits_title="What this comparison cannot say",
    )


def headline(found: SideComparison, across: str = "") -> str:
    """The answer in one sentence, with what all rows share and its interval; `across` begins it."""
    times, broken = found.of(TIME), len(found.matched.broken)
    parts = [f"{text.count(broken, 'row')} {'is' if broken == 1 else 'are'} no longer right"] if broken else []
    parts += [*_shared(times), *_called(times), *_of_others(found)]
    if not times:
        parts.append("no row has a time on both sides")
    said = f"{across}{'; '.join(parts)}."
    return said[0].upper() + said[1:]


def _shared(times: Sequence[QuantityChanges]) -> Iterator[str]:
    for time in times:
        if not time.shared.is_taken_out:
            continue
        ends = time.shared.interval(0.95)
        how_sure = "" if ends is None else f" ({interval(*map(math.exp, ends))})"
        device = f" on {time.device}" if len(times) > 1 else ""
        word = "undecided" if time.shared_verdict is None else _word(time.shared_verdict)
        yield f"all rows together{device} {percent(math.exp(time.shared.change))}{how_sure}, {word}"


def _called(times: Sequence[QuantityChanges]) -> Iterator[str]:
    """How many rows are slower and faster, or that none is."""
    if not times:
        return
    rows = sum(len(time.rows) for time in times)
    names = [
        f"{one.implementation} {verdict} in all its cases"
        for verdict in (ChangeVerdict.SLOWER, ChangeVerdict.FASTER)
        for time in times
        for one in time.implementations
        if one.verdict is verdict
    ]
    counts = _counts(times)
    called = [f"{counts[verdict]:,} {verdict}" for verdict in (ChangeVerdict.SLOWER, ChangeVerdict.FASTER)
              if counts[verdict]]  # fmt: skip
    yield from names
    if called:
        yield f"of {text.count(rows, 'row')} {' and '.join(called)}"
    elif counts[ChangeVerdict.SAME] == rows:
        yield "nothing changed in the only row" if rows == 1 else f"nothing changed in any of {rows:,} rows"
    elif counts[ChangeVerdict.NOT_TESTED] == rows:
        yield f"times of {text.count(rows, 'row')} were not tested"
    else:
        undecided = counts[ChangeVerdict.UNDECIDED]
        yield f"no row is found to have changed, and {undecided:,} of {text.count(rows, 'row')} undecided"


def _of_others(found: SideComparison) -> Iterator[str]:
    for changes in found.gated:
        if changes.quantity is not TIME and (worse := len(changes.of(ChangeVerdict.SLOWER))):
            yield f"{changes.quantity.worse} in {text.count(worse, 'row')}"


def _counts(times: Sequence[QuantityChanges]) -> dict[ChangeVerdict, int]:
    return {verdict: sum(len(time.of(verdict)) for time in times) for verdict in ChangeVerdict}


def _word(verdict: ChangeVerdict) -> str:
    return "the same" if verdict is ChangeVerdict.SAME else str(verdict).replace("-", " ")


def _together(times: Sequence[QuantityChanges]) -> Number:
    """What all rows share, of the first device."""
    name = "All rows together"
    if not times or not times[0].shared.is_taken_out:
        return Number(name, text.MISSING, _BASES["few-rows"], "muted")
    time = times[0]
    ends = time.shared.interval(0.95)
    how_sure = "no interval" if ends is None else f"95 % interval {interval(*map(math.exp, ends))}"
    verdict = "undecided" if time.shared_verdict is None else _word(time.shared_verdict)
    return Number(name, percent(math.exp(time.shared.change)), f"{verdict}; {how_sure}, {_basis(time)}")


def _basis(time: QuantityChanges) -> str:
    return _BASES.get(time.shared.basis, time.shared.basis)


def _rows(times: Sequence[QuantityChanges], margin: float) -> Number:
    if not times:
        return Number("Rows", text.MISSING, "no row has a time on both sides", "muted")
    counts, rows = _counts(times), sum(len(time.rows) for time in times)
    value = f"{counts[ChangeVerdict.SLOWER]:,} slower, {counts[ChangeVerdict.FASTER]:,} faster"
    rest = [f"{counts[ChangeVerdict.SAME]:,} the same within {100 * margin:g} %",
            f"{counts[ChangeVerdict.UNDECIDED]:,} undecided"]  # fmt: skip
    return Number("Rows", value, f"of {rows:,}; {', '.join(rest)}")


def _code(found: SideComparison, told: ToldChanges) -> Number:
    return Number("Verdict", f"exit code {told.exit_code}", _OUTCOMES[found.outcome])


def _limits(found: SideComparison) -> Iterator[str]:
    """What is left open, once."""
    for time in found.of(TIME):
        if time.shared.basis == "nothing":
            yield "What all rows share is open: no control, qualification or further run tells an hour from a change."
        if time.untested:
            yield f"{text.count(time.untested, 'row')} of {len(time.rows):,} vary too much within a run to be tested."
    alone = len(found.matched.only_old) + len(found.matched.only_new)
    if alone:
        yield f"{text.count(alone, 'row')} {'is' if alone == 1 else 'are'} on one side only and not compared."
    unfinished = sum(not run.is_finished for run in (*found.old, *found.new))
    if unfinished:
        yield f"{text.count(unfinished, 'run')} {'is' if unfinished == 1 else 'are'} not finished."
