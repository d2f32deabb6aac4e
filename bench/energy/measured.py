"""The result of an energy measurement: figures, and the windows that they are computed from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.energy.compare import require_same_kind
from bench.energy.figures import EnergyFigure
from bench.energy.period import Period
from bench.energy.plan import Windows
from bench.energy.uncertainty import Estimate, Joules, ratio
from bench.energy.window import Window


@dataclass(frozen=True, slots=True)
class MeasuredEnergy:
    """All candidates of one measurement, by name and scope.

    `joules` has no entry where the figure is null. `windows` are the used windows, `idle` the idle windows before and
    after, `rounds` the order of candidates in each round. `stopped_by` is "windows", "target_rel", "budget_s" or
    "failure".
    """

    plan: Windows
    period: Period | None
    figures: Mapping[str, Mapping[str, EnergyFigure]]
    joules: Mapping[str, Mapping[str, Joules]]
    windows: Mapping[str, tuple[Window, ...]]
    idle: tuple[tuple[Window, ...], ...]
    rounds: tuple[tuple[str, ...], ...]
    stopped_by: str

    def ratio(self, name: str, *, over: str, scope: str) -> Estimate:
        """The joules of a call of `name` divided by those of `over`.

        Raises ValueError if either has no joules above zero.
        """
        require_same_kind({n: self.figures[n][scope] for n in (name, over)})
        return ratio(self.joules[name][scope], self.joules[over][scope])
