"""Shows one problem by all implementations, fastest first: a table for 80 columns and an answer, or all columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench import format as text
from bench.calibration.value import find
from bench.energy.bracket.bracket import PowerBracket
from bench.format import byte_count
from bench.machine.pinning import PINNED_MALLOC
from bench.rows.data_ratios import data_ratios
from bench.rows.delegation import label
from bench.rows.ranking import Ranking, rank
from bench.rows.standing import TIE_WITHIN, doubt, is_noisy, mostly_noisy, quotient
from bench.run.measure import Measured
from bench.store import energies
from bench.store.schema import Row
from bench.store.status import Flag
from bench.terminal import ceilings, console, recommendation, verdict

# Compilation below this is not worth a note.
_NOTED_S = 0.5
_FLAGS = {
    Flag.IMPOSSIBLE: "faster than possible",
    Flag.SIDE_EFFECTS: "changed settings",
    Flag.KNOWN_INPUTS: "faster on known inputs",
    Flag.CLOCK: "too short to time",
    Flag.ONE_SAMPLE: "one sample",
    Flag.FEW_BLOCKS: "too few samples",
    Flag.NOISY: "noisy",
    Flag.WIDE_INTERVAL: "too wide an interval",
    Flag.WIDE_RATIO: "too wide a ratio",
}
# Said once for all, where most times are noisy.
_NOISE = (Flag.NOISY, Flag.WIDE_INTERVAL, Flag.WIDE_RATIO)
_WIDE = [
    "implementation", "time", "95 % interval", "over best", "GFLOP/s", "of peak", "roofline", "rms error", "workspace",
    "peak", "plan", "pays from", "first time", "",
]  # fmt: skip

_OF_PEAK = (
    "Of peak: the definition's FLOPs over the time and the peak, the same for all; over 100 % where fewer are "
    "executed. Roofline: its own least time over its time."
)
_MEMORY = "Workspace: scratch memory, counted. Peak: the memory of one call with its output, measured."
_LEAST_START = "least plan + first call"
_PAYS = (
    "Pays from: the calls from which its plan and calls take less time than those of the one with the "
    f"{_LEAST_START}. First time: the same where no code is compiled yet. In brackets: the 95 % interval. "
    "never: its calls are no faster. –: unknown."
)


def show(measured: Measured, *, between_runs: float | None = None, wide: bool = False) -> None:
    """Print for each case the times and the implementation to use; with `wide` every column and the ceilings.

    Implementations without a time have a line for each reason, after the last table. `between_runs` is the relative
    difference of times between two runs here, None if it is unknown.
    """
    for number, rows in enumerate(measured.cases, 1):
        timed, is_last = rank(rows), number == len(measured.cases)
        if timed.timed:
            (_show_wide if wide else _show_narrow)(timed)
        if is_last:
            _show_not_timed(measured.cases)
            timed_rows = [row for known in measured.cases for row in known if row.time_s is not None]
            # Where most times are noisy, that is said, and rows repeat less well than on other days.
            if timed_rows and not mostly_noisy(timed_rows):
                console.print_line(_repeats(between_runs))
            if timed_rows and all(row.processes == 1 for row in timed_rows):
                console.print_line(text.ONE_PROCESS)
        if timed.timed and not wide:
            above = (*_side_effects(timed.timed), *_apart(timed), *_energy(timed, measured.bracket))
            for line in (*above, *recommendation.lines(timed)):
                console.print_line(line)
        elif timed.timed:
            for line in (_MEMORY, _OF_PEAK, _PAYS):
                console.print_line(line)
            known = find(measured.calibrations, rows[0].device, rows[0].threads, rows[0].tuning.key)
            if known is not None:
                console.print_line(ceilings.line(known, rows[0].precision))
            for line in (*_side_effects(timed.timed), *_energy(timed, measured.bracket), verdict.of(timed.timed)):
                console.print_line(line)
            console.print_line(recommendation.call(timed.order[0]))
    for line in _by_data(measured.cases):
        console.print_line(line)


def _by_data(cases: Sequence[Sequence[Row]]) -> Iterator[str]:
    """A line for each case and kind of data that was measured beside N(0, 1) data: the ratios of their times."""
    for (_, _, precision, layout, *_), ratios in data_ratios(cases).items():
        for data in dict.fromkeys(one.data for one in ratios):
            listed = ", ".join(f"{one.implementation} {text.ratio(one.ratio)}" for one in ratios if one.data == data)
            yield f"time on {data} over normal data ({precision}, {layout}; medians, not paired): {listed}"


def _repeats(between_runs: float | None) -> str:
    """How far the times hold: rounds are a second apart, so that one slow phase of the machine meets all of them."""
    if between_runs is None:
        return "How well rows repeat here: convcost qualify --quick. A slow phase moves all."
    share = f"{text.significant(100 * between_runs, 2)} %"
    return f"95 % of rows repeat within {share} (convcost qualify); a slow phase moves all."


def _side_effects(rows: Sequence[Row]) -> Iterator[str]:
    """A line for each implementation that changed what all share."""
    for row in rows:
        if row.side_effects is not None:
            yield f"{label(row)} changed what all share, put back before the next ran: {row.side_effects}"


def _energy(ranking: Ranking[Row], bracket: PowerBracket | None) -> Iterator[str]:
    """The bracketed energy of the one to use, with the class of machines and their number; none on a GPU."""
    row = next(iter((*ranking.order, *ranking.timed)))
    if bracket is not None and row.device == "cpu" and (found := energies.bracketed(row, bracket)) is not None:
        known = text.joules_between(found.low_j, found.high_j)
        yield f"Energy of {label(row)}: {known} a call, bracketed ({bracket.label})."


def _title(row: Row) -> str:
    place = "GPU" if row.threads is None else text.count(row.threads, "thread")
    where = f"{row.device} ({place}), {row.cache} caches"
    if row.malloc not in (None, PINNED_MALLOC):
        where += f", {row.malloc} malloc"
    data = f", {row.data_label}" if row.data_label else ""
    settings = f", {row.tuning.label}" if row.tuning.label else ""
    return f"{text.problem(row.descriptor, bias=row.bias)}, {row.precision}, {row.layout}, {where}{data}{settings}"


def _show_narrow(ranking: Ranking[Row]) -> None:
    columns = ["implementation", "time ± 95 %", "ratio", "note"]
    lines = [
        [label(row), _time(row), text.ratio(ranking.over_fastest(row)), _note(row, ranking)] for row in ranking.timed
    ]
    title = f"{_title(ranking.timed[0])}; more: --wide"
    console.print_table(title, columns, lines, left=(0, 3), edges=False)


def _apart(ranking: Ranking[Row]) -> Iterator[str]:
    """A line where a ratio is far from that of the times shown."""
    best = ranking.timed[0]
    for row in ranking.timed[1:]:
        ratio = ranking.over_fastest(row)
        if ratio is not None and not 1 / TIE_WITHIN <= ratio / quotient(row, best) <= TIE_WITHIN:
            yield "Ratios compare calls side by side, times all calls: noise makes them differ."
            return


def _time(row: Row) -> str:
    """The time, and the end of its interval that is farther away, in per cent."""
    assert row.time_s is not None
    if row.interval_s is None or doubt(row) is not None:
        return text.seconds(row.time_s)
    farther_s = max(row.time_s - row.interval_s[0], row.interval_s[1] - row.time_s)
    return f"{text.seconds(row.time_s)} ± {text.significant(100 * farther_s / row.time_s, 2)} %"


def _reach(row: Row) -> str:
    """Half the interval of the ratio, in per cent; empty without one, and for the best itself."""
    low, ratio, high = row.over_best_low, row.over_best, row.over_best_high
    if low is None or ratio is None or high is None or low == high:
        return ""
    return f" ± {text.significant(100 * (high - low) / (2 * ratio), 2)} %"


def _note(row: Row, ranking: Ranking[Row]) -> str:
    """The one thing to know about a row beside its time; that most rows are noisy is said once, below the table."""
    said_below = mostly_noisy(ranking.timed) and is_noisy(row)
    for flag, words in _FLAGS.items():
        if flag not in row.flags or (said_below and flag in _NOISE):
            continue
        is_shown = (flag is Flag.WIDE_INTERVAL and doubt(row) is None) or (flag is Flag.WIDE_RATIO and _reach(row))
        if not is_shown:
            return words
    reach = f"ratio{_reach(row)}" if Flag.WIDE_RATIO in row.flags and _reach(row) else ""
    if row in ranking.tied:
        return f"tied, {reach}" if reach else "tied with the best"
    if reach:
        return reach
    if row.break_even_calls == 1 and len(ranking.order) > 1 and row in ranking.order:
        return _LEAST_START
    if row.jit_s is not None and row.jit_s >= _NOTED_S:
        return f"compiled once: {text.seconds(row.jit_s, 2)}"
    return ""


def _show_wide(ranking: Ranking[Row]) -> None:
    lines = [_cells(row, ranking) for row in ranking.timed]
    console.print_table(_title(ranking.timed[0]), _WIDE, lines, left=(0, len(_WIDE) - 1))


def _cells(row: Row, ranking: Ranking[Row]) -> list[str]:
    assert row.time_s is not None
    interval = text.MISSING
    if row.time_low_s is not None and row.time_high_s is not None:
        interval = f"{text.seconds(row.time_low_s)} – {text.seconds(row.time_high_s)}"
    rate = row.direct_flops / row.time_s * 1e-9 if row.direct_flops else None
    return [
        label(row),
        text.seconds(row.time_s),
        interval,
        text.ratio(ranking.over_fastest(row)) + _reach(row),
        text.gflops(rate),
        _per_cent(row.peak_fraction),
        # A dash where a library may compute an unknown share of the definition.
        _per_cent(row.roofline_fraction),
        text.error(row.error_rms),
        text.MISSING if row.workspace_bytes is None else byte_count(row.workspace_bytes),
        text.MISSING if row.peak_bytes is None else byte_count(row.peak_bytes),
        text.seconds(row.plan_s),
        text.pays_from(row.break_even_calls, row.break_even_low_calls, row.break_even_high_calls),
        _first_time(row, ranking),
        ", ".join(row.flags),
    ]


def _per_cent(fraction: float | None) -> str:
    return text.MISSING if fraction is None else f"{text.significant(100 * fraction, 2)} %"


def _first_time(row: Row, ranking: Ranking[Row]) -> str:
    """The calls from which a plan pays the first time on a machine.

    "never" only for calls no faster than those of a known starter; a dash where code compiled before leaves it unknown.
    """
    if row.break_even_first_time_calls is not None:
        low, high = row.break_even_first_time_low_calls, row.break_even_first_time_high_calls
        return text.pays_from(row.break_even_first_time_calls, low, high)
    starters_s = [r.time_s for r in ranking.timed if r.break_even_first_time_calls == 1 and r.time_s is not None]
    is_slower = row.time_s is not None and bool(starters_s) and row.time_s >= min(starters_s)
    return "never" if is_slower else text.MISSING


def _show_not_timed(cases: Sequence[Sequence[Row]]) -> None:
    """Print a line for each status and reason, with the implementations that share it in the same cases."""
    found: dict[tuple[str, str], dict[str, list[int]]] = {}
    for number, rows in enumerate(cases):
        for row in rows:
            if row.time_s is None:
                places = found.setdefault((row.status, row.reason or ""), {})
                places.setdefault(row.implementation, []).append(number)
    for (status, reason), places in found.items():
        for names, numbers in _shared(places):
            where = "" if len(numbers) == len(cases) else f" for {', '.join(_place(cases[n][0]) for n in numbers)}"
            why = f" ({reason})" if reason else ""
            console.print_line(f"{status}{where}: {', '.join(names)}{why}")


def _shared(places: dict[str, list[int]]) -> Iterator[tuple[list[str], list[int]]]:
    """The implementations that have the same cases, together."""
    by_cases: dict[tuple[int, ...], list[str]] = {}
    for name, numbers in places.items():
        by_cases.setdefault(tuple(numbers), []).append(name)
    for shared, names in by_cases.items():
        yield names, list(shared)


def _place(row: Row) -> str:
    return " ".join(filter(None, (row.precision, row.layout, row.device, row.data_label)))
