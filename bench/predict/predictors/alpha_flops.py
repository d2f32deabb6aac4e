"""α-FLOPs: FLOPs that count less the more pixels they are spread over.

A. Asperti, D. Evangelista, M. Marzolla, "Dissecting FLOPs along input dimensions for GreenAI cost estimations", LOD
2021 (arXiv 2107.11949), section 4: α_K(S) = ((S_K + β_K · (S − S_K)) / S)^γ_K with S = H·W, S_K = 1 + ln K, K = K1·K2,
and time = α · MACs / speed. β and γ have two values, for K = 1 and for K > 1. The constants "as published" are those of
the paper's program (asperti/alpha_flops_dataset, make_plots.py), for a Quadro T2000: they hold for no other device.
"""

from __future__ import annotations

import numpy as np

from bench.predict.predictors.counts import soft_maximum
from bench.predict.predictors.curve import Curve, Parameter
from impls.cost_model.cost_table import CostTable, Floats

# 0.0375 ms for a million of α-MACs; β and γ for K = 1 and for K > 1.
PUBLISHED = (0.0375e-9, 0.02, 0.001, 0.99, 0.56)
_FLOOR_S = 1e-4

_CONSTANTS = (
    Parameter("mac_s", "s/MAC", "seconds for a multiply–accumulate on one pixel", PUBLISHED[0]),
    Parameter("beta_1", "1", "share of a further pixel, 1 × 1 kernels", PUBLISHED[1]),
    Parameter("beta_k", "1", "share of a further pixel, larger kernels", PUBLISHED[2]),
    Parameter("gamma_1", "1", "exponent, 1 × 1 kernels", PUBLISHED[3], is_positive=False),
    Parameter("gamma_k", "1", "exponent, larger kernels", PUBLISHED[4], is_positive=False),
)


def alpha(table: CostTable, beta: tuple[float, float], gamma: tuple[float, float]) -> Floats:
    """α of each row, by β and γ for K = 1 and for K > 1; 1 for one pixel."""
    taps, pixels = table.taps, np.maximum(1.0, table.pixels)
    is_one = taps == 1
    first = np.minimum(1 + np.log(taps), pixels)
    ratio = (first + np.where(is_one, *beta) * (pixels - first)) / pixels
    found: Floats = ratio ** np.where(is_one, *gamma)
    return found


def _time_s(table: CostTable, x: Floats) -> Floats:
    found: Floats = x[0] * alpha(table, (x[1], x[2]), (x[3], x[4])) * table.macs
    return found


def _over_a_floor(table: CostTable, x: Floats) -> Floats:
    return soft_maximum(x[5], _time_s(table, x))


ALPHA_PUBLISHED = Curve(
    "alpha-flops", "α-FLOPs with the published constants (a Quadro T2000)", _time_s, _CONSTANTS, fixed=PUBLISHED
)
ALPHA_REFITTED = Curve("alpha-flops-refitted", "α-FLOPs with constants of this device", _time_s, _CONSTANTS)
ALPHA_FLOOR = Curve(
    "alpha-flops-floor",
    "α-FLOPs with constants of this device, above a floor",
    _over_a_floor,
    (*_CONSTANTS, Parameter("floor_s", "s", "least time of a call", _FLOOR_S)),
)
