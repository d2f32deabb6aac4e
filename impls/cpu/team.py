"""How many threads a convolution is worth."""

from __future__ import annotations

from impls.interface import Case

# FLOPs of the definition from which all threads compute. With fewer, one thread of `direct` is about as fast as two. On
# a busy machine a call that needs a second thread waits for it: 16 ms were seen where 14 µs are usual.
_FLOPS_OF_A_TEAM = 100_000


def is_worth_threads(case: Case) -> bool:
    """Whether the case is computed by all threads rather than by one.

    Nothing between: where the number of threads changes from call to call, OpenMP ends and starts threads.
    """
    return case.problem.direct_flops >= _FLOPS_OF_A_TEAM


def team(case: Case, threads: int) -> int:
    """The number of threads that compute the case, of those that it may use."""
    return threads if is_worth_threads(case) else 1
