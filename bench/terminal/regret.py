"""Prints the result of `convcost regret`."""

from __future__ import annotations

from pathlib import Path

from bench import format as text
from bench.estimates.binomial import Figure
from bench.predict.regret import MOST, QUANTILE, Regrets
from bench.terminal import busy, console

_WORST = 8


def show(regrets: Regrets, kept: Path) -> None:
    """Print the distribution of `auto`'s time over the best's, the worst shapes, and the verdict."""
    if said := busy.sentence(regrets.others):
        console.print_line(said)
    rows = [[f"{q:.0%} of shapes at most", *_figure(figure)] for q, figure in regrets.quantiles.items()]
    rows.append(["largest", text.significant(max(regrets.ratios)), ""])
    number = len(regrets.regrets)
    on = text.count(number, "random shape") if regrets.are_random else f"{text.count(number, 'case')} of given layers"
    title = f"auto: its time over that of the best of its choices, on {on}"
    console.print_table(title, ["", "time / best", "95 % interval"], rows)
    worst = sorted(regrets.regrets, key=lambda r: -r.ratio)[:_WORST]
    console.print_table(
        "Worst shapes",
        ["problem", "precision", "layout", "time / best", "picked", "fastest"],
        [
            [
                r.result.shape.problem.descriptor,
                r.result.shape.precision,
                r.layout,
                text.significant(r.ratio),
                r.picked,
                r.fastest,
            ]
            for r in worst
        ],
        left=(0, 1, 2, 4, 5),
    )
    for fault in regrets.faults:
        console.print_line(f"fault: {fault}")
    within = regrets.within
    console.print_line(
        f"at most {MOST:g} times the best's time on {within.value:.0%} of the shapes "
        f"({_interval(within, 100, ' %')}); limit: on {QUANTILE:.0%}: {regrets.verdict}"
    )
    console.print_line(f"{regrets.wall_s / 60:.1f} minutes; kept: {kept}")


def _figure(figure: Figure) -> list[str]:
    return [text.significant(figure.value, 4), _interval(figure)]


def _interval(figure: Figure, scale: float = 1.0, unit: str = "") -> str:
    low, high = (None if end is None else text.significant(scale * end, 4) for end in (figure.low, figure.high))
    return text.between(low, high, unit)
