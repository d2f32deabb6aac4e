"""Shows what `convcost validate --range` found: scales with right results, and how far a NaN or an infinity spreads."""

from __future__ import annotations

from bench import format as text
from bench.gate.range import Reach, Scales
from bench.run.ranges import MeasuredRange, Ranges
from bench.terminal import console
from impls import Case

_MEANING = (
    "Right from … to: the scales, powers of two, by which x and the weights, both N(0, 1), may be multiplied alike: "
    "nothing overflows, and underflow costs no accuracy. Its taps: the outputs that read the value by definition; "
    "elsewhere the most outputs that one reaches, rows × columns, from any place on the diagonal of the image."
)

_COLUMNS = ["implementation", "from", "to", "a NaN reaches", "an Inf reaches"]


def show(found: Ranges) -> None:
    """Print a table for each case, the reasons of those without a range, and what the columns mean."""
    for case, possible in found.possible.items():
        own = [one for one in found.found if one.case == case]
        lines = [_cells(one) for one in own if one.scales is not None]
        if lines:
            lines.append(["(the type)", *_powers(possible), "", ""])
            console.print_table(_title(case), _COLUMNS, lines, left=(0, 3, 4))
        reasons: dict[str, list[str]] = {}
        for one in own:
            if one.reason is not None:
                word = "failed" if one.failed else "unsupported"
                reasons.setdefault(f"{word}: {{}} ({one.reason})", []).append(one.implementation)
        for reason, names in reasons.items():
            console.print_line(reason.replace("{}", ", ".join(names)))
    console.print_line(_MEANING)
    if found.left_out:
        console.print_line(f"stopped by --limit: {text.count(found.left_out, 'implementation')} left out")


def _title(case: Case) -> str:
    problem = text.problem(case.problem.descriptor, bias=False)
    return f"Right from … to: {problem}, {case.precision}, {case.layout}, {case.device}"


def _cells(one: MeasuredRange) -> list[str]:
    assert one.scales is not None
    size = one.case.problem.output_size
    return [one.implementation, *_powers(one.scales), _reach(one.nan, size), _reach(one.inf, size)]


def _powers(scales: Scales) -> tuple[str, str]:
    if scales.least is None or scales.greatest is None:
        return "wrong", "wrong"
    return _power(scales.least), _power(scales.greatest)


def _power(power: int) -> str:
    return f"{2.0**power:.0e}"


def _reach(reached: Reach | None, size: tuple[int, int]) -> str:
    if reached is None:
        return text.MISSING
    if reached.is_least:
        return "its taps"
    if reached.crosses:
        return "beyond its image"
    if (reached.rows, reached.columns) == size:
        return "the whole image"
    return f"up to {reached.rows} × {reached.columns}"
