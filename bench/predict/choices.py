"""Predicts which implementation `auto` takes for each problem, by its cost model; nothing is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.cost.layer import Layer
from bench.errors import UsageError
from bench.machine.environment import cpu_name
from bench.machine.torch_threads import torch_threads
from bench.rows.python_call import python_call
from impls import Case, registry
from impls.auto import choose, expected_times
from impls.cost_model.model import built_in

# Keys of the machine, as the file of the cost model names them.
_MACHINE = ("cpu", "simd", "threads")


@dataclass(frozen=True, slots=True)
class PredictedTime:
    """The predicted time of one call with its 90 % interval, and the executed FLOPs over those of the definition.

    The latter is None where unknown.
    """

    implementation: str
    time_s: float
    time_lo_s: float
    time_hi_s: float
    of_direct: float | None


@dataclass(frozen=True, slots=True)
class AutoChoice:
    """The implementation that `auto` takes for a case, and the predicted times, fastest first.

    Without a prediction, `auto` takes the first of a fixed list that computes the case. `name` is None, and `reason`
    says why, where `auto` refuses the case.
    """

    layer: Layer
    case: Case
    name: str | None
    reason: str | None
    estimates: tuple[PredictedTime, ...]

    @property
    def time_s(self) -> float | None:
        return self.estimates[0].time_s if self.estimates else None

    @property
    def margin(self) -> float | None:
        """The predicted time of the second over that of the first; None without a second."""
        return self.estimates[1].time_s / self.estimates[0].time_s if len(self.estimates) > 1 else None

    @property
    def python(self) -> str | None:
        """The line that calls the choice from Python."""
        if self.name is None:
            return None
        return python_call(self.case.problem, self.case.precision, self.case.layout, self.name)

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.layer.name,
            "descriptor": self.case.problem.descriptor,
            "count": self.layer.count,
            "bias": self.case.problem.bias,
            "precision": self.case.precision,
            "layout": self.case.layout,
            "device": self.case.device,
            "choice": self.name,
            "reason": self.reason,
            "is_measured": False,
            "predicted": [
                {
                    "implementation": e.implementation,
                    "time_s": e.time_s,
                    "time_lo_s": e.time_lo_s,
                    "time_hi_s": e.time_hi_s,
                    "flops_of_direct": e.of_direct,
                }
                for e in self.estimates
            ],
            "python": self.python,
        }


def choices(
    layers: Sequence[Layer], precisions: Sequence[str], layouts: Sequence[str], devices: Sequence[str], threads: int
) -> list[AutoChoice]:
    """The choice for each layer in each precision, layout and device; in its own precision where it has one.

    Raises impls.ConvError for an unknown precision, layout or device, UsageError if `auto` refuses every case.
    """
    with torch_threads(threads):
        found = [
            _choice(layer, Case(layer.problem, layer.precision or precision, layout, device))
            for device in devices
            for precision in precisions
            for layout in layouts
            for layer in layers
            if layer.precision is None or precision == precisions[0]
        ]
    if not any(choice.name for choice in found):
        raise UsageError(f"auto cannot choose: {found[0].reason}; to measure instead: convcost measure")
    return found


def _choice(layer: Layer, case: Case) -> AutoChoice:
    reason = registry.get("auto").why_not(case)
    if reason is not None:
        return AutoChoice(layer, case, None, reason, ())
    direct_flops = case.problem.direct_flops
    estimates = []
    for name, time in expected_times(case, built_in()).items():
        flops = registry.get(name).work(case).flops
        share = flops / direct_flops if flops is not None and direct_flops else None
        estimates.append(PredictedTime(name, time.time_s, time.time_lo_s, time.time_hi_s, share))
    return AutoChoice(layer, case, choose(case), None, tuple(estimates))


def origin(threads: int) -> dict[str, Any]:
    """Where the cost model was fitted, this machine, and the keys in which they differ."""
    import torch

    made = dict(built_in().made)
    here = {"cpu": cpu_name(), "simd": torch.backends.cpu.get_cpu_capability(), "threads": threads}
    return {"model": made, "here": here, "differs": [key for key in _MACHINE if made.get(key) != here[key]]}
