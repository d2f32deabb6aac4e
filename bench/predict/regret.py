"""How much slower `auto` is than the best of what it chooses among, on shapes that it was not tuned on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.errors import InfrastructureError
from bench.estimates.binomial import Figure, quantile, share
from bench.kernels import processes
from bench.kernels.benchmark import header
from bench.kernels.ratios import paired
from bench.kernels.trial import Candidate, Measured, Question, shape_to_dict
from bench.predict.random_shapes import shapes
from bench.qualify.whole_runs import environment
from bench.worker.settings import Settings
from impls.auto import CHOICES
from impls.interface import LAYOUTS

SHAPES, QUICK_SHAPES = 200, 30
# Of shapes; far from those of the fit (bench.predict.fit.SEED).
SEED = 1_000_003
SECONDS = 1.0
SHAPES_A_PROCESS = 40
# On nine shapes in ten it shall be at most so many times slower than the best.
MOST, QUANTILE = 1.10, 0.9
QUANTILES = (0.5, 0.75, 0.9, 0.95)
_AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Regret:
    """One shape in one layout: `auto`'s time over that of the fastest, and which these were."""

    measured: Measured
    layout: str
    ratio: float
    picked: str
    fastest: str

    def as_dict(self) -> dict[str, Any]:
        return {
            **shape_to_dict(self.measured.shape),
            "layout": self.layout,
            "ratio": self.ratio,
            "picked": self.picked,
            "fastest": self.fastest,
            "times_s": {o.candidate.implementation: o.median_s for o in self.measured.outcomes if o.samples},
        }


@dataclass(frozen=True)
class Regrets:
    """Those of all shapes, and the machine they are of."""

    environment: dict[str, Any]
    regrets: tuple[Regret, ...]
    faults: tuple[str, ...]
    wall_s: float

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
    def verdict(self) -> str:
        """met, not met, or undecided where the interval of the quantile spans the limit."""
        figure = quantile(self.ratios, QUANTILE)
        if figure.value <= MOST:
            return "met"
        return "undecided" if figure.low is None or figure.low <= MOST else "not met"

    @property
    def is_fine(self) -> bool:
        return self.verdict != "not met" and not self.faults

    def as_dict(self) -> dict[str, Any]:
        return {
            **header(self.environment, self.wall_s),
            "quantiles": {str(q): figure.as_dict() for q, figure in self.quantiles.items()},
            "within": {"most": MOST, **self.within.as_dict()},
            "largest": max(self.ratios),
            "verdict": self.verdict,
            "faults": list(self.faults),
            "shapes": [regret.as_dict() for regret in self.regrets],
        }


def ask(*, quick: bool = False, seed: int | None = None, max_seconds: float | None = None) -> list[Question]:
    """Random shapes, the layouts taking turns, in which all that `auto` chooses among stands beside it."""
    # Not `seed or SEED`: 0 is a seed.
    seed = SEED if seed is None else seed
    return [
        Question(
            shape,
            tuple(Candidate(name, LAYOUTS[number % 2]) for name in (*known_choices(), _AUTO)),
            seed + number, SECONDS if max_seconds is None else max_seconds, rivals=(_AUTO,),
        )
        for number, shape in enumerate(shapes(QUICK_SHAPES if quick else SHAPES, seed))
    ]  # fmt: skip


def known_choices() -> tuple[str, ...]:
    """What `auto` chooses among that is there."""
    from impls import registry

    return tuple(name for name in CHOICES if name in registry.names())


def run(questions: Sequence[Question], settings: Settings, progress: Callable[[str], None]) -> Regrets:
    """Ask everything. Raises InfrastructureError if no process starts."""
    started = time.monotonic()
    machine = environment(settings)
    found: list[Regret] = []
    faults: list[str] = []
    for number, measured in enumerate(processes.answers(questions, settings, SHAPES_A_PROCESS), 1):
        faults += [f"{o.candidate} on {measured.shape.problem.descriptor}: {o.reason}" for o in measured.faults]
        regret = regret_of(measured)
        if regret is not None:
            found.append(regret)
            progress(
                f"{number} of {len(questions)}: {measured.shape.problem.descriptor}, {measured.shape.precision}, "
                f"{regret.layout}: {regret.ratio:.3f} ({regret.picked}; fastest {regret.fastest})"
            )
    if not found:
        raise InfrastructureError(
            f"auto has a time on none of the shapes: {'; '.join(faults[:1]) or 'no reason known'}"
        )
    return Regrets(machine, tuple(found), tuple(faults), time.monotonic() - started)


def regret_of(measured: Measured) -> Regret | None:
    """That of one shape, None if `auto` or all others have no time.

    Where the fastest is what `auto` picked, both ran the same code: then there is nothing to regret but noise, and it
    counts as measured.
    """
    own = measured.best((_AUTO,))
    others = [o.candidate.implementation for o in measured.outcomes if o.candidate.implementation != _AUTO]
    best = measured.best(others)
    if own is None or best is None:
        return None
    ratio = 1 / paired(measured.shape.name, own, best).ratio.estimate
    picked = (own.backend or "").partition(":")[0]
    return Regret(measured, own.candidate.layout, ratio, picked, best.candidate.implementation)
