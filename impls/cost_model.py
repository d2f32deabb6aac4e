"""What a call of an implementation is expected to cost: a quadratic in logarithms, fitted to measured times.

log₂ seconds is a sum of coefficients × features: the logarithms of what an implementation executes and moves and of the
sizes of the problem, their products in pairs (so that a power law may bend), and how well sizes fill vectors. One
vector of coefficients for each precision, layout and implementation lies in cost_model.json, with how it was made;
`python -m bench.kernels.fit` makes it anew.
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
    main = [
        math.log2(max(1, size))
        for size in (
            p.direct_flops if work.flops is None else work.flops,
            case.compulsory_bytes if work.bytes_moved is None else work.bytes_moved,
            p.batch, channels, filters, p.groups, p.output_size[0] * p.output_size[1], p.kernel[0] * p.kernel[1],
        )
    ]  # fmt: skip
    products = [a * b for a, b in combinations_with_replacement(main, 2)]
    others = (
        _idle(filters), _idle(channels), _idle(p.output_size[1]), p.is_depthwise, channels == 1, filters == 1,
        p.stride != (1, 1), p.dilation != (1, 1), p.kernel == (1, 1), p.padding != ((0, 0), (0, 0)),
        math.log2(p.output_size[1] / p.output_size[0]),
    )  # fmt: skip
    return (1.0, *main, *products, *map(float, others))


def _idle(size: int) -> float:
    """log₂ of the lanes paid for over those used."""
    return math.log2(-(-size // _LANES) * _LANES / size)


@dataclass(frozen=True)
class CostModel:
    """Coefficients by "precision layout implementation", and how they were made."""

    made: Mapping[str, Any]
    coefficients: Mapping[str, Sequence[float]]

    def knows(self, name: str, case: Case) -> bool:
        """Whether something is known of an implementation for such cases."""
        return key(name, case) in self.coefficients

    def seconds(self, name: str, case: Case, work: Work) -> float:
        """The expected time of one call. Raises KeyError for an implementation that it does not know there."""
        own = self.coefficients[key(name, case)]
        return float(2.0 ** sum(a * b for a, b in zip(own, features(case, work), strict=True)))

    def to_json(self) -> str:
        """The file: a line an implementation, so that changes can be read."""
        head = {"format_version": FORMAT_VERSION, "made": dict(self.made), "features": list(NAMES)}
        lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(list(c))}" for name, c in self.coefficients.items())
        return f'{json.dumps(head, indent=2)[:-2]},\n  "coefficients": {{\n{lines}\n  }}\n}}\n'


def key(name: str, case: Case) -> str:
    """What an implementation's coefficients for such cases are called."""
    return f"{case.precision} {case.layout} {name}"


@cache
def built_in() -> CostModel:
    """The model that comes with convcost."""
    data = json.loads((resources.files("impls") / FILE_NAME).read_text(encoding="utf-8"))
    return CostModel(data["made"], data["coefficients"])
