"""Convolutions with times that follow a known law, for tests of predictors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bench.predict.random_shapes import shapes
from bench.predict.tables import units
from impls import Case, ConvProblem
from impls.cost_model.cost_table import CostTable, Floats, Subject, table_of

GPU = Subject("cuda", "torch")
CPU = Subject("cpu", "torch", threads=2)
FLOOR_S, CALL_S, MAC_S, BYTE_S = 2e-4, 5e-6, 6e-13, 1e-11


def problem(
    channels: int = 64, size: int = 28, filters: int = 64, kernel: int = 3, batch: int = 1, groups: int = 1
) -> ConvProblem:
    """A square convolution with an odd kernel and padding "same"."""
    pad = kernel // 2
    return ConvProblem(
        batch, channels, (size, size), filters, (kernel, kernel), padding=((pad, pad), (pad, pad)), groups=groups
    )


def lines() -> list[ConvProblem]:
    """Twelve lines, each along one size."""
    found: list[ConvProblem] = []
    for kernel in (1, 3, 5, 9):
        found += [problem(channels=c, kernel=kernel) for c in range(16, 512, 48)]
        found += [problem(filters=c, kernel=kernel, size=56) for c in range(16, 512, 48)]
        found += [problem(channels=96, size=n, kernel=kernel) for n in range(10, 100, 9)]
    return found


def table(
    problems: Sequence[ConvProblem], subject: Subject = GPU, noise: float = 0.0, layouts: Sequence[str] = ("nchw",)
) -> CostTable:
    """The table of problems with times by `law`, and normal noise of their logarithm."""
    cases = [
        Case(one, subject.precision, layout, "cuda" if subject.device == "cuda" else "cpu")
        for one in problems
        for layout in layouts
    ]
    asked = units.with_units(table_of(subject, cases))
    scatter = np.random.default_rng(0).normal(0, noise, len(asked)) if noise else np.zeros(len(asked))
    return replace(asked, time_s=law(asked) * np.exp(scatter))


def law(asked: CostTable) -> Floats:
    """Seconds: products and bytes, above a floor on a GPU, after a call on a CPU."""
    work = MAC_S * asked.macs + BYTE_S * asked.compulsory_bytes
    found: Floats = CALL_S + work if asked.subject.device == "cpu" else (FLOOR_S**4 + work**4) ** 0.25
    return found


def random_table(count: int, seed: int = 1, noise: float = 0.02, subject: Subject = CPU) -> CostTable:
    """Random shapes in float32 with times by the law."""
    return table([shape.problem for shape in shapes(count, seed, {"fp32": 1.0})], subject, noise)
