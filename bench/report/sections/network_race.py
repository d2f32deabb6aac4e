"""Words on a whole network timed beside its rivals, for the terminal and the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench import format as text
from bench.format import count
from bench.networks.rivals import SWAPPED


def title(swap: Mapping[str, Any]) -> str:
    """The conditions of the times."""
    busy = ", one core kept busy in bursts" if swap["is_one_core_busy"] else ""
    return f"The whole network, {count(swap['threads'], 'thread')}{busy}"


def sentences(swap: Mapping[str, Any]) -> list[str]:
    """The proof, the sides that did not run, and notes on the swap."""
    found = []
    if proof := swap["proof"]:
        found.append(
            f"Proven: every output of {count(len(proof['layers']), 'call')} is within its bound, and the network's "
            f"differ from the original's by {text.error(swap['differences_rms'].get(SWAPPED))} of their rms "
            f"({swap['choice']['layout']}; {swap['choice']['origin']})."
        )
    found += [f"{name} was not timed: {why}." for name, why in swap["failed"].items()]
    return found + [f"Note: {note}." for note in swap["notes"]]


def ratio_between(ends: Sequence[float | None]) -> str:
    """A ratio with its interval, as in 1.30× [1.21–1.42]."""
    value, low, high = ends
    between = "no interval" if low is None or high is None else f"{text.significant(low)}–{text.significant(high)}"
    return f"{text.ratio(value)} [{between}]"


def time_between(ends: Sequence[float | None]) -> str:
    """A time with its interval, as in 4.12 ms [4.05 ms–4.31 ms]."""
    value, low, high = ends
    if low is None or high is None:
        return f"{text.seconds(value)} [no interval]"
    return f"{text.seconds(value)} [{text.seconds(low)}–{text.seconds(high)}]"
