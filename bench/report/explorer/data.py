"""The data of a run as the page holds it: columns, not rows of objects, and what cases share only once."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from bench.report.explorer.bins import BINS, MOST_POINTS, bins_of
from bench.report.explorer.columns import OFFERS
from bench.report.explorer.lines import PageLine, lines_of
from bench.report.explorer.offers import Offer
from bench.report.findings.cases import GROUP_AXES, Axis, fixed_sizes
from bench.report.sections.study import Study
from bench.store.column_types import describe
from bench.store.schema import Row

if TYPE_CHECKING:
    from bench.store.runs import Run

# Digits of a number: a thousandth of the narrowest interval that a run has had. The tables of the run have all.
_DIGITS = 6
# Whole numbers up to here are exact in a script.
_EXACT = 2**53
# Stands for the implementation in the command of a case.
IMPLEMENTATION = "\x00"


def page_data(study: Study, run: Run) -> dict[str, Any]:
    """Everything that the script of the page reads; plain values that JSON can hold, missing ones are None."""
    lines = lines_of(study, run.measurements)
    cases: dict[tuple[object, str], int] = {}
    of_row = [cases.setdefault((line.result.group, line.result.case_key), len(cases)) for line in lines]
    firsts = _firsts(lines, of_row)
    axes = [axis for axis in study.axes if axis.name not in GROUP_AXES and len(axis.values) > 1]
    held = {offer.key: _held(offer, firsts if offer.of_case else lines) for offer in OFFERS}
    known = [offer for offer in OFFERS if _has_values(offer, held)]
    templates = [_template(line) for line in firsts]
    return {
        "name": str(study.meta.get("name") or "run"),
        "axes": [_axis(axis) for axis in axes],
        "columns": [_column(offer) for offer in known],
        "cases": {o.key: held[o.key] for o in known if o.of_case}
        | {"places": _places(firsts, axes), "command": templates, "rest": _rest(firsts, axes)},
        "rows": {o.key: held[o.key] for o in known if not o.of_case and not o.is_range}
        | {"case": of_row, "command": _other_commands(lines, [templates[case] for case in of_row])},
        "marks": {name: [mark.colour, mark.marker, mark.is_hollow] for name, mark in study.marks.items()},
        "most_points": MOST_POINTS,
        "bins": (_bins(known, held, of_row) | _axis_bins(axes, firsts, of_row)) if len(lines) > MOST_POINTS else {},
    }


def _firsts(lines: Sequence[PageLine], of_row: Sequence[int]) -> list[PageLine]:
    """The first row of each case, in the order of the cases."""
    found: dict[int, PageLine] = {}
    for line, case in zip(lines, of_row, strict=True):
        found.setdefault(case, line)
    return list(found.values())


def _axis(axis: Axis) -> dict[str, Any]:
    return {
        "name": axis.name, "values": list(axis.ordered), "baseline": axis.baseline, "is_number": axis.is_numeric,
    }  # fmt: skip


def _column(offer: Offer) -> dict[str, Any]:
    meanings = {column.name: column.meaning for column in describe(Row)}
    said = {
        "key": offer.key, "label": offer.label, "group": offer.group, "unit": offer.unit,
        "meaning": offer.meaning or meanings.get(offer.key, ""), "is_text": offer.is_text, "of_case": offer.of_case,
        "ends": offer.ends, "is_end": offer.is_end, "is_range": offer.is_range, "energy": offer.energy,
    }  # fmt: skip
    return {name: value for name, value in said.items() if value}


def _held(offer: Offer, lines: Sequence[PageLine]) -> Any:
    values = [offer.of(line) for line in lines]
    return _texts(values) if offer.is_text else [_number(value) for value in values]


def _texts(values: Iterable[object]) -> dict[str, list[Any]]:
    """Each text once, and the place of each value among them; -1 where it is missing or empty."""
    words: dict[str, int] = {}
    codes = [-1 if value is None or value == "" else words.setdefault(str(value), len(words)) for value in values]
    return {"words": list(words), "codes": codes}


def _number(value: object) -> float | int | None:
    if not isinstance(value, int | float) or not math.isfinite(value):
        return None
    if value == int(value) and abs(value) < _EXACT:
        return int(value)
    return float(f"{value:.{_DIGITS}g}")


def _has_values(offer: Offer, held: dict[str, Any]) -> bool:
    """Whether any row has a value: what a run knows nothing of is not offered."""
    if offer.is_range and offer.ends:
        return any(value is not None for value in held[offer.ends[0]])
    if offer.is_text:
        return bool(held[offer.key]["words"])
    return any(value is not None for value in held[offer.key])


def _places(firsts: Sequence[PageLine], axes: Sequence[Axis]) -> list[list[tuple[int, ...]]]:
    """For each case its places on the axes: the number of its value on each axis, -1 for none."""
    numbers = [(axis.name, {value: number for number, value in enumerate(axis.ordered)}) for axis in axes]
    return [
        list(
            dict.fromkeys(
                tuple(known.get(point.get(name, ""), -1) for name, known in numbers) for point in line.result.points
            )
        )
        for line in firsts
    ]


def _rest(firsts: Sequence[PageLine], axes: Sequence[Axis]) -> list[list[int]]:
    """For each axis the number of what else is fixed in a case: only cases that agree in it are on one line."""
    columns = []
    for axis in axes:
        seen: dict[object, int] = {}
        columns.append([seen.setdefault(str(fixed_sizes(axis, line.result)), len(seen)) for line in firsts])
    return columns


def _template(line: PageLine) -> str:
    """The command of a case with a mark where the implementation stands."""
    name = shlex.quote(line.result.implementation)
    return line.result.command.replace(f" -i {name}", f" -i {IMPLEMENTATION}", 1)


def _other_commands(lines: Sequence[PageLine], templates: Sequence[str]) -> dict[str, str]:
    """The commands that do not follow from that of their case, by the number of the row."""
    return {
        str(row): line.result.command
        for row, (line, template) in enumerate(zip(lines, templates, strict=True))
        if line.result.command != template.replace(IMPLEMENTATION, shlex.quote(line.result.implementation))
    }


def _bins(known: Sequence[Offer], held: dict[str, Any], of_row: Sequence[int]) -> dict[str, Any]:
    """Bins of every column of numbers, a code for each row."""
    found = {}
    for offer in known:
        if offer.is_text or offer.is_range:
            continue
        values = held[offer.key]
        made = bins_of([values[case] for case in of_row] if offer.of_case else values)
        if made is not None:
            found[offer.key] = made.as_dict()
    return found


def _axis_bins(axes: Sequence[Axis], firsts: Sequence[PageLine], of_row: Sequence[int]) -> dict[str, Any]:
    """Bins of the axes of numbers with many values; a case that lies on an axis several times counts at the first."""
    found = {}
    for axis in axes:
        if not axis.is_numeric or len(axis.values) <= BINS:
            continue
        at = [next((float(p[axis.name]) for p in line.result.points if axis.name in p), None) for line in firsts]
        made = bins_of([at[case] for case in of_row])
        if made is not None:
            found[f"axis.{axis.name}"] = made.as_dict()
    return found
