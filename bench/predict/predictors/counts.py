"""Predictors by one count: FLOPs, parameters, MACs over a floor; and the roofline with fitted or measured ceilings.

Roofline: S. Williams, A. Waterman, D. Patterson, CACM 52(4), 2009.
"""

from __future__ import annotations

import numpy as np

from bench.predict.predictors.curve import Curve, Parameter
from impls.cost_model.cost_table import CostTable, Floats

# How sharply one bound gives way to another where both matter.
_SHARPNESS = 6.0
# Starts of fits; a factor common to all is found first.
_FLOP_S, _BYTE_S, _CALL_S = 1e-12, 1e-11, 1e-6


def soft_maximum(first: Floats | float, second: Floats) -> Floats:
    """The larger of two times, rounded where they meet."""
    larger = np.maximum(first, second)
    found: Floats = larger * ((first / larger) ** _SHARPNESS + (second / larger) ** _SHARPNESS) ** (1 / _SHARPNESS)
    return found


def _by_flops(table: CostTable, x: Floats) -> Floats:
    found: Floats = x[0] * 2 * table.macs
    return found


def _by_parameters(table: CostTable, x: Floats) -> Floats:
    found: Floats = x[0] * table.weights
    return found


def _macs_over_a_floor(table: CostTable, x: Floats) -> Floats:
    return soft_maximum(x[1], x[0] * table.macs)


def _roofline(table: CostTable, x: Floats) -> Floats:
    return soft_maximum(x[0] * 2 * table.macs, x[1] * table.compulsory_bytes)


_ROOFS = (
    Parameter("flop_s", "s/FLOP", "1 / the ceiling of arithmetic", _FLOP_S),
    Parameter("byte_s", "s/byte", "1 / the ceiling of memory", _BYTE_S),
)
FLOPS = Curve(
    "flops", "time in proportion to FLOPs", _by_flops, (Parameter("flop_s", "s/FLOP", "seconds for a FLOP", _FLOP_S),)
)
PARAMETERS = Curve(
    "parameters",
    "time in proportion to the number of weights",
    _by_parameters,
    (Parameter("weight_s", "s/weight", "seconds for a weight", _BYTE_S),),
)
MACS_FLOOR = Curve(
    "macs-floor",
    "time in proportion to MACs, above a floor",
    _macs_over_a_floor,
    (
        Parameter("mac_s", "s/MAC", "seconds for a multiply–accumulate", _FLOP_S),
        Parameter("floor_s", "s", "least time of a call", _CALL_S),
    ),
)
ROOFLINE = Curve("roofline", "the larger of FLOPs and bytes over ceilings that are fitted", _roofline, _ROOFS)


def measured_roofline(flops_per_s: float, bytes_per_s: float) -> Curve:
    """The roofline with ceilings that were measured on the device."""
    return Curve(
        "roofline-measured",
        "the larger of FLOPs and bytes over the measured ceilings",
        _roofline,
        _ROOFS,
        fixed=(1 / flops_per_s, 1 / bytes_per_s),
    )
