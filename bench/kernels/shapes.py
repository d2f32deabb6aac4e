"""Reads the shapes over which kernels are compared, each in a named class, from a committed file for each device.

On the CPU ResNet-50 (strides as in the paper), VGG-16 and MobileNet v1 at batch 1 and 8, the grouped layers of
ResNeXt-50 (32 × 4d), large kernels, few channels, and a few shapes in other precisions. The 63 × 63 kernel on 16
channels of 512 × 512 is left out: one call of the definition is half a TFLOP. That is the list "networks". The list
"sizes" has layers at other sizes of image and with channel counts that are no multiple of 16, by a written rule
(bench.sweep.ordinary_sizes); "extended" is both.

On CUDA ResNet-50 and VGG-16 at batch 32 in each precision and at batch 1 in bf16, the grouped and depthwise layers at
batch 32, and the same large kernels.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from bench.errors import UsageError
from impls import Case, ConvError, ConvProblem
from impls.errors import did_you_mean

# The "winograd" classes have 3 × 3 kernels, stride 1 and 64 channels or more. Outputs of "large" are 28 pixels or more
# wide, the others nearest to 14 or 7.
CPU_CLASSES = (
    "dense", "1x1", "winograd-large", "winograd-14", "winograd-7", "few-channels", "depthwise", "grouped",
    "fft-1ch-31", "fft-1ch-63", "fft-16ch", "bf16", "fp16", "fp64",
)  # fmt: skip
# "winograd": 3 × 3, stride 1, 64 channels or more; "small": batch 1; "large-kernel": 31 × 31 and 63 × 63.
CUDA_CLASSES = (
    "dense-bf16", "dense-fp16", "dense-tf32", "dense-fp32", "winograd-fp32", "small-bf16", "grouped-bf16",
    "depthwise-bf16", "large-kernel",
)  # fmt: skip
CLASSES = {"cpu": CPU_CLASSES, "cuda": CUDA_CLASSES}
# The files of each list, by device; the first list of a device is what is compared by default.
LISTS: dict[str, dict[str, tuple[str, ...]]] = {
    "cpu": {
        "extended": ("shapes_cpu.csv", "shapes_cpu_sizes.csv"), "networks": ("shapes_cpu.csv",),
        "sizes": ("shapes_cpu_sizes.csv",),
    },
    "cuda": {"networks": ("shapes_cuda.csv",)},
}  # fmt: skip
QUICK_SHAPES = 2
# Outputs above these, in the shorter axis, are in the first and in the second class of Winograd's.
_LARGE, _MIDDLE = 20, 10
_FEW_CHANNELS, _MANY_CHANNELS = 4, 64
COLUMNS = ("name", "descriptor", "class", "precision")


@dataclass(frozen=True, slots=True)
class Shape:
    """A problem in a precision on a device; `name` is unique within its class `kind`."""

    name: str
    problem: ConvProblem
    kind: str
    precision: str = "fp32"
    device: str = "cpu"

    def case(self, layout: str) -> Case:
        return Case(self.problem, self.precision, layout, self.device)

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "descriptor": self.problem.descriptor,
            "class": self.kind,
            "precision": self.precision,
            "device": self.device,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Shape:
        """The inverse of `as_dict`; other keys are ignored."""
        problem = ConvProblem.parse(data["descriptor"])
        return cls(data["name"], problem, data["class"], data["precision"], data["device"])


def kind_of(p: ConvProblem) -> str:
    """The class of an ordinary layer in fp32 on the CPU: all but large kernels."""
    if p.is_depthwise:
        return "depthwise"
    if p.groups > 1:
        return "grouped"
    if p.in_channels <= _FEW_CHANNELS:
        return "few-channels"
    if p.kernel == (1, 1):
        return "1x1"
    if p.kernel == (3, 3) and p.stride == p.dilation == (1, 1) and p.in_channels >= _MANY_CHANNELS:
        outputs = min(p.output_size)
        return f"winograd-{'large' if outputs > _LARGE else '14' if outputs > _MIDDLE else '7'}"
    return "dense"


def require_list(name: str | None, device: str = "cpu") -> str:
    """The name of a list of a device, its first one for None. Raises UsageError for an unknown one."""
    lists = LISTS[device]
    if name is not None and name not in lists:
        raise UsageError(
            f"--list {name} is unknown on {device}{did_you_mean(name, lists)}; allowed: {', '.join(lists)}"
        )
    return name or next(iter(lists))


def built_in(device: str = "cpu", name: str = "networks") -> tuple[Shape, ...]:
    """The shapes of a list that is part of convcost."""
    folder = resources.files("bench.kernels")
    return tuple(
        shape
        for file in LISTS[device][name]
        for shape in read((folder / file).read_text(encoding="utf-8"), file, device)
    )


def read(text: str, source: str, device: str = "cpu") -> tuple[Shape, ...]:
    """Shapes from CSV, in the file's order. Raises UsageError with the line."""
    reader = csv.DictReader(io.StringIO(text))
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise UsageError(f"{source}, line 1: the columns must be {','.join(COLUMNS)}")
    found: dict[tuple[str, str], Shape] = {}
    for row in reader:
        shape = _shape(row, f"{source}, line {reader.line_num}", device)
        if (shape.kind, shape.name) in found:
            raise UsageError(f"{source}, line {reader.line_num}: {shape.name!r} occurs twice in {shape.kind}")
        found[shape.kind, shape.name] = shape
    return tuple(found.values())


def _shape(row: dict[str, str], where: str, device: str) -> Shape:
    if row["class"] not in CLASSES[device]:
        raise UsageError(f"{where}: {_unknown(row['class'], device)}")
    try:
        shape = Shape(row["name"], ConvProblem.parse(row["descriptor"]), row["class"], row["precision"], device)
        shape.case("nchw")
    except ConvError as error:
        raise UsageError(f"{where}: {error}") from error
    return shape


def chosen(kinds: Sequence[str], *, quick: bool, device: str = "cpu", name: str = "networks") -> tuple[Shape, ...]:
    """The shapes of some classes of a list (all if none is named), class by class; `quick`: the first two of each.

    Raises UsageError for an unknown class.
    """
    for kind in kinds:
        if kind not in CLASSES[device]:
            raise UsageError(_unknown(kind, device))
    shapes, classes = built_in(device, name), CLASSES[device]
    by_kind = {kind: [s for s in shapes if s.kind == kind] for kind in classes if kind in (kinds or classes)}
    return tuple(s for found in by_kind.values() for s in (found[:QUICK_SHAPES] if quick else found))


def _unknown(kind: str, device: str) -> str:
    allowed = CLASSES[device]
    return f"class {kind!r} is unknown on {device}{did_you_mean(kind, allowed)}; allowed: {', '.join(allowed)}"
