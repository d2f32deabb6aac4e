"""Neighbours: other programs that use the processors while energy is measured, and so add joules that are not ours.

A meter of the processor counts everything that runs on it. So the processor time of others is recorded for each window,
and windows in which it was too much are repeated, as long as that helps.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.energy.flags import EnergyFlag
from bench.energy.window import MOST_NEIGHBOURS, Window
from bench.machine.load import added


def share(windows: Sequence[Window]) -> float | None:
    """The processor time that others used in these windows, as a share of all; None where the system does not tell."""
    use = added(window.neighbours for window in windows)
    return None if use is None else use.share


def flags(windows: Sequence[Window], device: str) -> tuple[EnergyFlag, ...]:
    """The warning that others used more than `MOST_NEIGHBOURS` in these windows together, or surely in one of them.

    None on a GPU: its meters count nothing of the processors.
    """
    used = share(windows)
    is_over = device == "cpu" and used is not None and used > MOST_NEIGHBOURS
    return () if not is_over and all(map(_is_quiet, windows)) else (EnergyFlag.BUSY_NEIGHBOURS,)


def is_enough(windows: Sequence[Window], wanted: int) -> bool:
    """Whether `wanted` quiet windows were measured, or as many again as that because the machine stays busy."""
    return sum(map(_is_quiet, windows)) >= wanted or len(windows) >= 2 * wanted


def quietest(windows: Sequence[Window], wanted: int) -> tuple[Window, ...]:
    """The windows that count, in order: without the busiest ones, at most `wanted`, where `wanted` others remain.

    A machine that is always busy has figures too, but flagged.
    """
    busy = [window for window in windows if not _is_quiet(window)]
    left_out = sorted(busy, key=_busyness, reverse=True)[: max(0, min(wanted, len(windows) - wanted))]
    return tuple(window for window in windows if not any(window is one for one in left_out))


def _is_quiet(window: Window) -> bool:
    return EnergyFlag.BUSY_NEIGHBOURS not in window.flags


def _busyness(window: Window) -> float:
    return share([window]) or 0.0
