"""Says in words what the study found of all implementations together; other numbers give other words."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from bench.format import count
from bench.predict.study.paper_line import PAPER_LINE
from bench.predict.study.results import (
    FLOPS,
    LevelSpread,
    StudyResult,
    fastest_spread,
    fewest_flops,
    widest_spread,
)
from bench.predict.study.verdict import ORDERS, SAME, tells_time

# What most readers use, and so what the page speaks of first.
_FIRST = ("torch", "onednn", "cudnn")


def lead(results: Sequence[StudyResult]) -> StudyResult:
    """The result that stands for all: of torch where it was measured, else the first."""
    return min(results, key=lambda result: _place(result.subject.implementation))


def _place(implementation: str) -> int:
    return _FIRST.index(implementation) if implementation in _FIRST else len(_FIRST)


def headline(results: Sequence[StudyResult]) -> str:
    """Whether FLOPs are a cost here, in one sentence."""
    by_flops = [result for result in results if tells_time(result)]
    others = [result for result in results if not tells_time(result)]
    if not others:
        return f"FLOPs are a cost here: they tell the time of {_number(results)}."
    spreads = sorted(result.spread for result in others)
    reach = f"{spreads[0]:.1f}" if len(spreads) == 1 else f"{spreads[0]:.1f} to {spreads[-1]:.1f}"
    said = f"at equal FLOPs the longest time is {reach} × the shortest"
    if not by_flops and _are_ordered(others):
        by = ", by implementation" if len(others) > 1 else ""
        return f"FLOPs are only a rough cost here: they order times of unlike sizes, but {said}{by}."
    if not by_flops:
        return f"FLOPs are not a cost here: {said}, by implementation." if len(others) > 1 else (
            f"FLOPs are not a cost here: {said}."
        )  # fmt: skip
    return f"FLOPs are a cost for {len(by_flops)} of {_number(results)} only: for the others {said}."


def _are_ordered(results: Sequence[StudyResult]) -> bool:
    """Whether FLOPs order the times of half of these results or more, over all levels."""
    known = [flops.spearman for result in results if (flops := result.measure(FLOPS)) is not None]
    return bool(known) and statistics.median(known) >= ORDERS


def sentences(results: Sequence[StudyResult]) -> list[str]:
    """What holds of all implementations of each device together."""
    said = []
    for device in dict.fromkeys(result.subject.device for result in results):
        own = [result for result in results if result.subject.device == device]
        on = f"On {device}: " if len({result.subject.device for result in results}) > 1 else ""
        found = (_on_choice(own), _on_executed(own), _on_order(own), _on_joules(own))
        said += [f"{on}{sentence}" for sentence in found if sentence]
    return [*said, *_on_paper(results)]


def _on_choice(results: Sequence[StudyResult]) -> str:
    if len(results) < 2:
        return ""
    spread = fastest_spread(results)
    every = f"Over all implementations, times of equal FLOPs differ up to {widest_spread(_levels(results)):.0f} ×"
    if spread <= SAME:
        return f"{every}; with the fastest of each problem FLOPs do tell the time: {spread:.2f} × on average."
    return f"{every}; even with the fastest of each problem it is {spread:.1f} × on average."


def _on_executed(results: Sequence[StudyResult]) -> str:
    wins, among = fewest_flops(results)
    if not among:
        return ""
    problems = count(among, "problem")
    if wins == among:
        return f"The implementation that executes the fewest FLOPs is the fastest in all of {problems}."
    only = "only " if 2 * wins < among else ""
    return f"The implementation that executes the fewest FLOPs is the fastest in {only}{wins} of {problems}."


def _on_order(results: Sequence[StudyResult]) -> str:
    """How many implementations have a measure that orders their times better than FLOPs do."""
    known = [(result, flops) for result in results if (flops := result.measure(FLOPS)) is not None]
    better = [result for result, flops in known if any(m.spearman > flops.spearman for m in result.measures)]
    if not known:
        return ""
    among = _number([result for result, _ in known])
    if not better:
        return f"No other measure orders times better than FLOPs, for any of {among}."
    return f"Another measure orders times better than FLOPs for {len(better)} of {among}."


def _on_joules(results: Sequence[StudyResult]) -> str:
    """How far measured joules of equal FLOPs lie apart; empty where no meter measured them."""
    metered = [result for result in results if result.joule_levels]
    if not metered:
        return ""
    first = lead(metered)
    worst = max(first.joule_levels, key=lambda level: level.spread)
    every = widest_spread(level for result in metered for level in result.joule_levels)
    others = f", of {_number(metered)} up to {every:.1f} ×" if len(metered) > 1 else ""
    return (
        f"Measured joules of equal FLOPs differ too: those of {first.subject.implementation} up to "
        f"{worst.spread:.1f} × (at {worst.macs / 1e6:.0f} million MACs){others}."
    )


def _levels(results: Sequence[StudyResult]) -> list[LevelSpread]:
    return [level for result in results for level in result.levels]


def _on_paper(results: Sequence[StudyResult]) -> list[str]:
    """The paper's own line beside that of the result that stands for all; its impossible first time is left out."""
    first = lead(results)
    times = [time_s for layer, time_s in first.paper if layer.is_possible]
    if len(times) < 2:
        return []
    there = [layer.t2000_s for layer, _ in first.paper if layer.is_possible]
    here, paper = (max(those) / min(those) for those in (times, there))
    left_out = len(PAPER_LINE) - sum(layer.is_possible for layer in PAPER_LINE)
    word = "more" if here > SAME * paper else "less" if here < paper / SAME else "as much"
    return [
        f"On the paper's own line of about 2 billion MACs, kernels from 3 × 3 to 28 × 28, times of "
        f"{first.subject.implementation} differ {here:.1f} × here and {paper:.1f} × on the T2000: {word}"
        f"{' than there' if word != 'as much' else ' as there'} ({count(left_out, 'published time')} faster than that "
        "GPU's arithmetic left out)."
    ]


def _number(results: Sequence[StudyResult]) -> str:
    devices = len({result.subject.device for result in results})
    on = f" on {count(devices, 'device')}" if devices > 1 else ""
    return f"{count(len(results), 'implementation')}{on}"
