"""Every predictor by its name. A new one is a file in this folder and a line here."""

from __future__ import annotations

from bench.errors import UsageError
from bench.predict.predictors import alpha_flops, counts
from bench.predict.predictors.law_process import LawProcess
from bench.predict.predictors.protocol import Predictor
from impls.errors import did_you_mean

# The one that a model has unless another is asked for.
DEFAULT = LawProcess.name
PREDICTORS: tuple[Predictor, ...] = (
    counts.FLOPS, counts.PARAMETERS, counts.MACS_FLOOR, counts.ROOFLINE, alpha_flops.ALPHA_PUBLISHED,
    alpha_flops.ALPHA_REFITTED, alpha_flops.ALPHA_FLOOR, LawProcess(),
)  # fmt: skip
NAMES = tuple(predictor.name for predictor in PREDICTORS)


def get(name: str) -> Predictor:
    """The predictor of a name. Raises UsageError for an unknown one."""
    for predictor in PREDICTORS:
        if predictor.name == name:
            return predictor
    raise UsageError(f"predictor {name!r} is unknown{did_you_mean(name, NAMES)}; allowed: {', '.join(NAMES)}")
