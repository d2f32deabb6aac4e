"""Warnings about measured joules."""

from __future__ import annotations

from enum import StrEnum


class EnergyFlag(StrEnum):
    """A warning about windows, or about the figure computed from them."""

    NO_PLATEAU = "no-plateau"
    THROTTLED = "throttled"
    OTHER_PROCESSES = "other-processes"
    BUSY_NEIGHBOURS = "busy-neighbours"
    ONE_WINDOW = "one-window"
    FEW_WINDOWS = "few-windows"
    FEW_PROCESSES = "few-processes"
    WINDOWS_REJECTED = "windows-rejected"
    TARGET_MISSED = "target-missed"
    IDLE_DRIFT = "idle-drift"
    NO_IDLE_AFTER = "no-idle-after"
    LOST_IN_NOISE = "lost-in-noise"
    CHECK_FAILED = "check-failed"
    COUNTER_VS_INTEGRAL = "counter-vs-integral"
    SIDE_EFFECTS = "side-effects"
    DEVICE_WAITS = "device-waits"
