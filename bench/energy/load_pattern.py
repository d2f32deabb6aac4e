"""Finds how late the values of a wall meter arrive, by a pattern of load that it must show.

The pattern is a Barker code of 13 steps, busy or at rest: shifted against itself it agrees with itself nowhere else
(R. H. Barker, "Group synchronizing of binary digital systems", in "Communication Theory", 1953). The delay is the one
with which the meter's values are best explained by power at rest plus a share of the steps that were busy.
"""

from __future__ import annotations

import itertools
import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bench.energy.meter import MeterError

_BARKER = (1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 1, 0, 1)
# Values of the meter during each step, and the shortest step.
_VALUES_A_STEP, _SHORTEST_STEP_S = 3, 1.0
# The longest delay that is looked for. The meter is listened to for so long after the pattern.
LATEST_S = 10.0
# Delays are tried in steps of this part of the meter's interval, but none shorter than this.
_FINENESS, _FINEST_S = 20, 0.05
_FEWEST = 20
# The pattern must explain this part of the variance of the values: else something else makes the power change, or the
# meter is that of another machine.
_LEAST_EXPLAINED = 0.5
# The 95 % quantile of χ² with one degree of freedom, by which the likelihood of the delay may fall at its ends.
_CHI2_95 = 3.84
_MATRIX = 384


@dataclass(frozen=True, slots=True)
class Delay:
    """Seconds from a change of the load until the values show it, and half its 95 % interval.

    `swing_w` is the power of the load, `explained` the part of the variance that it explains, 0 to 1.
    """

    delay_s: float
    u95_s: float
    swing_w: float
    explained: float


@dataclass(frozen=True, slots=True)
class TimeAndLoad:
    """The clock of time stamps (Unix time), a way to wait, and a load that keeps the processor busy; all in seconds."""

    unix: Callable[[], float]
    sleep: Callable[[float], None]
    load: Callable[[float], None]


def keep_busy(seconds: float) -> None:
    """Multiply matrices for some seconds, on all threads of numpy's library."""
    import numpy as np

    matrix = np.full((_MATRIX, _MATRIX), 0.5, dtype=np.float32)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        matrix @ matrix


def run_pattern(interval_s: float, outside: TimeAndLoad) -> list[tuple[float, float]]:
    """Run the pattern for a meter with a value every `interval_s`, and wait for the last values.

    Returns the beginnings and ends of the busy steps.
    """
    step_s = max(_VALUES_A_STEP * interval_s, _SHORTEST_STEP_S)
    outside.sleep(step_s)
    busy: list[tuple[float, float]] = []
    for is_busy in _BARKER:
        began_s = outside.unix()
        (outside.load if is_busy else outside.sleep)(step_s)
        if is_busy:
            busy.append((began_s, outside.unix()))
    outside.sleep(LATEST_S + step_s)
    return busy


def find_delay(values: Sequence[tuple[float, float]], busy: Sequence[tuple[float, float]]) -> Delay:
    """The delay of `values` (time in s, power in W, each the mean since the one before) to the `busy` steps.

    Raises MeterError for too few values, for power that does not follow the steps, and for a delay of over 10 s.
    """
    if len(values) <= _FEWEST:
        raise MeterError(f"only {len(values)} values came while the load pattern ran; {_FEWEST + 1} are needed")
    times, powers = [time_s for time_s, _ in values], [power_w for _, power_w in values[1:]]
    interval_s = statistics.median(later - earlier for earlier, later in itertools.pairwise(times))
    step_s = max(interval_s / _FINENESS, _FINEST_S)
    delays = [-interval_s + step_s * number for number in range(int((LATEST_S + interval_s) / step_s) + 1)]
    fits = [_fit(_shares([time_s - delay_s for time_s in times], busy), powers) for delay_s in delays]
    best = min(range(len(fits)), key=lambda place: fits[place].residual)
    rest = _fit([0.0] * len(powers), powers).residual
    explained = 1 - fits[best].residual / rest if rest > 0 else 0.0
    if explained < _LEAST_EXPLAINED:
        raise MeterError(
            f"the wall meter does not follow this machine: a load pattern explains {explained:.0%} of its changes, and "
            f"{_LEAST_EXPLAINED:.0%} are needed; it may measure another machine, or others were busy"
        )
    if best == len(delays) - 1:
        raise MeterError(f"the values of the wall meter arrive more than {LATEST_S:g} s late")
    limit = fits[best].residual * (1 + _CHI2_95 / (len(powers) - 3))
    near = [delay_s for delay_s, fit in zip(delays, fits, strict=True) if fit.residual <= limit]
    # The ends are known to a step of the delays that were tried.
    return Delay(delays[best], (near[-1] - near[0]) / 2 + step_s, fits[best].swing_w, explained)


class _Fit(NamedTuple):
    """Power = rest + swing × share: the sum of squared residuals, and the swing."""

    residual: float
    swing_w: float


def _shares(times: Sequence[float], busy: Sequence[tuple[float, float]]) -> list[float]:
    """The busy share of the time between each two of the times."""
    until = [sum(min(max(time_s - begin_s, 0.0), end_s - begin_s) for begin_s, end_s in busy) for time_s in times]
    pairs = zip(itertools.pairwise(times), itertools.pairwise(until), strict=True)
    return [(after - before) / (end_s - begin_s) for (begin_s, end_s), (before, after) in pairs]


def _fit(shares: Sequence[float], powers: Sequence[float]) -> _Fit:
    """The fit by least squares; a swing below 0 explains nothing."""
    mean_share, mean_w = statistics.fmean(shares), statistics.fmean(powers)
    spread = math.fsum((share - mean_share) ** 2 for share in shares)
    total = math.fsum((power_w - mean_w) ** 2 for power_w in powers)
    both = math.fsum((s - mean_share) * (w - mean_w) for s, w in zip(shares, powers, strict=True))
    swing_w = both / spread if spread > 0 else 0.0
    # Rounding must not make the best fit better than perfect.
    return _Fit(max(0.0, total - swing_w**2 * spread), swing_w) if swing_w > 0 else _Fit(total, 0.0)
