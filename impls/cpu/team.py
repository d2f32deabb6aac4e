"""How many threads a convolution is worth."""

from __future__ import annotations

from impls.interface import Case

# FLOPs of the definition for each thread: one thread computes fewer in less time than two need to meet. On a busy
# machine a call that needs a second thread waits for it, up to a thousand times as long.
FLOPS_A_THREAD = 50_000


def most_threads(case: Case) -> int:
    """The largest number of threads that the case is worth."""
    return max(1, case.problem.direct_flops // FLOPS_A_THREAD)


def team(case: Case, threads: int) -> int:
    """The number of threads that compute the case, of those that it may use."""
    return min(threads, most_threads(case))
