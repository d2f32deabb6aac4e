"""Compares predicted totals of networks with measured ones: python -m bench.sweep.network_totals MODEL REGRET…

MODEL is a file of `convcost fit` or `convcost learn`, REGRET are files that `convcost regret NETWORKS` wrote: layers
that the model was not fitted to. A network counts where every one of its layers was measured.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.cost.layer import LayerSet
from bench.errors import InfrastructureError, UsageError
from bench.format import count, seconds
from bench.predict import shape_times, time_model
from bench.predict.expected import ExpectedLayer, expected, total
from bench.predict.time_model import TimeModel
from bench.sweep import layers as layer_files
from impls import ConvProblem
from impls.cost_model.cost_table import Subject
from impls.interface import LAYOUTS

# By subject, layout and problem.
_Measured = Mapping[tuple[Subject, str, ConvProblem], float]
_BEST = "the best of each layer"


@dataclass(frozen=True, slots=True)
class NetworkTotal:
    """The seconds of all convolutions of a network: predicted with their 90 % interval, and measured."""

    network: str
    layout: str
    implementation: str
    predicted_s: float
    low_s: float
    high_s: float
    measured_s: float

    @property
    def error(self) -> float:
        return self.predicted_s / self.measured_s - 1

    @property
    def is_inside(self) -> bool:
        return self.low_s <= self.measured_s <= self.high_s


def totals(model: TimeModel, measured: _Measured, networks: Sequence[LayerSet]) -> list[NetworkTotal]:
    """The totals of each network and layout, by each implementation that computes all of it, and by the best ones."""
    subjects = [one.subject for one in model.subjects if one.subject.precision == "fp32"]
    found = []
    for network in networks:
        for layout in LAYOUTS:
            for chosen in ([subject] for subject in subjects):
                found += _total(model, measured, chosen, network, layout, chosen[0].implementation)
            found += _total(model, measured, subjects, network, layout, _BEST)
    return found


def _total(
    model: TimeModel, measured: _Measured, subjects: Sequence[Subject], network: LayerSet, layout: str, name: str
) -> list[NetworkTotal]:
    """One total, none where a layer has no predicted or no measured time."""
    layers = expected(model, subjects, network.layers, [layout])
    times = [_measured_s(one, measured) for one in layers]
    if not layers or any(time_s is None for time_s in times):
        return []
    whole = total(model, layers)
    own = sum(one.layer.count * (time_s or 0.0) for one, time_s in zip(layers, times, strict=True))
    return [NetworkTotal(network.name, layout, name, whole.time_s, whole.time_lo_s, whole.time_hi_s, own)]


def _measured_s(one: ExpectedLayer, measured: _Measured) -> float | None:
    """The measured time of the implementation that is predicted to be the best of a layer."""
    return None if one.best is None else measured.get((one.best.subject, one.layout, one.layer.problem))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print every total and how far predictions are off. 2 for a user's mistake, 3 for a file that is damaged."""
    parser = argparse.ArgumentParser(description="Predicted totals of networks beside measured ones.")
    parser.add_argument("model", type=Path)
    parser.add_argument("regrets", type=Path, nargs="+")
    given = parser.parse_args(arguments)
    try:
        timed = [one for file in given.regrets for one in shape_times.read(file).timed]
        measured = {(one.subject, one.case.layout, one.case.problem): one.time_s for one in timed}
        networks = [layer_files.built_in(name) for name in layer_files.built_in_names()]
        found = totals(time_model.read(given.model), measured, networks)
        if not found:
            raise UsageError("no network was measured whole; to measure some: convcost regret resnet-50 mobilenet-v1")
    except (UsageError, InfrastructureError) as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 3
    for one in found:
        print(
            f"{one.network} in {one.layout} by {one.implementation}: predicted {seconds(one.predicted_s)} ("
            f"{seconds(one.low_s, 3)} – {seconds(one.high_s, 3)}), measured {seconds(one.measured_s)}, {one.error:+.1%}"
        )
    for name in (_BEST, "torch"):
        _say(name, [one for one in found if one.implementation == name])
    _say("any", found)
    return 0


def _say(name: str, found: Sequence[NetworkTotal]) -> None:
    if found:
        errors = np.abs([one.error for one in found])
        print(
            f"{count(len(found), 'total')} by {name}: median error {np.median(errors):.1%}, mean {errors.mean():.1%}, "
            f"largest {errors.max():.1%}; {np.mean([one.is_inside for one in found]):.0%} inside their intervals"
        )


if __name__ == "__main__":
    sys.exit(main())
