"""Writes a constant matrix times a vector of registers as lines of code without loops, zeros or products with one.

Winograd's matrices come from points in pairs ±p, so their rows share even and odd parts: one sum and one difference
replace terms of both rows, wherever that takes fewer instructions (A. Lavin, S. Gray, "Fast Algorithms for
Convolutional Neural Networks", arXiv 1509.09308, section 4.2, counts additions in the same way).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from impls.cook_toom import Matrix

# A linear combination: coefficients, none of them zero, by the names of variables.
_Sum = dict[str, Fraction]
# Shared parts by name, and the rows rewritten to use them.
_Step = tuple[list[tuple[str, _Sum]], list[_Sum]]
# (instructions, floating-point operations), compared in this order.
_Cost = tuple[int, int]


@dataclass(frozen=True, slots=True)
class StraightLine:
    """Lines that compute outputs from inputs, and the floating-point operations that they execute in every lane."""

    lines: tuple[str, ...]
    flops: int


def straight_line(matrix: Matrix, inputs: Sequence[str], outputs: Sequence[str]) -> StraightLine:
    """Code for outputs = matrix · inputs. Intermediate values are named p0, p1, …"""
    rows = [{x: c for x, c in zip(inputs, row, strict=True) if c} for row in matrix]
    parts: list[tuple[str, _Sum]] = []
    for pair in (_pair_columns, _pair_rows):
        while (step := pair(rows, (f"p{len(parts)}", f"p{len(parts) + 1}"))) is not None:
            found, rows = step
            parts += found
    every = [*parts, *zip(outputs, rows, strict=True)]
    return StraightLine(tuple(f"{name} = {_expression(s)}" for name, s in every), sum(_cost(s)[1] for _, s in every))


def _pair_columns(rows: list[_Sum], names: tuple[str, str]) -> _Step | None:
    """Replace two inputs by their sum and difference: the first pair for which that is cheaper."""
    inputs = sorted({x for row in rows for x in row if not x.startswith("p")})
    plus, minus = names
    for a, b in combinations(inputs, 2):
        changed = [_in_sum_and_difference(row, a, b, plus, minus) for row in rows]
        one = Fraction(1)
        parts = [
            (part, {a: one, b: sign})
            for part, sign in ((plus, one), (minus, -one))
            if any(part in row for row in changed)
        ]
        if _total([*changed, *(s for _, s in parts)]) < _total(rows):
            return parts, changed
    return None


def _in_sum_and_difference(row: _Sum, a: str, b: str, plus: str, minus: str) -> _Sum:
    ca, cb = row.get(a, Fraction(0)), row.get(b, Fraction(0))
    kept = {x: c for x, c in row.items() if x not in (a, b)}
    return kept | {x: c for x, c in ((plus, (ca + cb) / 2), (minus, (ca - cb) / 2)) if c}


def _pair_rows(rows: list[_Sum], names: tuple[str, str]) -> _Step | None:
    """Make two outputs from their mean and half their difference: the first pair for which that is cheaper."""
    for i, j in combinations(range(len(rows)), 2):
        even, odd = (_combined(rows[i], rows[j], sign) for sign in (1, -1))
        if not even or not odd:
            continue
        # Scaled so that one coefficient of each is 1 and needs no product.
        (even_scale, even), (odd_scale, odd) = _monic(even), _monic(odd)
        e, o = names
        upper, lower = {e: even_scale, o: odd_scale}, {e: even_scale, o: -odd_scale}
        if _total([even, odd, upper, lower]) < _total([rows[i], rows[j]]):
            changed = [{i: upper, j: lower}.get(k, row) for k, row in enumerate(rows)]
            return [(e, even), (o, odd)], changed
    return None


def _combined(x: _Sum, y: _Sum, sign: int) -> _Sum:
    """(x + sign·y) / 2 without zeros."""
    sums = {k: (x.get(k, Fraction(0)) + sign * y.get(k, Fraction(0))) / 2 for k in x | y}
    return {k: c for k, c in sums.items() if c}


def _monic(s: _Sum) -> tuple[Fraction, _Sum]:
    scale = list(s.values())[-1]
    return scale, {k: c / scale for k, c in s.items()}


def _ordered(s: _Sum) -> list[tuple[str, Fraction]]:
    """The terms, one of coefficient 1 first where there is one: it costs no instruction."""
    free = next((x for x, c in s.items() if c == 1), None)
    return sorted(s.items(), key=lambda term: term[0] != free)


def _cost(s: _Sum) -> _Cost:
    first, *others = _ordered(s)
    start = int(first[1] != 1)
    return start + len(others), start + sum(1 if abs(c) == 1 else 2 for _, c in others)


def _total(sums: list[_Sum]) -> _Cost:
    costs = [_cost(s) for s in sums]
    return sum(c[0] for c in costs), sum(c[1] for c in costs)


def _expression(s: _Sum) -> str:
    (x, c), *others = _ordered(s)
    made = x if c == 1 else f"scale({x}, {float(c)!r})"
    for x, c in others:
        if c == 1:
            made = f"add({made}, {x})"
        elif c == -1:
            made = f"sub({made}, {x})"
        else:
            made = f"fma_scaled({x}, {float(c)!r}, {made})"
    return made
