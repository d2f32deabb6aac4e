"""Generated lines compute the matrix product, with no more operations than the matrix needs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from impls.cook_toom import Matrix, transforms
from impls.cpu.winograd.straight_line import straight_line

MATRICES = [(m, which) for m in (2, 4, 5, 6) for which in ("data", "inverse")]


class Counter:
    """Exact substitutes for vector operations, which count their FLOPs and instructions."""

    def __init__(self) -> None:
        self.flops = self.instructions = 0

    def _made(self, flops: int, value: Fraction) -> Fraction:
        self.flops += flops
        self.instructions += 1
        return value

    def names(self) -> dict[str, Any]:
        return {
            "add": lambda x, y: self._made(1, x + y),
            "sub": lambda x, y: self._made(1, x - y),
            "scale": lambda x, k: self._made(1, x * Fraction(k)),
            "fma_scaled": lambda x, k, z: self._made(2, x * Fraction(k) + z),
        }


def _computed(matrix: Matrix, data: list[Fraction]) -> tuple[list[Fraction], Counter, int]:
    inputs, outputs = ([f"{a}{n}" for n in range(len(b))] for a, b in (("d", data), ("e", matrix)))
    code = straight_line(matrix, inputs, outputs)
    counter = Counter()
    values: dict[str, Any] = counter.names() | dict(zip(inputs, data, strict=True))
    exec("\n".join(code.lines), values)
    return [values[name] for name in outputs], counter, code.flops


@pytest.mark.parametrize(("m", "which"), MATRICES)
def test_lines_compute_the_matrix_product(m: int, which: str) -> None:
    matrix = getattr(transforms(m, 3), which)
    data = [Fraction(7 * i * i - 3 * i + 1, i + 1) for i in range(len(matrix[0]))]
    made, counter, flops = _computed(matrix, data)
    assert made == [sum((a * b for a, b in zip(row, data, strict=True)), Fraction(0)) for row in matrix]
    assert counter.flops == flops


@pytest.mark.parametrize(("m", "which"), MATRICES)
def test_shared_parts_never_cost_more_than_separate_rows(m: int, which: str) -> None:
    matrix = getattr(transforms(m, 3), which)
    _, counter, _ = _computed(matrix, [Fraction(1)] * len(matrix[0]))
    by_rows = sum(sum(c != 0 for c in row) - int(any(c == 1 for c in row)) for row in matrix)
    assert counter.instructions <= by_rows


def test_points_in_pairs_share_even_and_odd_parts() -> None:
    """F6's data matrix has three pairs ±p: 18 instead of 30 instructions, and 6 for the rows of 0 and infinity."""
    _, counter, _ = _computed(transforms(6, 3).data, [Fraction(1)] * 8)
    assert counter.instructions == 24


def test_a_row_without_a_coefficient_of_one_is_scaled() -> None:
    code = straight_line(((Fraction(2), Fraction(0), Fraction(-1)),), ["a", "b", "c"], ["y"])
    assert code.lines == ("y = sub(scale(a, 2.0), c)",)
    assert code.flops == 2
