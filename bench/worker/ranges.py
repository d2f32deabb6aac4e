"""The child's work on the range of one implementation: bench.gate.range, in plain data."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from bench.gate.range import possible_scales, reach, scales
from bench.worker import loading
from bench.worker.admission import refusal
from bench.worker.protocol import case_from_dict


def measured(case: dict[str, Any], implementation: str, seed: int) -> dict[str, Any]:
    """The scales, and the reaches of a NaN and an infinity; the reason alone where it refuses the case."""
    wanted, made = case_from_dict(case), loading.make(implementation)
    reason, _ = refusal(made, wanted)
    if reason:
        return {"reason": reason}
    return {
        "scales": asdict(scales(made, wanted, seed)),
        "nan": asdict(reach(made, wanted, seed, math.nan)),
        "inf": asdict(reach(made, wanted, seed, math.inf)),
    }


def possible(case: dict[str, Any], seed: int) -> dict[str, Any]:
    """The scales that the type itself allows."""
    return asdict(possible_scales(case_from_dict(case), seed))
