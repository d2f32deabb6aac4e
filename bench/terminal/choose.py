"""Shows the choices of `auto`, which are predicted and not measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench import format as text
from bench.cost.layer import LayerSet
from bench.machine.processors import available_threads
from bench.predict.choices import AutoChoice
from bench.predict.regret import MOST
from bench.terminal import console
from impls import Case, registry
from impls.auto import adds_products

# Implementations of one case, the fastest.
_SHOWN = 4
# Lines of a table; the rest is in the JSON.
_LINES = 100
_NAMES = {"cpu": "processor", "simd": "instruction set", "threads": "number of threads"}


def show(choices: Sequence[AutoChoice], origin: Mapping[str, Any], *, wide: bool = False) -> None:
    """Print one choice with its reasons, or a line for each of several, and how sure they are.

    The table of several fits 80 columns; with `wide` it has every column.
    """
    if len(choices) == 1:
        _show_one(choices[0], origin)
    else:
        _show_many(choices, _far_off(origin), wide=wide)
    for line in _how_sure(origin):
        console.print_line(line)
    if any(_assumes_ordinary_sizes(choice) for choice in choices):
        console.print_line(
            'auto assumes values of ordinary size and no NaN; for any values: implementation="auto-safe"'
        )
    if len(choices) == 1:
        console.print_line(f"To be sure: {_measure(choices[0].case, origin)}")
        console.print_line(str(choices[0].python))
    else:
        console.print_line('In Python implementation="auto" takes the same; --json has a line of Python for each.')


def show_left_out(sets: Iterable[LayerSet]) -> None:
    """Print, beside the results, what of pasted text is no layer."""
    for one in sets:
        if one.left_out:
            console.print_error(f"left out: {', '.join(one.left_out)}")


def _assumes_ordinary_sizes(choice: AutoChoice) -> bool:
    """Whether the choice is a transform, which overflows earlier than a sum of products."""
    return choice.name is not None and not adds_products(registry.get(choice.name), choice.case)


def _show_one(choice: AutoChoice, origin: Mapping[str, Any]) -> None:
    case, estimates = choice.case, choice.estimates
    if not estimates:
        console.print_line(
            f"Take {choice.name}. The cost model was fitted to no layer like this in {case.precision}: "
            "nothing is guessed, and this is the first of a fixed list that computes it."
        )
        return
    margin, second = choice.margin, estimates[1].implementation if len(estimates) > 1 else ""
    ahead = ""
    if margin is not None:
        ahead = (
            f", {text.significant(margin, 2)} times as fast as {second}" if margin > MOST else f"; {second} is close"
        )
    doubt = f" This {far_off}." if (far_off := _far_off(origin)) else ""
    console.print_line(f"Take {choice.name}: predicted {text.seconds(choice.time_s, 2)} a call{ahead}.{doubt}")
    rows = [
        [
            e.implementation,
            text.seconds(e.time_s, 2),
            text.between(text.seconds(e.time_lo_s, 2), text.seconds(e.time_hi_s, 2)),
            text.ratio(e.time_s / estimates[0].time_s),
            text.ratio(e.of_direct),
        ]
        for e in estimates[:_SHOWN]
    ]
    place = f"{case.device} ({text.count(origin['here']['threads'], 'thread')})"
    title = f"{text.problem(case.problem.descriptor, bias=case.problem.bias)}, {case.precision}, {case.layout}, {place}"
    columns = ["implementation", "time", "90 % interval", "over best", "FLOPs of direct"]
    console.print_table(f"{title}: predicted, not measured", columns, rows)


def _far_off(origin: Mapping[str, Any]) -> str:
    """What to say beside a choice that a model from elsewhere makes; else empty."""
    differs = [_NAMES[key] for key in origin["differs"]]
    return f"may be far off: the model was fitted with another {' and another '.join(differs)}" if differs else ""


def _measure(case: Case, origin: Mapping[str, Any]) -> str:
    """The command that measures a case."""
    words = ["convcost measure", case.problem.descriptor, *["--bias"] * case.problem.bias]
    words += [f"-p {case.precision}"] * (case.precision != "fp32") + [f"--layout {case.layout}"] * (
        case.layout != "nchw"
    )
    threads = origin["here"]["threads"]
    return " ".join([*words, *[f"--threads {threads}"] * (threads != available_threads())])


def _show_many(choices: Sequence[AutoChoice], doubt: str, *, wide: bool) -> None:
    """A line for each choice; where one table has no room, the next best is left out, then its time over the best."""
    varied = [
        key for key in ("precision", "layout", "device") if len({getattr(choice.case, key) for choice in choices}) > 1
    ]
    is_repeated = any(choice.layer.count > 1 for choice in choices)
    columns = ["layer", *["times"] * is_repeated, *varied, "take", "predicted", "next", "next takes"]
    rows = [
        [
            text.problem(choice.case.problem.descriptor, bias=choice.case.problem.bias),
            *[console.number(choice.layer.count)] * is_repeated,
            *(getattr(choice.case, key) for key in varied),
            choice.name or console.MISSING,
            text.seconds(choice.time_s, 2),
            choice.estimates[1].implementation if choice.margin is not None else console.MISSING,
            text.ratio(choice.margin),
        ]
        for choice in choices[:_LINES]
    ]
    place = ", ".join(getattr(choices[0].case, key) for key in ("precision", "layout", "device") if key not in varied)
    words = [place, "predicted, not measured", doubt]
    following = columns.index("next")
    is_whole = console.print_table(
        "; ".join(filter(None, words)),
        columns,
        rows,
        left=(0, *range(1 + is_repeated, 2 + is_repeated + len(varied)), following),
        spare=() if wide else (following, following + 1),
        under_names=True,
    )
    if not is_whole:
        console.print_line("More columns: --wide")
    if len(choices) > _LINES:
        console.print_line(f"The first {_LINES} of {len(choices):,} lines; --json has all.")
    for reason in dict.fromkeys(choice.reason for choice in choices if choice.reason):
        console.print_line(f"Without a choice: {reason}.")
    _show_totals(choices)


def _show_totals(choices: Sequence[AutoChoice]) -> None:
    """A line for each precision, layout and device: the sum of its times, or that some layers have no prediction."""
    cells: dict[str, list[AutoChoice]] = {}
    for choice in choices:
        cells.setdefault(f"{choice.case.precision}, {choice.case.layout}, {choice.case.device}", []).append(choice)
    if len(cells) == len(choices):
        # A sum of one layer repeats its line of the table.
        return
    for cell, own in cells.items():
        number = sum(choice.layer.count for choice in own)
        layers = f"All {number:,} layers" if number > 1 else "The layer"
        known = [choice.layer.count * choice.time_s for choice in own if choice.time_s is not None]
        if len(known) == len(own):
            console.print_line(f"{layers} in {cell}: predicted {text.seconds(sum(known), 2)}.")
        else:
            lost = sum(choice.layer.count for choice in own if choice.time_s is None)
            console.print_line(f"{layers} in {cell}: no sum, {lost:,} of {number:,} without a predicted time.")


def _how_sure(origin: Mapping[str, Any]) -> list[str]:
    """Sentences on the machine that the model was fitted on, and on how good its choices were."""
    made, here, differs = origin["model"], origin["here"], origin["differs"]
    if differs:
        others = "; ".join(f"{_NAMES[key]} {made.get(key)} there, {here[key]} here" for key in differs)
        first = (
            f"How sure: the model was fitted elsewhere ({others}). "
            "Check it: convcost regret --quick; fit it: convcost learn"
        )
    else:
        threads = text.count(made["threads"], "thread")
        first = f"How sure: the model was fitted on a machine like this one ({made['cpu']}, {threads})."
    checked = made.get("checked")
    if checked is None:
        return [first, "How good its choices are was not measured for this fit; to measure it: convcost regret"]
    low, value, high = (console.MISSING if checked[key] is None else f"{100 * checked[key]:.0f}" for key in
                        ("low", "within", "high"))  # fmt: skip
    return [
        first,
        f"{'There' if differs else 'Here'} its choices were at most {100 * (checked['most'] - 1):.0f} % slower than "
        f"the best on {value} % [{low}–{high}] of {checked['shapes']:,} random shapes, by {checked['by']}.",
    ]
