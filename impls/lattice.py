"""Counts pairs of whole numbers under a line, without a loop over them."""

from __future__ import annotations

from impls.padding import Pair


def pairs_up_to(most: int, a: Pair, b: Pair) -> int:
    """The number of pairs (i, j) with i · a[0] + j · b[0] ≤ most; 0 ≤ i < a[1], 0 ≤ j < b[1]; steps are positive."""
    (step, count), (other_step, other_count) = a, b
    if most < 0 or not count or not other_count:
        return 0
    # Up to i = full, every j counts; from i = end on, none does.
    full = max(0, min(count, (most - other_step * (other_count - 1)) // step + 1))
    end = min(count, most // step + 1)
    if full >= end:
        return full * other_count
    # Backwards from i = end − 1, the numbers of j grow: ⌊(rest + step · n) / other_step⌋ + 1.
    rest = most - step * (end - 1)
    return full * other_count + (end - full) + floor_sum(end - full, other_step, step, rest)


def floor_sum(count: int, divisor: int, factor: int, start: int) -> int:
    """Σ ⌊(factor · n + start) / divisor⌋ over 0 ≤ n < count, in logarithmic time, for numbers of at least 0.

    By Euclid's algorithm: whole parts are summed at once, then the axes of the triangle that is left change places
    (R. L. Graham, D. E. Knuth, O. Patashnik, "Concrete Mathematics", 2nd ed., section 3.5).
    """
    found = 0
    while True:
        found += count * (count - 1) // 2 * (factor // divisor) + count * (start // divisor)
        factor, start = factor % divisor, start % divisor
        highest = factor * count + start
        if highest < divisor:
            return found
        count, start = divmod(highest, divisor)
        divisor, factor = factor, divisor
