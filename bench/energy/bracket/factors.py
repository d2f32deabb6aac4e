"""What is unknown about the power of a busy core, as factors with their reasons and sources.

A factor F multiplies the power above idle: of a machine that takes `idle` and `load` watts a core, a busy core takes
idle + F · (load − idle).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


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
    1.3,
    "a convolution is another load than the Java program of the benchmark",
    "workloads on the same cores differ much in power (J. v. Kistowski et al., Analysis of the Influences on Server "
    "Power Consumption and Energy Efficiency for CPU-Intensive Workloads, ICPE 2015). Above: the makers' limits, as "
    "two EPYC 7742 may take 450 W, and 100 W for the rest of the machine, where the benchmark measured 425 W. Below: "
    "assumed, no figure for convolutions is published",
)
TURBO = Widening(
    "turbo",
    1.0,
    (3.9 / 2.9) ** 3,
    "with few busy cores the clock rises, and watts a core with it",
    "power as V² · f, with V in proportion to f at most: the cube of the highest clock over that of all cores, 3.9 "
    "over 2.9 GHz for a Xeon Platinum 8592+ (Platinum 8180: 3.8 over 3.2 GHz, EPYC 7601: 3.2 over 2.7 GHz; figures of "
    "the makers)",
)


def threads(threads_a_core: int) -> Widening:
    """The widening of the number of busy cores where a busy processor may be a whole core, or one thread of several."""
    return Widening(
        "threads",
        1 / threads_a_core,
        1.0,
        "a busy processor may be a whole core, or one of its threads while others use the rest",
        f"{threads_a_core} threads a core, as in most machines of the class",
    )


def together(widenings: Iterable[Widening]) -> tuple[float, float]:
    """The lowest and the highest factor of all of them on the power above idle; (1, 1) of none.

    Low factors multiply. Of high factors the highest counts: loads of the highest power run at lower clocks (Intel
    lists a turbo of its own for AVX-512), so they do not meet the highest clock.
    """
    low, high = 1.0, 1.0
    for one in widenings:
        low, high = low * one.low, max(high, one.high)
    return low, high
