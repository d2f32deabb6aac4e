"""Reads tables of layers with measured times: the CSV tables of bench.sweep.layer_tables with further columns.

`time_s` holds seconds. `device`, `implementation`, `precision`, `layout`, `threads` and `data` tell rows apart; without
them all rows are of one unnamed thing in float32 and NCHW.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bench.bounds import MAX_DIGITS, read_text
from bench.cost.layer import LayerSet
from bench.errors import UsageError
from bench.predict.tables.timed import TimedCase
from bench.sweep import layers as layer_files
from bench.sweep.layer_tables import read_rows, separator_of
from bench.sweep.problem_texts import layer_sets, with_bias
from impls import Case, ConvError
from impls.cost_model.cost_table import UNNAMED, Subject
from impls.interface import DEVICES, LAYOUTS
from impls.precision import PRECISIONS

TIME = "time_s"
_ENERGY = ("energy_j", "joules", "gross_j", "net_j", "modelled_j")
_MISSING = ("", "nan", "null", "none", "na")


def read(path: Path) -> list[TimedCase]:
    """The measured rows of a table, each labelled by its line; a missing time is NaN.

    Raises UsageError for a table without the column time_s, and for other texts, with line and column.
    """
    text = _text(path)
    layers = read_rows(text, str(path))
    header, rows = _columns(text)
    if TIME not in header:
        _refuse_without_times(path, header)
    found = []
    for number, (layer, row) in enumerate(zip(layers, rows, strict=True), 2):
        where = f"{path}, line {number}"
        try:
            subject = _subject(row)
            case = Case(layer.problem, subject.precision, row.get("layout") or LAYOUTS[0], _device(subject))
        except (ConvError, ValueError) as error:
            raise UsageError(f"{where}: {error}") from error
        found.append(TimedCase(subject, case, _time(row[TIME], where, header), float("nan"), where))
    return found


def _text(path: Path) -> str:
    layer_files.require_file(path)
    return read_text(path)


def _columns(text: str) -> tuple[list[str], list[dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(text), skipinitialspace=True, delimiter=separator_of(text))
    header = [name.strip() for name in reader.fieldnames or ()]
    reader.fieldnames = header
    rows = [{name: (value or "").strip() for name, value in row.items() if isinstance(name, str)} for row in reader]
    return header, rows


def _refuse_without_times(path: Path, header: list[str]) -> None:
    energy = [name for name in header if name in _ENERGY]
    why = (
        f"the column {energy[0]} holds joules, which are fitted from a run with a meter only (convcost energy-fit)"
        if energy
        else f"it has {', '.join(header)}"
    )
    raise UsageError(f"{path}, line 1: the column {TIME} is missing; {why}; needed: seconds in {TIME}")


def _subject(row: Mapping[str, str]) -> Subject:
    device, threads = row.get("device") or UNNAMED, row.get("threads") or ""
    subject = Subject(device, row.get("implementation") or UNNAMED, row.get("precision") or "fp32")
    if device != UNNAMED and device not in DEVICES:
        raise ValueError(f"device {device!r} is unknown; allowed: {', '.join(DEVICES)}, or no such column")
    if subject.precision not in PRECISIONS:
        raise ValueError(f"precision {subject.precision!r} is unknown; allowed: {', '.join(PRECISIONS)}")
    if threads and not (threads.isdecimal() and 0 < len(threads) <= MAX_DIGITS):
        raise ValueError(f"threads {threads!r} is not a whole number of at most {MAX_DIGITS} digits")
    return replace(subject, threads=int(threads) if threads else None, data=row.get("data") or "normal")


def _device(subject: Subject) -> str:
    """The device of a case; an unnamed one is as good as a CPU to count work."""
    return DEVICES[0] if subject.device == UNNAMED else subject.device


def _time(text: str, where: str, header: list[str]) -> float:
    if text.lower() in _MISSING:
        return float("nan")
    try:
        return float(text)
    except ValueError as error:
        column = header.index(TIME) + 1
        raise UsageError(
            f"{where}, column {column} ({TIME}): {text!r} is not a number of seconds; an empty field is a missing time"
        ) from error


def layers_of(words: list[str], *, bias: bool = False) -> list[LayerSet]:
    """The layers that words name, as bench.sweep.problem_texts reads them; a table keeps all its rows, in order.

    Predicted rows of a table can so be put beside its measured ones.
    """
    found: list[LayerSet] = []
    for word in words:
        if Path(word).suffix == ".csv":
            rows = tuple(read_rows(_text(Path(word)), word))
            found.append(LayerSet(Path(word).stem, tuple(with_bias(row) if bias else row for row in rows)))
        else:
            found += layer_sets([word], bias=bias)
    return found
