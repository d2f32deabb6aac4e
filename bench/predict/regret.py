"""Measures how much slower `auto` is than the best of its choices, on shapes that it was not fitted to."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.errors import InfrastructureError
from bench.estimates.binomial import Figure, quantile, share
from bench.estimates.conclusion import Conclusion
from bench.kernels.benchmark import header
from bench.kernels.ratios import paired
from bench.kernels.shapes import Shape
from bench.kernels.trials import ShapeResult, ShapeTrial, hold_trials
from bench.machine.load import LoadWatch, is_busy
from bench.predict.random_shapes import shapes
from bench.worker.client import environment_of
from bench.worker.settings import Settings
from bench.worker.trial import Entrant
from impls.auto import CHOICES
from impls.interface import LAYOUTS

SHAPES, QUICK_SHAPES = 200, 30
# Of the shapes; far from the seeds of `convcost learn`.
SEED = 1_000_003
SECONDS = 1.0
SHAPES_A_PROCESS = 40
# The limit: on nine shapes in ten (QUANTILE), `auto` takes at most MOST times as long as the best.
MOST, QUANTILE = 1.10, 0.9
QUANTILES = (0.5, 0.75, 0.9, 0.95)
_AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Regret:
    """One shape in one layout: `auto`'s time over that of the fastest, its pick, and the fastest."""

    result: ShapeResult
    layout: str
    ratio: float
    picked: str
    fastest: str

    def as_dict(self) -> dict[str, Any]:
        return {
            **self.result.shape.as_dict(),
            "layout": self.layout,
            "ratio": self.ratio,
            "picked": self.picked,
            "fastest": self.fastest,
            "times_s": {o.entrant.implementation: o.median_s for o in self.result.outcomes if o.samples},
        }


@dataclass(frozen=True)
class Regrets:
    """The regrets of all shapes, and the machine they were measured on.

    `others` is the mean number of processors that other programs used meanwhile, None if the system does not tell.
    """

    environment: dict[str, Any]
    regrets: tuple[Regret, ...]
    faults: tuple[str, ...]
    wall_s: float
    others: float | None = None

    @property
    def are_random(self) -> bool:
        return all(regret.result.shape.kind == "random" for regret in self.regrets)

    @property
    def ratios(self) -> list[float]:
        return [regret.ratio for regret in self.regrets]

    @property
    def quantiles(self) -> dict[float, Figure]:
        return {q: quantile(self.ratios, q) for q in QUANTILES}

    @property
    def within(self) -> Figure:
        """The share of shapes on which it is at most MOST times slower."""
        return share([ratio <= MOST for ratio in self.ratios])

    @property
    def verdict(self) -> Conclusion:
        """Undecided if the interval of the quantile spans the limit, or the machine was busy and it is not met."""
        figure = quantile(self.ratios, QUANTILE)
        if figure.value <= MOST:
            return Conclusion.MET
        if figure.low is None or figure.low <= MOST:
            return Conclusion.UNDECIDED
        return Conclusion.BUSY if is_busy(self.others) else Conclusion.NOT_MET

    @property
    def is_fine(self) -> bool:
        return self.verdict is not Conclusion.NOT_MET and not self.faults

    def as_dict(self) -> dict[str, Any]:
        return {
            **header(self.environment, self.wall_s),
            "others_processors": self.others,
            "quantiles": {str(q): figure.as_dict() for q, figure in self.quantiles.items()},
            "within": {"most": MOST, **self.within.as_dict()},
            "largest": max(self.ratios),
            "verdict": self.verdict,
            "faults": list(self.faults),
            "shapes": [regret.as_dict() for regret in self.regrets],
        }


def trials(
    given: Sequence[Shape] = (), *, quick: bool = False, seed: int | None = None, max_seconds: float | None = None
) -> list[ShapeTrial]:
    """Given shapes in both layouts, or random ones, layouts taking turns: `auto` and all that it chooses among."""
    # Not `seed or SEED`: 0 is a seed.
    seed = SEED if seed is None else seed
    drawn = [] if given else shapes(QUICK_SHAPES if quick else SHAPES, seed)
    asked = [(shape, layout) for shape in given for layout in LAYOUTS]
    asked += [(shape, LAYOUTS[number % 2]) for number, shape in enumerate(drawn)]
    return [
        ShapeTrial.of(
            shape,
            tuple(Entrant(name, layout) for name in (*known_choices(), _AUTO)),
            seed + number, SECONDS if max_seconds is None else max_seconds, rivals=(_AUTO,),
        )
        for number, (shape, layout) in enumerate(asked)
    ]  # fmt: skip


def known_choices() -> tuple[str, ...]:
    """The registered implementations that `auto` chooses among."""
    from impls import registry

    return tuple(name for name in CHOICES if name in registry.names())


def run(asked: Sequence[ShapeTrial], settings: Settings, progress: Callable[[str], None]) -> Regrets:
    """Hold all trials. Raises as `hold_trials` does, and InfrastructureError if `auto` has no time at all."""
    started, watch = time.monotonic(), LoadWatch()
    machine = environment_of(settings)
    found: list[Regret] = []
    faults: list[str] = []
    for number, result in enumerate(hold_trials(asked, settings, SHAPES_A_PROCESS), 1):
        shape = result.shape
        faults += [f"{o.entrant} on {shape.problem.descriptor}: {o.reason}" for o in result.faults]
        regret = regret_of(result)
        if regret is not None:
            found.append(regret)
            progress(
                f"{number} of {len(asked)}: {shape.problem.descriptor}, {shape.precision}, "
                f"{regret.layout}: {regret.ratio:.3f} ({regret.picked}; fastest {regret.fastest})"
            )
    if not found:
        raise InfrastructureError(f"auto has no time on any shape: {'; '.join(faults[:1]) or 'no reason known'}")
    return Regrets(machine, tuple(found), tuple(faults), time.monotonic() - started, watch.others())


def regret_of(result: ShapeResult) -> Regret | None:
    """The regret of one shape, None if `auto` or all others have no time.

    If `auto` picked the fastest, both ran the same code: the ratio is noise, and counts as measured.
    """
    own = result.best((_AUTO,))
    others = [o.entrant.implementation for o in result.outcomes if o.entrant.implementation != _AUTO]
    best = result.best(others)
    if own is None or best is None:
        return None
    ratio = 1 / paired(result.shape.name, own, best).ratio.estimate
    picked = (own.backend or "").partition(":")[0]
    return Regret(result, own.entrant.layout, ratio, picked, best.entrant.implementation)
