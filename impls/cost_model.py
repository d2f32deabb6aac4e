"""Predicts the time of a call of an implementation: a quadratic in logarithms, corrected by measured shapes nearby.

log₂ seconds is a sum of coefficients × features, plus deviations of measured shapes. Features are the logarithms of an
implementation's FLOPs, bytes and memory and of the problem's sizes, their products in pairs (so that a power law may
bend), and how well sizes fill vectors. Deviations count less the further away a shape is, and less for another
precision or layout: kriging with an exponential covariance (N. A. C. Cressie, "Statistics for Spatial Data", 1993,
section 3.4). Coefficients and weights for each precision, layout and implementation are in cost_model.json, with their
origin; `convcost learn` makes them anew.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import combinations_with_replacement
from operator import mul
from typing import Any

from impls.interface import LAYOUTS, Case, Work

FORMAT_VERSION = "1.0"
FILE_NAME = "cost_model.json"
# Octaves of distance, over all sizes, at which a deviation has decayed to 1/e.
REACH_OCTAVES = 4.0
# The share of a deviation that holds for the same shape in another precision, and in the other layout.
OTHER_PRECISION, OTHER_LAYOUT = 0.5, 0.5
# Octaves of distance for a doubled stride or dilation.
_STEP_OCTAVES = 1.0
# Bytes of the widest vector, and the least bytes of its lanes (float32): other sizes than multiples leave lanes idle.
_VECTOR_BYTES, _LEAST_LANE_BYTES = 64, 4
# Features that are logarithms: executed FLOPs, bytes moved, bytes of the plan and of the workspace, images, channels
# and filters of a group, groups, pixels, taps.
_MAIN = ("flops", "bytes", "plan", "workspace", "batch", "channels", "filters", "groups", "pixels", "taps")
_OTHERS = (
    "idle lanes of filters", "idle lanes of channels", "idle lanes of width", "depthwise", "one channel",
    "one filter", "strided", "dilated", "pointwise", "padded", "flat",
)  # fmt: skip
TIMES = " × "
NAMES = ("one", *_MAIN, *(f"{a}{TIMES}{b}" for a, b in combinations_with_replacement(_MAIN, 2)), *_OTHERS)


def features(case: Case, work: Work) -> tuple[float, ...]:
    """The features of a case on which an implementation spends `work`, in the order of NAMES; the first is 1."""
    p = case.problem
    channels, filters = p.in_channels // p.groups, p.out_channels // p.groups
    lanes = _VECTOR_BYTES // max(_LEAST_LANE_BYTES, case.numbers.bytes)
    executed = p.direct_flops if work.flops is None else work.flops
    moved = case.compulsory_bytes if work.bytes_moved is None else work.bytes_moved
    kept = (_log(bytes_ or 0) for bytes_ in (work.plan_bytes, work.workspace_bytes))
    main = [_log(executed), _log(moved), *kept, *_sizes(case)]
    products = [a * b for a, b in combinations_with_replacement(main, 2)]
    others = (
        *(_idle(size, lanes) for size in (filters, channels, p.output_size[1])), p.is_depthwise, channels == 1,
        filters == 1, p.stride != (1, 1), p.dilation != (1, 1), p.kernel == (1, 1), p.padding != ((0, 0), (0, 0)),
        math.log2(p.output_size[1] / p.output_size[0]),
    )  # fmt: skip
    return (1.0, *main, *products, *map(float, others))


def place(case: Case) -> tuple[float, ...]:
    """The coordinates of a case, in octaves: its sizes, stride and dilation."""
    steps = (_log(case.problem.stride[0]), _log(case.problem.dilation[0]))
    return (*_sizes(case), *(_STEP_OCTAVES * step for step in steps))


def _sizes(case: Case) -> tuple[float, ...]:
    """log₂ of images, channels and filters of a group, groups, pixels and taps."""
    p = case.problem
    per_group = p.in_channels // p.groups, p.out_channels // p.groups
    pixels, taps = p.output_size[0] * p.output_size[1], p.kernel[0] * p.kernel[1]
    return tuple(map(_log, (p.batch, *per_group, p.groups, pixels, taps)))


def nearness(a: Sequence[float], b: Sequence[float]) -> float:
    """1 for the same place, close to 0 for places far away."""
    return math.exp(-math.dist(a, b) / REACH_OCTAVES)


def alike(a: str, b: str, otherwise: float) -> float:
    """1 if a and b are the same, else `otherwise`."""
    return 1.0 if a == b else otherwise


def _log(size: int) -> float:
    return math.log2(max(1, size))


def _idle(size: int, lanes: int) -> float:
    """log₂ of the ratio of computed lanes to used lanes."""
    return math.log2(-(-size // lanes) * lanes / size)


@dataclass(frozen=True)
class CostModel:
    """Coefficients and weights by "precision layout implementation", and their origin (`made`).

    `made` names the machine, and under `checked` how good the choices were on other shapes, where that was measured.
    `places` are the coordinates of the measured shapes by precision; each shape has a weight.
    """

    made: Mapping[str, Any]
    coefficients: Mapping[str, Sequence[float]]
    places: Mapping[str, Sequence[Sequence[float]]]
    weights: Mapping[str, Sequence[float]]

    def knows(self, name: str, case: Case) -> bool:
        """Whether the model covers an implementation for this precision and layout."""
        return key(name, case) in self.coefficients

    def seconds(self, name: str, case: Case, work: Work) -> float:
        """The expected time of one call, in seconds. Raises KeyError for an implementation unknown to the model."""
        return self.times(case, {name: work})[name]

    def times(self, case: Case, works: Mapping[str, Work]) -> dict[str, float]:
        """The expected times of several implementations, in seconds; faster than one after the other."""
        here = place(case)
        near = {p: [alike(p, case.precision, OTHER_PRECISION) * nearness(here, there) for there in places]
                for p, places in self.places.items()}  # fmt: skip
        return {name: 2.0 ** (self._trend(name, case, work) + self._deviation(name, case, near))
                for name, work in works.items()}  # fmt: skip

    def _trend(self, name: str, case: Case, work: Work) -> float:
        return sum(a * b for a, b in zip(self.coefficients[key(name, case)], features(case, work), strict=True))

    def _deviation(self, name: str, case: Case, near: Mapping[str, Sequence[float]]) -> float:
        """The deviation by the shapes measured in all precisions and layouts; `near` are the weights of distance."""
        found = 0.0
        for precision, nearnesses in near.items():
            for layout in LAYOUTS:
                weights = self.weights.get(f"{precision} {layout} {name}", ())
                said = sum(map(mul, weights, nearnesses))
                found += alike(layout, case.layout, OTHER_LAYOUT) * said
        return found

    def to_json(self) -> str:
        """The text of the file: a line for each implementation, so that changes are readable."""
        head = {"format_version": FORMAT_VERSION, "made": dict(self.made), "features": list(NAMES)}
        parts = (("coefficients", self.coefficients), ("places", self.places), ("weights", self.weights))
        tables = [f'  "{name}": {{\n{_lines(table)}\n  }}' for name, table in parts]
        return ",\n".join([json.dumps(head, indent=2)[:-2], *tables]) + "\n}\n"


def _lines(table: Mapping[str, Sequence[Any]]) -> str:
    rows = (f"    {json.dumps(name)}: {json.dumps(row, separators=(',', ':'))}" for name, row in table.items())
    return ",\n".join(rows)


def key(name: str, case: Case) -> str:
    """The key of an implementation's coefficients for a case's precision and layout."""
    return f"{case.precision} {case.layout} {name}"


@cache
def built_in() -> CostModel:
    """The model that comes with convcost."""
    data = json.loads((resources.files("impls") / FILE_NAME).read_text(encoding="utf-8"))
    return CostModel(data["made"], data["coefficients"], data["places"], data["weights"])
