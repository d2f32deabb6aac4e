"""Of which shapes a model is least sure that its choice is a good one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.cost.layer import Layer
from bench.kernels.shapes import Shape
from bench.predict.expected import expected
from bench.predict.regret import MOST
from bench.predict.time_model import TimeModel
from impls.cost_model.cost_table import Floats
from impls.cost_model.process import matern
from impls.interface import LAYOUTS

# Octaves within which the doubt of one shape is much like that of another.
_REACH_OCTAVES = 4.0


@dataclass(frozen=True, slots=True)
class Doubt:
    """A shape, and the probability that the model's choice takes over MOST × the least time, mean of both layouts."""

    shape: Shape
    doubt: float


def doubts(model: TimeModel, shapes: Sequence[Shape]) -> list[Doubt]:
    """The doubt of each shape; 1 where one of the implementations that compute it is outside of the fit."""
    layers = [Layer(shape.problem, f"{number}", precision=shape.precision) for number, shape in enumerate(shapes)]
    known = {one.subject.precision for one in model.subjects}
    asked = [layer for layer in layers if layer.precision in known]
    found: dict[str, list[float]] = {layer.name: [] for layer in layers}
    for one in expected(model, [one.subject for one in model.subjects], asked, LAYOUTS):
        found[one.layer.name].append(1 - one.chance_within(MOST))
    return [
        Doubt(shape, float(np.mean(found[layer.name] or [1.0]))) for shape, layer in zip(shapes, layers, strict=True)
    ]


def most_doubtful(found: Sequence[Doubt], number: int) -> list[Doubt]:
    """The shapes of the largest doubt; near to one that is taken, doubt counts less: its time tells of theirs."""
    at = np.stack([_place(one.shape) for one in found])
    left = np.array([one.doubt for one in found])
    taken: list[int] = []
    while len(taken) < min(number, len(found)):
        following = int(np.argmax(left))
        taken.append(following)
        left *= 1 - matern(at, at[[following]], _REACH_OCTAVES)[:, 0]
        left[taken] = -1.0
    return [found[row] for row in taken]


def _place(shape: Shape) -> Floats:
    """Sizes in octaves; precisions lie apart."""
    p = shape.problem
    sizes = (p.batch, p.in_channels, p.out_channels, p.groups, p.kernel[0] * p.kernel[1], p.output_size[0], p.stride[0])
    precisions = [4.0 * (shape.precision == name) for name in ("fp64", "bf16", "fp16")]
    return np.array([*np.log2(np.maximum(1, sizes)), *precisions])
