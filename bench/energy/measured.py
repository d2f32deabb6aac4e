"""What a measurement of energy leaves behind: figures, and the windows that they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.energy.compare import require_same_kind
from bench.energy.figures import Figure
from bench.energy.period import Period
from bench.energy.plan import Windows
from bench.energy.uncertainty import Estimate, Joules, ratio
from bench.energy.window import Window


@dataclass(frozen=True, slots=True)
class Measured:
    """All candidates of one measurement, by name and by scope.

    `joules` lacks those whose figure is null. `windows` are those that count, `idle` those before and after, `rounds`
    who was measured in which order. `stopped_by` is "windows", "target_rel", "budget_s" or "failure".
    """

    plan: Windows
    period: Period | None
    figures: Mapping[str, Mapping[str, Figure]]
    joules: Mapping[str, Mapping[str, Joules]]
    windows: Mapping[str, tuple[Window, ...]]
    idle: tuple[tuple[Window, ...], ...]
    rounds: tuple[tuple[str, ...], ...]
    stopped_by: str

    def ratio(self, name: str, *, over: str, scope: str) -> Estimate:
        """The joules of a call of `name` over those of `over`.

        Raises ValueError where either has none, or none above nothing.
        """
        require_same_kind({n: self.figures[n][scope] for n in (name, over)})
        return ratio(self.joules[name][scope], self.joules[over][scope])
