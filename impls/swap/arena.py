"""One block of memory for all results of a network that have no reader at the same time.

Placing is greedy by size: the largest first, each at the lowest place that is free while it is in use (Y. Pisarchyk,
J. Lee, "Efficient Memory Management for Deep Neural Net Inference", arXiv 2001.03288, section 4.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Everything begins on a cache line.
_LINE_BYTES = 64


@dataclass(frozen=True, slots=True)
class Tenant:
    """Bytes that are in use from one step of a network to another, both included."""

    size_bytes: int
    first: int
    last: int


def offsets(tenants: Sequence[Tenant]) -> tuple[list[int], int]:
    """The place of each tenant in bytes, in their order, and the bytes of all: none shares memory while in use."""
    places = [0] * len(tenants)
    placed: list[int] = []
    total = 0
    for number in sorted(range(len(tenants)), key=lambda one: -tenants[one].size_bytes):
        own, at = tenants[number], 0
        size = -(-own.size_bytes // _LINE_BYTES) * _LINE_BYTES
        beside = [other for other in placed if tenants[other].first <= own.last and own.first <= tenants[other].last]
        for other in sorted(beside, key=lambda one: places[one]):
            if at + size <= places[other]:
                break
            at = max(at, places[other] + -(-tenants[other].size_bytes // _LINE_BYTES) * _LINE_BYTES)
        places[number] = at
        placed.append(number)
        total = max(total, at + size)
    return places, total
