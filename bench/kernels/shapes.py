"""The shapes over which kernels are held against others, each in a named class: shapes.csv, read and checked.

ResNet-50 (strides as in the paper), VGG-16 and MobileNet v1 at batch 1 and 8, the grouped layers of ResNeXt-50
(32 × 4d), large kernels, few channels, and a few shapes in other precisions. The 63 × 63 kernel on 16 channels of
512 × 512 is left out: one call of the definition is half a TFLOP.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from bench.errors import UsageError
from impls import Case, ConvError, ConvProblem
from impls.errors import did_you_mean

# "winograd": 3 × 3, stride 1, 64 channels or more, by the size of the output: 28 and more, 14, 7.
CLASSES = (
    "dense", "1x1", "winograd-large", "winograd-14", "winograd-7", "few-channels", "depthwise", "grouped",
    "fft-1ch-31", "fft-1ch-63", "fft-16ch", "bf16", "fp16", "fp64",
)  # fmt: skip
QUICK_SHAPES = 2
_COLUMNS = ("name", "descriptor", "class", "precision")
_FILE = "shapes.csv"


@dataclass(frozen=True, slots=True)
class Shape:
    """A problem in a precision, under a name that is its own within its class."""

    name: str
    problem: ConvProblem
    kind: str
    precision: str = "fp32"

    def case(self, layout: str) -> Case:
        return Case(self.problem, self.precision, layout)


def built_in() -> tuple[Shape, ...]:
    """The shapes that come with convcost."""
    return read((resources.files("bench.kernels") / _FILE).read_text(encoding="utf-8"), _FILE)


def read(text: str, source: str) -> tuple[Shape, ...]:
    """Shapes from CSV, in the file's order. Raises UsageError with the line."""
    reader = csv.DictReader(io.StringIO(text))
    if tuple(reader.fieldnames or ()) != _COLUMNS:
        raise UsageError(f"{source}, line 1: the columns must be {','.join(_COLUMNS)}")
    found: dict[tuple[str, str], Shape] = {}
    for row in reader:
        shape = _shape(row, f"{source}, line {reader.line_num}")
        if (shape.kind, shape.name) in found:
            raise UsageError(f"{source}, line {reader.line_num}: {shape.name!r} is there twice in {shape.kind}")
        found[shape.kind, shape.name] = shape
    return tuple(found.values())


def _shape(row: dict[str, str], where: str) -> Shape:
    if row["class"] not in CLASSES:
        raise UsageError(f"{where}: {_unknown(row['class'])}")
    try:
        shape = Shape(row["name"], ConvProblem.parse(row["descriptor"]), row["class"], row["precision"])
        shape.case("nchw")
    except ConvError as error:
        raise UsageError(f"{where}: {error}") from error
    return shape


def chosen(kinds: Sequence[str], *, quick: bool) -> tuple[Shape, ...]:
    """The shapes of some classes (all if none is named), class by class; `quick`: the first two of each.

    Raises UsageError for a class that is not there.
    """
    for kind in kinds:
        if kind not in CLASSES:
            raise UsageError(_unknown(kind))
    shapes = built_in()
    by_kind = {kind: [s for s in shapes if s.kind == kind] for kind in CLASSES if kind in (kinds or CLASSES)}
    return tuple(s for found in by_kind.values() for s in (found[:QUICK_SHAPES] if quick else found))


def _unknown(kind: str) -> str:
    return f"class {kind!r} is unknown{did_you_mean(kind, CLASSES)}; allowed: {', '.join(CLASSES)}"
