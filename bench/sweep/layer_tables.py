"""Reads tables of layers: CSV files.

A table has the columns n, c_in, h, w, c_out, kh, kw, stride, padding, dilation and groups, in any order. Of further
columns, name, count and bias are read. Columns are separated by commas, semicolons or tabs, as in the first line.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from bench.bounds import whole_number
from bench.cost.layer import Layer
from bench.errors import UsageError
from impls import ConvError, ConvProblem
from impls.padding import PaddingLike, resolve

_COLUMNS = ("n", "c_in", "h", "w", "c_out", "kh", "kw", "stride", "padding", "dilation", "groups")
# A header without any of these separators is read as separated by commas.
_SEPARATORS = (",", ";", "\t")
_BIAS = {"": 0, "0": 0, "1": 1, "false": 0, "true": 1}


def read_rows(text: str, source: str) -> list[Layer]:
    """The layers of a table, one a row. Raises UsageError with line and column."""
    reader = csv.DictReader(io.StringIO(text), skipinitialspace=True, delimiter=separator_of(text))
    try:
        header = [h.strip() for h in reader.fieldnames or ()]
    except csv.Error as error:
        raise UsageError(f"{source}, line 1, column 1: {error}") from error
    reader.fieldnames = header
    missing = [c for c in _COLUMNS if c not in header]
    if missing:
        raise UsageError(
            f"{source}, line 1, column 1: the columns {', '.join(missing)} are missing; needed: {', '.join(_COLUMNS)}"
        )
    try:
        return [_csv_layer(row, header, f"{source}, line {reader.line_num}") for row in reader]
    except csv.Error as error:
        # The reader counts a line after reading it; it could not read this one.
        raise UsageError(f"{source}, line {reader.line_num + 1}, column 1: {error}") from error


def separator_of(text: str) -> str:
    """The separator of the columns of a table: that of its first line."""
    return max(_SEPARATORS, key=text.partition("\n")[0].count)


def _csv_layer(row: dict[str, str | None], header: list[str], where: str) -> Layer:
    def read(column: str, convert: Callable[[str], int | str], default: str | None = None) -> int | str:
        text = row.get(column) if column in header else default
        try:
            return convert((text or "").strip())
        except ValueError as error:
            index = header.index(column) + 1
            raise UsageError(f"{where}, column {index} ({column}): {text!r} is {error}") from error

    n, c_in, h, w, c_out, kh, kw, stride, dilation, groups = (
        int(read(c, whole_number)) for c in _COLUMNS if c != "padding"
    )
    padding: PaddingLike = read("padding", _padding)
    count, bias = int(read("count", whole_number, "1")), bool(read("bias", _bias, "0"))
    try:
        if min(kh, kw, stride, dilation) < 1 or count < 1:
            raise ConvError("kernel, stride, dilation and count must be at least 1")
        sides = resolve(padding, (h, w), (kh, kw), (stride, stride), (dilation, dilation))
        problem = ConvProblem(
            n, c_in, (h, w), c_out, (kh, kw), (stride, stride), sides, (dilation, dilation), groups, bias
        )
    except ConvError as error:
        raise UsageError(f"{where}, column 1: {error}") from error
    return Layer(problem, (row.get("name") or "").strip() or problem.descriptor, count)


def _bias(text: str) -> int:
    found = _BIAS.get(text.lower())
    if found is None:
        raise ValueError("not a bias; allowed: 0, 1, true or false")
    return found


def _padding(text: str) -> int | str:
    if text in ("same", "valid"):
        return text
    try:
        return whole_number(text)
    except ValueError as error:
        raise ValueError("not a padding; allowed: same, valid or a whole number") from error
