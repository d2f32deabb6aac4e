"""What a call of an implementation is expected to cost: a quadratic in logarithms, and what shapes nearby deviate by.

log₂ seconds is a sum of coefficients × features (the logarithms of what an implementation executes and moves and of the
sizes of the problem, their products in pairs so that a power law may bend, and how well sizes fill vectors), plus the
deviations of measured shapes, less the further they are: kriging with an exponential covariance (N. A. C. Cressie,
"Statistics for Spatial Data", 1993, section 3.4). Coefficients and weights for each precision, layout and
implementation lie in cost_model.json, with how they were made; `python -m bench.kernels.fit` makes them anew.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import combinations_with_replacement
from typing import Any

from impls.interface import Case, Work

FORMAT_VERSION = "1.0"
FILE_NAME = "cost_model.json"
# Octaves of all sizes together after which a deviation is down to 1/e.
REACH_OCTAVES = 4.0
# Elements of a vector of 512 bits in fp32: sizes that are no multiple leave lanes idle.
_LANES = 16
# Of the logarithms: executed FLOPs, bytes moved, images, channels and filters of a group, groups, pixels, taps.
_MAIN = ("flops", "bytes", "batch", "channels", "filters", "groups", "pixels", "taps")
_OTHERS = (
    "idle lanes of filters", "idle lanes of channels", "idle lanes of width", "depthwise", "one channel",
    "one filter", "strided", "dilated", "pointwise", "padded", "flat",
)  # fmt: skip
NAMES = ("one", *_MAIN, *(f"{a} × {b}" for a, b in combinations_with_replacement(_MAIN, 2)), *_OTHERS)


def features(case: Case, work: Work) -> tuple[float, ...]:
    """The features of a case that an implementation spends `work` on, in the order of NAMES; the first is 1."""
    p = case.problem
    channels, filters = p.in_channels // p.groups, p.out_channels // p.groups
    executed = p.direct_flops if work.flops is None else work.flops
    moved = case.compulsory_bytes if work.bytes_moved is None else work.bytes_moved
    main = [_log(executed), _log(moved), *place(case)]
    products = [a * b for a, b in combinations_with_replacement(main, 2)]
    others = (
        _idle(filters), _idle(channels), _idle(p.output_size[1]), p.is_depthwise, channels == 1, filters == 1,
        p.stride != (1, 1), p.dilation != (1, 1), p.kernel == (1, 1), p.padding != ((0, 0), (0, 0)),
        math.log2(p.output_size[1] / p.output_size[0]),
    )  # fmt: skip
    return (1.0, *main, *products, *map(float, others))


def place(case: Case) -> tuple[float, ...]:
    """Where a case lies among others: log₂ of images, channels and filters of a group, groups, pixels, taps."""
    p = case.problem
    per_group = p.in_channels // p.groups, p.out_channels // p.groups
    pixels, taps = p.output_size[0] * p.output_size[1], p.kernel[0] * p.kernel[1]
    return tuple(map(_log, (p.batch, *per_group, p.groups, pixels, taps)))


def nearness(a: Sequence[float], b: Sequence[float]) -> float:
    """1 for the same place, towards 0 for far ones."""
    return math.exp(-math.dist(a, b) / REACH_OCTAVES)


def _log(size: int) -> float:
    return math.log2(max(1, size))


def _idle(size: int) -> float:
    """log₂ of the lanes paid for over those used."""
    return math.log2(-(-size // _LANES) * _LANES / size)


@dataclass(frozen=True)
class CostModel:
    """Coefficients by "precision layout implementation", weights of measured shapes likewise, and how they were made.

    `places` are those of the shapes by precision; a weight for each.
    """

    made: Mapping[str, Any]
    coefficients: Mapping[str, Sequence[float]]
    places: Mapping[str, Sequence[Sequence[float]]]
    weights: Mapping[str, Sequence[float]]

    def knows(self, name: str, case: Case) -> bool:
        """Whether something is known of an implementation for such cases."""
        return key(name, case) in self.coefficients

    def seconds(self, name: str, case: Case, work: Work) -> float:
        """The expected time of one call. Raises KeyError for an implementation that it does not know there."""
        own, here = key(name, case), place(case)
        trend = sum(a * b for a, b in zip(self.coefficients[own], features(case, work), strict=True))
        near = zip(self.weights[own], self.places[case.precision], strict=True)
        return float(2.0 ** (trend + sum(weight * nearness(here, there) for weight, there in near if weight)))

    def to_json(self) -> str:
        """The file: a line an implementation, so that changes can be read."""
        head = {"format_version": FORMAT_VERSION, "made": dict(self.made), "features": list(NAMES)}
        parts = (("coefficients", self.coefficients), ("places", self.places), ("weights", self.weights))
        tables = [f'  "{name}": {{\n{_lines(table)}\n  }}' for name, table in parts]
        return ",\n".join([json.dumps(head, indent=2)[:-2], *tables]) + "\n}\n"


def _lines(table: Mapping[str, Sequence[Any]]) -> str:
    rows = (f"    {json.dumps(name)}: {json.dumps(row, separators=(',', ':'))}" for name, row in table.items())
    return ",\n".join(rows)


def key(name: str, case: Case) -> str:
    """What an implementation's coefficients for such cases are called."""
    return f"{case.precision} {case.layout} {name}"


@cache
def built_in() -> CostModel:
    """The model that comes with convcost."""
    data = json.loads((resources.files("impls") / FILE_NAME).read_text(encoding="utf-8"))
    return CostModel(data["made"], data["coefficients"], data["places"], data["weights"])
