"""Plans for energy measurements: the length and number of windows, and the two plans to choose from."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Windows:
    """The plan of a measurement; `label` is stored with each figure.

    A window lasts `window_s` or `periods` update periods of the meter: the longer of both. Every candidate gets
    `windows` windows within a budget of `budget_s` per candidate, and with a `target_rel` further windows until its
    95 % interval is within ± `target_rel` of its joules. Idle power is measured for `idle_s` before and after; 0 skips
    it. Warming up takes at most `warm_up_s` per candidate, outside the budget. Raises ValueError.
    """

    label: str
    window_s: float
    periods: int
    windows: int
    idle_s: float
    warm_up_s: float
    budget_s: float
    target_rel: float | None = None

    def __post_init__(self) -> None:
        for name in (f.name for f in fields(self) if f.name not in ("label", "idle_s", "warm_up_s")):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} {value} is not allowed; it must be a finite number above 0")
        for name in ("idle_s", "warm_up_s"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name} {value} is not allowed; it must be a finite number, 0 or above")

    def length_s(self, tau_s: float) -> float:
        """The length of a window on a meter with update period `tau_s`."""
        return max(self.window_s, self.periods * tau_s)

    def shared_by(self, processes: int) -> int:
        """The number of these processes that measure: no more than there are windows, as each has costs of its own."""
        return min(processes, self.windows)

    def part(self, processes: int) -> Windows:
        """The plan of each of several processes that measure together, with its share of the windows and of the budget.

        The interval over all processes is narrower than that of one, by the root of their number. With a target, a
        process takes two windows at least: one window has no scatter that could miss it.
        """
        least = 1 if self.target_rel is None else min(2, self.windows)
        return replace(
            self,
            windows=max(least, math.ceil(self.windows / processes)),
            budget_s=self.budget_s / processes,
            target_rel=None if self.target_rel is None else self.target_rel * math.sqrt(processes),
        )


# For a first look: edges alone blur energy by 0.2 %, and three windows that scatter by 1 % give ± 2.5 %. It has no
# target: with so few windows, stopping at a narrow interval would depend on luck too often.
QUICK = Windows("quick", window_s=0.5, periods=20, windows=3, idle_s=1.0, warm_up_s=3.0, budget_s=10.0)
# For figures that are published.
FULL = Windows(
    "full", window_s=5.0, periods=50, windows=5, idle_s=10.0, warm_up_s=30.0, budget_s=120.0, target_rel=0.01
)

# Pairs of windows with and without a meter, to measure the overhead: about two minutes with windows of half a second.
OVERHEAD_PAIRS = 120

PLANS = {plan.label: plan for plan in (QUICK, FULL)}
