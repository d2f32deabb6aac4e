"""A fit that predicts: a law of counted work, a Gaussian process on what it leaves, and the width of intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from impls.cost_model.cost_table import CostTable, Floats, Subject
from impls.cost_model.law import Law
from impls.cost_model.model_file import number_of, numbers_of, sizes_of
from impls.cost_model.predictions import Predictions
from impls.cost_model.process import CarriedProcess, Places, ProcessReach

_DIGITS = 6
# Octaves and noise are divided by.
_LEAST_REACH = 1e-6


@dataclass(frozen=True, slots=True)
class FittedLawProcess:
    """A law, a process on its deviations, and the width of intervals in standard deviations of the process.

    `carriers` are the rows of the fit that carry the process. Rows of a larger variance than `far`, or of a code path
    that the fit had no row of, are outside. `left_out` is the mean relative error on rows whose unit was left out,
    `common` the correlation of their errors within a unit.
    """

    law: Law
    carriers: CostTable
    process: CarriedProcess
    width: float
    far: float
    paths: tuple[int, ...]
    ways: tuple[str, ...]
    left_out: float
    common: float
    units: int

    def predict(self, table: CostTable) -> Predictions:
        expected, places = places_of(self.law, table)
        mean, variance = self.process.predict(places)
        time_s = expected * np.exp(mean)
        ratio = np.exp(self.width * np.sqrt(variance))
        known = np.isin(self.law.path_of(table), self.paths) & np.isin(np.array(table.ways), self.ways)
        return Predictions(time_s, time_s / ratio, time_s * ratio, (variance > self.far) | ~known)

    def as_dict(self) -> dict[str, Any]:
        own, reach = self.carriers, self.process.reach
        return {
            "law": self.law.as_dict(),
            "reach": {"octaves": reach.octaves, "noise": reach.noise},
            "width": self.width,
            "far": self.far,
            "paths": list(self.paths),
            "ways": list(self.ways),
            "left_out_error": self.left_out,
            "common": self.common,
            "units": self.units,
            "carriers": {
                "layers": np.column_stack([own.sizes, own.is_nhwc]).astype(np.int64).tolist(),
                "flops": _whole(own.flops),
                "slots": _whole(own.slots),
                "transforms": _whole(own.transforms),
                "ways": [self.ways.index(way) for way in own.ways],
                "work_share": self.process.places.work_share.tolist(),
                "weights": self.process.weights.tolist(),
            },
        }

    @classmethod
    def from_dict(cls, subject: Subject, values: Mapping[str, Any]) -> FittedLawProcess:
        """The inverse of `as_dict`. Raises KeyError, TypeError, ValueError or IndexError for other values."""
        law, ways, own = Law.from_dict(values["law"]), tuple(map(str, values["ways"])), values["carriers"]
        layers, weights, share = sizes_of(own["layers"]), numbers_of(own["weights"]), numbers_of(own["work_share"], 0)
        if not len(layers) == len(weights) == len(share):
            raise ValueError("layers and weights have different numbers of rows")
        carriers = _carriers(subject, layers, own, [ways[number] for number in own["ways"]])
        places = Places(np.round(law.places(carriers), _DIGITS), share, law.floor_of(carriers))
        reach = ProcessReach(*(number_of(values["reach"][name], _LEAST_REACH) for name in ("octaves", "noise")))
        return cls(
            law,
            carriers,
            CarriedProcess(places, weights, reach),
            number_of(values["width"], 0),
            number_of(values["far"], 0),
            tuple(map(int, values["paths"])),
            ways,
            number_of(values["left_out_error"], 0),
            number_of(values["common"]),
            int(values["units"]),
        )


def places_of(law: Law, table: CostTable) -> tuple[Floats, Places]:
    """The seconds of the law, and the places, rounded as a file has them: a model that was read predicts the same."""
    expected, share = law.parts(table)
    return expected, Places(np.round(law.places(table), _DIGITS), np.round(share, _DIGITS), law.floor_of(table))


def _carriers(subject: Subject, layers: Floats, values: Mapping[str, Any], ways: list[str]) -> CostTable:
    """A table of what places are made of; nothing else is known of its rows."""
    unknown = np.full(len(layers), np.nan)
    executed, slots, transforms = (numbers_of(values[name], 0) for name in ("flops", "slots", "transforms"))
    if not len(executed) == len(slots) == len(transforms) == len(ways) == len(layers):
        raise ValueError("layers and their work have different numbers of rows")
    return CostTable(
        subject,
        sizes=layers[:, :-1],
        is_nhwc=layers[:, -1] > 0,
        flops=executed,
        bytes_moved=unknown,
        kept_bytes=unknown,
        workspace_bytes=unknown,
        slots=slots,
        transforms=transforms,
        ways=tuple(ways),
        time_s=unknown,
        scatter=unknown,
        units=np.zeros(len(layers), dtype=np.int64),
        labels=("",) * len(layers),
    )


def _whole(values: Floats) -> list[float]:
    """Whole numbers without a fraction, which take less room in a file."""
    return [int(value) if value == int(value) else value for value in values.tolist()]
