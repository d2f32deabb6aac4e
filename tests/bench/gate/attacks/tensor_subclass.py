"""Returns a tensor that computes when something looks at it, after the clock has stopped."""

from __future__ import annotations

import torch

import impls
from tests.bench.gate.attacks.honest import Base, computing, uncomputed


class Lazy(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, given=(), kwargs=None):
        computed = [value.compute() if isinstance(value, Lazy) else value for value in given]
        return function(*computed, **(kwargs or {}))


@impls.register
class TensorSubclass(Base):
    name = "tensor-subclass"

    def plan(self, case, weight, bias):
        right = computing(case, weight, bias)

        def run(x):
            y = uncomputed(case, x).as_subclass(Lazy)
            y.compute = lambda: right(x)
            return y

        return run
