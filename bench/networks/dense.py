"""The dense network on the same image: each convolution as the dense layer between the same maps.

It can learn whatever the convolutions can, and has a weight for each pair of input and output. How many these are is
why convolutions were made.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from bench.calibration.value import Calibration
from bench.cost.counts import dense_equivalent
from bench.cost.roofline import floor_s
from bench.machine.memory import usable_bytes
from bench.machine.torch_threads import torch_threads
from bench.networks.listing import NetworkListing

# In float32.
_BYTES = 4
# Weights of at most this share of the memory are made and timed.
_MEASURED_SHARE = 0.25
_PASSES = 11


@dataclass(frozen=True, slots=True)
class DenseNetwork:
    """Dense layers in place of a network's convolutions: sums over all layers, and the time of one inference in fp32.

    `measured_s` is None where the weights take too much memory; `modelled_s` is the least time by the ceilings of the
    machine, None without any.
    """

    layers: int
    parameters: int
    macs: int
    convolution_parameters: int
    convolution_macs: int
    measured_s: float | None = None
    modelled_s: float | None = None

    @property
    def weight_bytes(self) -> int:
        return _BYTES * self.parameters

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self) | {"flops": 2 * self.macs, "weight_bytes": self.weight_bytes}


def dense_network(listing: NetworkListing) -> DenseNetwork:
    """The dense network beside the covered convolutions of a network, counted."""
    problems = [one.problem for one in listing.covered if one.problem is not None]
    dense = [dense_equivalent(problem) for problem in problems]
    return DenseNetwork(
        len(problems),
        sum(one.parameters for one in dense),
        sum(one.macs for one in dense),
        sum(problem.parameters for problem in problems),
        sum(problem.macs for problem in problems),
    )


def with_times(
    counted: DenseNetwork, listing: NetworkListing, calibration: Calibration | None, threads: int
) -> DenseNetwork:
    """The dense network with its time: measured on the CPU where its weights fit, and modelled by the ceilings."""
    shapes = [_shape(one.problem) for one in listing.covered if one.problem is not None]
    floors = [] if calibration is None else [
        floor_s(2 * batch * ins * outs, _BYTES * (ins * outs + outs + batch * (ins + outs)), "fp32", calibration)
        for batch, ins, outs in shapes
    ]  # fmt: skip
    known = [floor for floor in floors if floor is not None]
    modelled_s = sum(known) if known and len(known) == len(shapes) else None
    fits = counted.weight_bytes <= _MEASURED_SHARE * usable_bytes()
    return replace(counted, modelled_s=modelled_s, measured_s=_measured_s(shapes, threads) if fits else None)


def _shape(problem: Any) -> tuple[int, int, int]:
    """(batch, inputs, outputs) of the dense layer."""
    inputs = problem.in_channels * problem.size[0] * problem.size[1]
    return problem.batch, inputs, problem.outputs // max(1, problem.batch)


def _measured_s(shapes: Sequence[tuple[int, int, int]], threads: int) -> float | None:
    """The median time of one pass through all layers, each on an input of its own."""
    import torch

    with torch_threads(threads), torch.no_grad():
        layers = [(torch.randn(batch, ins), torch.randn(outs, ins), torch.randn(outs)) for batch, ins, outs in shapes]
        times = []
        for _ in range(_PASSES + 1):
            started = time.perf_counter()
            for x, weight, bias in layers:
                torch.nn.functional.linear(x, weight, bias)
            times.append(time.perf_counter() - started)
    # The first pass makes memory and threads ready.
    return statistics.median(times[1:]) if layers else None
