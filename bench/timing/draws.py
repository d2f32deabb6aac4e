"""Times candidates that are made anew several times within one measurement.

The memory addresses of a plan's packed weights and buffers are fixed when the plan is made. They change its time by
under 1 % most often and by up to 13 % at times: two plans of the same code differ, however long they are timed. So
several draws share the budget, each with its own candidates, and the interval spans draws and blocks.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from bench.estimates.intervals import widened
from bench.timing.blocks import time_blocks
from bench.timing.clock import Call
from bench.timing.inspection import AuditTimes, Inspector
from bench.timing.timings import LUCK, Blocks

DRAWS = 16
# With fewer draws their scatter is unknown.
_LEAST_DRAWS = 10
# A random number of bytes up to this, allocated before each draw, moves the draw to other addresses.
_DISPLACEMENT_BYTES = 2**20


def time_draws(
    make: Callable[[int], Mapping[str, Call]],
    *,
    device: str = "cpu",
    max_seconds: float = 1.0,
    target_rel_ci: float = 0.005,
    draws: int = DRAWS,
    cache: str = "warm",
    period: int = 1,
    seed: int = 0,
    before_sample: Callable[[str], None] | None = None,
    inspector: Inspector | None = None,
) -> Blocks:
    """Time the candidates that `make(draw)` returns for each draw against each other in blocks.

    Stops when the 95 % interval of every ratio over the first candidate is within ± `target_rel_ci` of it, after
    ten draws at the earliest, or when `max_seconds` are spent, including the time to make candidates. `period` is the
    number of blocks after which the candidates repeat their calls. A candidate that raises is dropped with its error.
    `before_sample` and `inspector` are those of `time_blocks`. Raises ValueError as `time_blocks` does, and
    for fewer than one draw.
    """
    if draws < 1:
        raise ValueError(f"draws {draws} is not allowed; it must be at least 1")
    rng = random.Random(seed)
    started = time.perf_counter()
    merged = Blocks({})
    held: object = None
    for draw in range(draws):
        displacement = np.empty(rng.randrange(1, _DISPLACEMENT_BYTES), dtype=np.uint8)
        candidates = make(draw)
        # The objects of the last draw are freed only now, so that this draw has other addresses.
        held = (displacement, candidates)
        failed = {name for name, timing in merged.items() if timing.error is not None}
        active = {name: call for name, call in candidates.items() if name not in failed}
        if not active:
            break
        left_s = max_seconds - (time.perf_counter() - started)
        share_s = max(left_s / (draws - draw), max_seconds * 1e-3)
        # No target: each draw uses its full share of the time.
        blocks = time_blocks(
            active, device=device, max_seconds=share_s, target_rel_ci=None, cache=cache, min_blocks=period,
            patience_s=max(left_s, share_s), seed=rng.randrange(2**32), before_sample=before_sample,
            inspector=inspector,
        )  # fmt: skip
        merged = _with_draw(merged, blocks, draw)
        if draw + 1 >= min(_LEAST_DRAWS, draws) and _is_narrow(merged, target_rel_ci, period):
            return _stopped_by_target(merged)
    del held
    return merged


def _with_draw(known: Blocks, blocks: Blocks, draw: int) -> Blocks:
    """Add one more draw to the timing of each candidate; every sample stores its draw."""
    merged = dict(known.timings)
    for name, timing in blocks.items():
        before = known[name].samples if name in known else ()
        audited = known[name].audits if name in known else AuditTimes()
        merged[name] = replace(
            timing,
            samples=(*before, *(replace(s, draw=draw) for s in timing.samples)),
            audits=audited.with_later(timing.audits),
        )
    return Blocks(merged)


def _stopped_by_target(blocks: Blocks) -> Blocks:
    """The blocks, marked as stopped by the target, except candidates that failed."""
    return Blocks({n: t if t.error is not None else replace(t, stopped_by="target_rel_ci") for n, t in blocks.items()})


def _is_narrow(blocks: Blocks, target_rel_ci: float, period: int) -> bool:
    first, *others = [name for name, timing in blocks.items() if timing.error is None and timing.samples] or [""]
    try:
        found = [blocks.ratio(name, over=first, period=period) for name in others]
    except ValueError:
        # Two candidates share too few blocks: making them took the time of a draw.
        return False
    widths = [widened(ratio, LUCK).rel_half_width for ratio in found]
    return bool(widths) and all(width is not None and width <= target_rel_ci for width in widths)
