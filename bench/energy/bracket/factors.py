"""What is unknown about the power of a busy core, as factors with their reasons and sources.

A factor F multiplies the power above idle: of a machine that takes `idle` and `load` watts a core, a busy core takes
idle + F · (load − idle).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bench.format import count


@dataclass(frozen=True, slots=True)
class Widening:
    """All factors from `low` to `high`; `source` says where they come from, or that they are assumed."""

    name: str
    low: float
    high: float
    reason: str
    source: str


LOAD = Widening(
    "load",
    0.7,
    1.4,
    "a convolution is another load than the Java program of the benchmark",
    "assumed: no figure for convolutions is published. Loads on the same cores differ in power (J. v. Kistowski et "
    "al., Analysis of the Influences on Server Power Consumption and Energy Efficiency for CPU-Intensive Workloads, "
    "ICPE 2015). Above: a machine with two EPYC 7742 took 425 W in the benchmark and 93 W idle; with 225 W for each "
    "processor, the maker's rating, and 100 W for the rest it takes 550 W, which is 1.4 times as far above idle",
)
# The highest clock over that of all cores: the highest is published (a Xeon Platinum 8592+ has up to 3.9 GHz), that of
# all cores under a load is not (2.8 GHz assumed for it).
_CLOCKS = 1.4
TURBO = Widening(
    "turbo",
    1.0,
    _CLOCKS**3,
    "with few busy cores the clock rises, and watts a core with it",
    f"assumed: a clock up to {_CLOCKS} times as high as with all cores busy, as from 2.8 to 3.9 GHz, and power as "
    "V² · f, with the voltage V in proportion to the clock f: the cube",
)


def threads(threads_a_core: int, *, is_shown: bool) -> Widening:
    """The widening of the number of busy cores where a busy processor may be a whole core, or one thread of several.

    `is_shown` says that the system shows which processors share a core.
    """
    known = "the system shows" if is_shown else "in most machines of the class"
    return Widening(
        "threads",
        1 / threads_a_core,
        1.0,
        "a busy processor may be a whole core, or one of its threads while others use the rest",
        f"{count(threads_a_core, 'thread')} a core, as {known}",
    )


def together(widenings: Iterable[Widening]) -> tuple[float, float]:
    """The lowest and the highest factor of all of them on the power above idle; (1, 1) of none.

    Low factors multiply. Of high factors the highest counts, by assumption: loads of the highest power lower the clock
    (Intel's processors have a turbo of its own for AVX-512), so that the two ends do not meet.
    """
    low, high = 1.0, 1.0
    for one in widenings:
        low, high = low * one.low, max(high, one.high)
    return low, high
