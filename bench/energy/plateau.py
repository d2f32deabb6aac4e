"""Warms up: runs work until its power no longer changes from one short chunk to the next."""

from __future__ import annotations

from bench.energy.window import Setup, aligned
from bench.energy.work import Workload

# A plateau is reached when the powers of this many chunks in a row differ by less than this share.
_CHUNKS = 3
_STABLE = 0.02
# So many chunks are tried, however slow the meter: a limit of 3 s is three chunks of one that changes every 0.1 s.
_TRIED_CHUNKS = 2 * _CHUNKS
# Long enough that the edges of a chunk blur its power by a tenth of that: δ/(√6·T) = 0.2 % at 20 readings per period.
_CHUNK_PERIODS = 10
_SHORTEST_CHUNK_S = 0.1
# Heat rises slowly: three chunks of a tenth of a second may agree while it still rises. So a chunk takes 0.2 s of a
# warm-up of 3 s, and 2 s of one of 30 s.
_CHUNK_SHARE = 1 / 15


def reach_plateau(setup: Setup, work: Workload, limit_s: float) -> bool:
    """Work until the power of the meter's first scope is steady, for about `limit_s` at most; return whether it is.

    On a slow meter six chunks of ten periods may take longer than that.

    Raises as `aligned` does.
    """
    chunk_s = max(_CHUNK_PERIODS * setup.period.tau_s, _SHORTEST_CHUNK_S, _CHUNK_SHARE * limit_s)
    end = setup.clock() + max(limit_s, _TRIED_CHUNKS * chunk_s)
    scope, powers_w = setup.meter.scopes[0], list[float]()
    while setup.clock() < end:
        powers_w.append(aligned(setup, work, chunk_s, observe=False).span(scope).power_w)
        last = powers_w[-_CHUNKS:]
        if len(last) == _CHUNKS and max(last) - min(last) <= _STABLE * max(last):
            return True
    return False
