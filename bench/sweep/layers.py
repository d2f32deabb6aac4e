"""Reads files of layers: descriptor files of oneDNN's benchdnn, and CSV tables.

A descriptor file has one descriptor a line; `#` outside a name starts a comment; a name may end in `*N`: the layer
occurs N times.
A CSV table has the columns n, c_in, h, w, c_out, kh, kw, stride, padding, dilation and groups, in any order. Of further
columns, name, count and bias are read.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from bench.errors import UsageError
from impls import ConvError, ConvProblem
from impls.descriptor import DescriptorError, parse
from impls.padding import PaddingLike, resolve

_COLUMNS = ("n", "c_in", "h", "w", "c_out", "kh", "kw", "stride", "padding", "dilation", "groups")
_BUILT_IN = resources.files("bench.sweep") / "layers"
# A line up to a `#` that is not inside quotes.
_BEFORE_COMMENT = re.compile(r'(?:[^#"]|"[^"]*"?)*')


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer shape of a network: how often it occurs, and the name of its first occurrence."""

    problem: ConvProblem
    name: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class LayerSet:
    """The convolutions of a network, in order."""

    name: str
    layers: tuple[Layer, ...]

    @property
    def macs(self) -> int:
        """Multiply–accumulates of the whole network's convolutions."""
        return sum(layer.count * layer.problem.macs for layer in self.layers)


def built_in_names() -> tuple[str, ...]:
    """Layer sets that come with convcost, by name."""
    return tuple(sorted(f.name.removesuffix(".txt") for f in _BUILT_IN.iterdir() if f.name.endswith(".txt")))


def built_in(name: str) -> LayerSet:
    """A layer set that comes with convcost. Raises UsageError for an unknown name."""
    if name not in built_in_names():
        raise UsageError(f"layer set {name!r} is unknown; allowed: {', '.join(built_in_names())}")
    file = _BUILT_IN / f"{name}.txt"
    return read_descriptors(file.read_text(encoding="utf-8"), name, f"{name}.txt")


def read_file(path: Path) -> LayerSet:
    """A layer set from a .csv table or a descriptor file. Raises UsageError with line and column."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    reader = read_csv if path.suffix == ".csv" else read_descriptors
    return reader(text, path.stem, str(path))


def read_descriptors(text: str, name: str, source: str) -> LayerSet:
    """Descriptors, one a line. Raises UsageError with line and column."""
    layers = []
    for number, line in enumerate(text.splitlines(), 1):
        content = _before_comment(line).strip()
        if not content:
            continue
        try:
            found = parse(content)
            problem = ConvProblem.from_descriptor(found)
        except DescriptorError as error:
            column = error.column + len(line) - len(line.lstrip())
            raise UsageError(f"{source}, line {number}, column {column}: {error.message}") from error
        except ConvError as error:
            raise UsageError(f"{source}, line {number}, column 1: {error}") from error
        layers.append(Layer(problem, found.name or problem.descriptor, found.count))
    return _finish(name, layers, source)


def _before_comment(line: str) -> str:
    match = _BEFORE_COMMENT.match(line)
    assert match, "the pattern matches any text"
    return match[0]


def read_csv(text: str, name: str, source: str) -> LayerSet:
    """A layer table. Raises UsageError with line and column."""
    reader = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    header = [h.strip() for h in reader.fieldnames or ()]
    reader.fieldnames = header
    missing = [c for c in _COLUMNS if c not in header]
    if missing:
        raise UsageError(
            f"{source}, line 1, column 1: the columns {', '.join(missing)} are missing; needed: {', '.join(_COLUMNS)}"
        )
    try:
        layers = [_csv_layer(row, header, f"{source}, line {reader.line_num}") for row in reader]
    except csv.Error as error:
        # The reader counts a line after reading it; it could not read this one.
        raise UsageError(f"{source}, line {reader.line_num + 1}, column 1: {error}") from error
    return _finish(name, layers, source)


def _csv_layer(row: dict[str, str | None], header: list[str], where: str) -> Layer:
    def read(column: str, convert: Callable[[str], int | str], default: str | None = None) -> int | str:
        text = row.get(column) if column in header else default
        try:
            return convert((text or "").strip())
        except ValueError as error:
            index = header.index(column) + 1
            raise UsageError(f"{where}, column {index} ({column}): {text!r} is {error}") from error

    n, c_in, h, w, c_out, kh, kw, stride, dilation, groups = (
        int(read(c, _integer)) for c in _COLUMNS if c != "padding"
    )
    padding: PaddingLike = read("padding", _padding)
    count, bias = int(read("count", _integer, "1")), bool(read("bias", _bias, "0"))
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


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise ValueError("not a whole number") from error


def _bias(text: str) -> int:
    if text not in ("", "0", "1"):
        raise ValueError("not a bias; allowed: 0 or 1")
    return int(text or "0")


def _padding(text: str) -> int | str:
    if text in ("same", "valid"):
        return text
    try:
        return int(text)
    except ValueError as error:
        raise ValueError("not a padding; allowed: same, valid or a whole number") from error


def _finish(name: str, layers: list[Layer], source: str) -> LayerSet:
    if not layers:
        raise UsageError(f"{source} names no layer; allowed: one descriptor a line, or CSV rows under a header")
    return LayerSet(name, tuple(layers))
