"""A table of convolutions of one subject as columns of numbers, with their times where they were measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impls import registry
from impls.cost_model.plan_work import PlanWork, plan_work
from impls.interface import Case, Work
from impls.precision import PRECISIONS
from impls.problem import ConvProblem

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Integers = NDArray[np.int64]

# What a table does not say: the times of another program, on a device that it does not name.
UNNAMED = "unnamed"
# The columns of `sizes`, in order. Kernel, stride, dilation and output are (height, width); padding is the sum of both
# sides of both axes.
SIZES = (
    "batch", "in_channels", "height", "width", "out_channels", "kernel_h", "kernel_w", "stride_h", "stride_w",
    "dilation_h", "dilation_w", "groups", "out_h", "out_w", "padding",
)  # fmt: skip
_PLACE = {name: column for column, name in enumerate(SIZES)}


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What the times of a table are of: only times of one subject are fitted together.

    `threads` is None on a GPU and where unknown. `data` names the content of the tensors.
    """

    device: str = UNNAMED
    implementation: str = UNNAMED
    precision: str = "fp32"
    threads: int | None = None
    data: str = "normal"

    def __str__(self) -> str:
        threads = "" if self.threads is None else f", threads {self.threads}"
        data = "" if self.data == "normal" else f", data {self.data}"
        return f"{self.implementation} on {self.device} in {self.precision}{threads}{data}"

    @property
    def element_bytes(self) -> int:
        return PRECISIONS[self.precision].bytes


@dataclass(frozen=True, slots=True)
class CostTable:
    """Rows of one subject. Arrays have one entry a row; NaN is unknown.

    `sizes` has the columns SIZES. `flops` and `bytes_moved` are the work that the implementation states, the
    definition's where it states none; `kept_bytes` is what its plan keeps, `workspace_bytes` its temporaries. As the
    plan would choose them (impls.cost_model.plan_work), `slots` and `transforms` are FLOPs of inner loops and of
    transforms, and `ways` name the code that computes a row. `time_s` are measured seconds (joules in a model of
    energy), `scatter` the relative half-width of their 95 % interval. `units` number the lines or families: rows of
    one are alike. `labels` say where a row stands.
    """

    subject: Subject
    sizes: Floats
    is_nhwc: Bools
    flops: Floats
    bytes_moved: Floats
    kept_bytes: Floats
    workspace_bytes: Floats
    slots: Floats
    transforms: Floats
    ways: tuple[str, ...]
    time_s: Floats
    scatter: Floats
    units: Integers
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.sizes)

    def size(self, name: str) -> Floats:
        """The column of a size, by its name in SIZES."""
        return self.sizes[:, _PLACE[name]]

    def only(self, rows: Bools | Integers) -> CostTable:
        """The table of chosen rows."""
        chosen = np.arange(len(self))[rows]
        arrays = (
            "sizes",
            "is_nhwc",
            "flops",
            "bytes_moved",
            "kept_bytes",
            "workspace_bytes",
            "slots",
            "transforms",
            "time_s",
            "scatter",
            "units",
        )
        picked: dict[str, Any] = {name: getattr(self, name)[chosen] for name in arrays}
        return replace(
            self, **picked, ways=tuple(self.ways[i] for i in chosen), labels=tuple(self.labels[i] for i in chosen)
        )

    def with_units(self, units: Integers) -> CostTable:
        return replace(self, units=units)

    @property
    def channels(self) -> Floats:
        """Input channels of a group."""
        return self.size("in_channels") / self.size("groups")

    @property
    def filters(self) -> Floats:
        """Output channels of a group."""
        return self.size("out_channels") / self.size("groups")

    @property
    def taps(self) -> Floats:
        return self.size("kernel_h") * self.size("kernel_w")

    @property
    def pixels(self) -> Floats:
        """Pixels of all outputs of the batch, one channel each."""
        return self.size("batch") * self.size("out_h") * self.size("out_w")

    @property
    def weights(self) -> Floats:
        """Numbers of the kernel tensor, of all groups."""
        return self.size("groups") * self.channels * self.filters * self.taps

    @property
    def inputs(self) -> Floats:
        """Numbers of the input tensor."""
        return self.size("batch") * self.size("in_channels") * self.size("height") * self.size("width")

    @property
    def outputs(self) -> Floats:
        """Numbers of the output tensor."""
        return self.pixels * self.size("out_channels")

    @property
    def macs(self) -> Floats:
        """Multiply–accumulates of the definition."""
        return self.pixels * self.weights

    @property
    def inside(self) -> Floats:
        """The share of products whose input is inside of the image: the others multiply padding.

        Padding is taken as equal on all sides.
        """
        before = np.floor(self.size("padding") / 4)
        return self._inside("h", "height", before) * self._inside("w", "width", before)

    def _inside(self, axis: str, image: str, before: Floats) -> Floats:
        """The share of an axis's taps that are inside of the image, over all outputs."""
        outputs, kernel, stride = self.size(f"out_{axis}"), self.size(f"kernel_{axis}"), self.size(f"stride_{axis}")
        found = np.ones(len(self))
        for taps in np.unique(kernel[before > 0]):
            rows = (kernel == taps) & (before > 0)
            shift = before[rows, None] - np.arange(taps) * self.size(f"dilation_{axis}")[rows, None]
            step, last = stride[rows, None], outputs[rows, None] - 1
            low = np.maximum(0, np.ceil(shift / step))
            high = np.minimum(last, np.floor((self.size(image)[rows, None] - 1 + shift) / step))
            seen = np.maximum(0, high - low + 1).sum(axis=1)
            found[rows] = np.maximum(1, seen) / (taps * outputs[rows])
        return found

    @property
    def compulsory_bytes(self) -> Floats:
        """Bytes of input, weights and output, each moved once."""
        return (self.inputs + self.weights + self.outputs) * self.subject.element_bytes


def table_of(
    subject: Subject,
    cases: Sequence[Case],
    time_s: Sequence[float] | None = None,
    scatter: Sequence[float] | None = None,
    labels: Sequence[str] | None = None,
) -> CostTable:
    """The table of some cases, with the work that the subject's implementation states for each.

    Units number the rows by family; bench.predict.tables.units has other units.
    """
    works, plans = [_work(subject, case) for case in cases], [_plan_work(subject, case) for case in cases]
    unknown = [float("nan")] * len(cases)
    table = CostTable(
        subject,
        np.array([_sizes(case.problem) for case in cases], dtype=np.float64).reshape(len(cases), len(SIZES)),
        np.array([case.layout == "nhwc" for case in cases], dtype=np.bool_),
        _column([work.flops or case.problem.direct_flops for work, case in zip(works, cases, strict=True)]),
        _column([work.bytes_moved or case.compulsory_bytes for work, case in zip(works, cases, strict=True)]),
        _column([work.plan_bytes or 0 for work in works]),
        _column([work.workspace_bytes or 0 for work in works]),
        _column([plan.slots for plan in plans]),
        _column([plan.transform_flops for plan in plans]),
        tuple(plan.way for plan in plans),
        _column(unknown if time_s is None else time_s),
        _column(unknown if scatter is None else scatter),
        np.zeros(len(cases), dtype=np.int64),
        tuple(labels or [case.problem.descriptor for case in cases]),
    )
    return table.with_units(families(table))


def families(table: CostTable) -> Integers:
    """A number for each family: the same layer at any batch, image size, padding and layout."""
    names = ("in_channels", "out_channels", "kernel_h", "kernel_w", "stride_h", "dilation_h", "groups")
    if not len(table):
        return np.zeros(0, dtype=np.int64)
    keys = np.stack([table.size(name) for name in names], axis=1)
    return np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _column(values: Sequence[float | int]) -> Floats:
    return np.array(values, dtype=np.float64)


def _sizes(p: ConvProblem) -> tuple[int, ...]:
    return (
        p.batch, p.in_channels, *p.size, p.out_channels, *p.kernel, *p.stride, *p.dilation, p.groups, *p.output_size,
        sum(map(sum, p.padding)),
    )  # fmt: skip


def _work(subject: Subject, case: Case) -> Work:
    """The work that the implementation states, of nothing where it is unknown here or refuses the case."""
    if subject.implementation not in registry.BUILT_IN:
        return Work()
    implementation = registry.get(subject.implementation)
    return Work() if implementation.why_not(case) else implementation.work(case)


def _plan_work(subject: Subject, case: Case) -> PlanWork:
    """What the plan decides; nothing of the times of another program."""
    return PlanWork() if subject.device == UNNAMED else plan_work(subject.implementation, case)
