"""Tune `auto` to the kernels as they are: `python -m bench.kernels.fit` measures random shapes, writes its cost model.

For each precision, layout and implementation, log₂ of the time is regressed on impls.cost_model's features by ridge
regression (A. E. Hoerl, R. W. Kennard, Technometrics 12(1), 1970), and what is left is kriged. Shapes on which an
implementation is far from the best weigh little: there it will not be chosen, by however much it is off. How good the
choice is, is then said of shapes left out, five folds in turn.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import impls
from bench.kernels import benchmark, processes
from bench.kernels.random_shapes import shapes
from bench.kernels.regret import SHAPES_A_PROCESS, known_choices
from bench.kernels.trial import Candidate, Measured, Outcome, Question
from bench.qualify.binomial import quantile
from bench.qualify.whole_runs import environment
from bench.worker.settings import Settings, require_threads
from impls import cost_model, registry
from impls.interface import LAYOUTS

# Some ten minutes on two cores. The more shapes, the better: of twice as many a choice is half as far off.
SHAPES, SEED, SECONDS = 1_000, 1, 0.15
# Its better layout says what is far behind, and is called once only.
_REFERENCE = ("torch",)
# Of the regression, whose features are standardised; and the noise of a time over its deviations, in variances. Chosen
# by shapes left out, and flat about here.
_PENALTY, _NUGGET = 10.0, 0.1
_FOLDS = 5
_FAST = 0.25
# Fewer shapes than this say nothing about an implementation.
_LEAST_SHAPES = 12
_DIGITS, _WEIGHT_DIGITS = 5, 3

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Timed:
    """One shape in one layout: seconds by implementation."""

    case: impls.Case
    times_s: Mapping[str, float]

    @property
    def best_s(self) -> float:
        return min(self.times_s.values())


def timings(measured: Iterable[Measured]) -> list[Timed]:
    """Each shape and layout of which there are times."""
    found = []
    for one in measured:
        for layout in LAYOUTS:
            own = [o for o in one.outcomes if o.candidate.layout == layout and o.samples]
            if own:
                found.append(Timed(one.shape.case(layout), {o.candidate.implementation: _fast_s(o) for o in own}))
    return found


def _fast_s(outcome: Outcome) -> float:
    """What it takes when nothing else runs: the lower quartile, as others only ever make it slower."""
    return float(np.quantile([s for _, _, s in outcome.samples], _FAST))


def fit(timed: Sequence[Timed], made: Mapping[str, Any]) -> cost_model.CostModel:
    """The model of all timings."""
    tables: dict[tuple[str, str], list[Timed]] = {}
    for t in timed:
        for name in t.times_s:
            tables.setdefault((cost_model.key(name, t.case), name), []).append(t)
    places: dict[str, dict[tuple[float, ...], None]] = {}
    for t in timed:
        places.setdefault(t.case.precision, {})[_place(t.case)] = None
    coefficients, weights = {}, {}
    for (key, name), own in sorted(tables.items()):
        if len(own) >= _LEAST_SHAPES:
            trend, deviations = _kriged(own, name)
            coefficients[key] = [_rounded(c, _DIGITS) for c in trend]
            weights[key] = [_rounded(deviations.get(p, 0.0), _WEIGHT_DIGITS) for p in places[own[0].case.precision]]
    return cost_model.CostModel(made, coefficients, {p: list(found) for p, found in places.items()}, weights)


def _place(case: impls.Case) -> tuple[float, ...]:
    return tuple(_rounded(size, _WEIGHT_DIGITS + 1) for size in cost_model.place(case))


def _kriged(timed: Sequence[Timed], name: str) -> tuple[Floats, dict[tuple[float, ...], float]]:
    """Coefficients of the trend, and the weight of each place."""
    x, y, weights = _table(timed, name)
    trend = _ridge(x, y, weights, _PENALTY)
    places = [_place(t.case) for t in timed]
    near = np.array([[cost_model.nearness(a, b) for b in places] for a in places])
    solved = np.linalg.solve(near + np.diag(_NUGGET / weights), y - x @ trend)
    found: dict[tuple[float, ...], float] = {}
    for place, weight in zip(places, solved, strict=True):
        # Shapes that differ in stride or padding alone lie in one place.
        found[place] = found.get(place, 0.0) + float(weight)
    return trend, found


def _table(timed: Sequence[Timed], name: str) -> tuple[Floats, Floats, Floats]:
    """Features, log₂ of the times, and weights."""
    implementation = registry.get(name)
    x = np.array([cost_model.features(t.case, implementation.work(t.case)) for t in timed])
    y = np.log2([t.times_s[name] for t in timed])
    return x, y, np.array([t.best_s / t.times_s[name] for t in timed])


def _ridge(x: Floats, y: Floats, weights: Floats, penalty: float) -> Floats:
    """Weighted ridge regression on standardised features; the constant, which is the first, is not penalised."""
    share = weights / weights.sum()
    middle, level = share @ x[:, 1:], float(share @ y)
    scale = np.sqrt(share @ (x[:, 1:] - middle) ** 2)
    # A feature that never changes says nothing.
    scale[scale < 1e-9] = np.inf
    z = (x[:, 1:] - middle) / scale
    gram = (z * weights[:, None]).T @ z + penalty * np.eye(z.shape[1])
    slopes = np.linalg.solve(gram, (z * weights[:, None]).T @ (y - level)) / scale
    return np.concatenate([[level - float(middle @ slopes)], slopes])


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def foretold(timed: Sequence[Timed]) -> list[float]:
    """The time of the choice over the best, on shapes left out: models of four fifths choose on the last."""
    found = []
    order = np.random.default_rng(0).permutation(len({t.case.problem for t in timed}))
    fold_of = {problem: order[i] % _FOLDS for i, problem in enumerate(dict.fromkeys(t.case.problem for t in timed))}
    for fold in range(_FOLDS):
        model = fit([t for t in timed if fold_of[t.case.problem] != fold], {})
        for t in (t for t in timed if fold_of[t.case.problem] == fold):
            names = [name for name in t.times_s if model.knows(name, t.case)]
            if names:
                expected = {n: model.seconds(n, t.case, registry.get(n).work(t.case)) for n in names}
                found.append(t.times_s[min(names, key=expected.__getitem__)] / t.best_s)
    return found


def questions(count: int, seed: int) -> list[Question]:
    """Random shapes in both layouts, all that `auto` chooses among."""
    candidates = tuple(Candidate(name, layout) for name in known_choices() for layout in LAYOUTS)
    return [
        Question(shape, candidates, seed + number, SECONDS, rivals=_REFERENCE)
        for number, shape in enumerate(shapes(count, seed))
    ]


def _measure(count: int, seed: int, settings: Settings) -> dict[str, Any]:
    asked, measured = questions(count, seed), []
    machine = environment(settings)
    for number, found in enumerate(processes.answers(asked, settings, SHAPES_A_PROCESS), 1):
        measured.append(found)
        if number % SHAPES_A_PROCESS == 0 or number == count:
            print(f"{number} of {count} shapes", file=sys.stderr, flush=True)
    return {**benchmark.header(machine, 0.0), "seed": seed, "shapes": [m.as_dict() for m in measured]}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Measure random shapes and write the cost model of `auto`.")
    parser.add_argument("--shapes", type=int, default=SHAPES, help=f"how many to measure ({SHAPES})")
    parser.add_argument("--seed", type=int, default=SEED, help="of the shapes")
    parser.add_argument("--threads", type=int, default=None, help="on the CPU; all by default")
    parser.add_argument("--from", dest="sources", type=Path, nargs="+", help="kept times, in place of measuring")
    parser.add_argument("--results", type=Path, default=Path("results"), help="times are kept in its folder kernels")
    parser.add_argument("--write", type=Path, default=Path(cost_model.__file__).with_name(cost_model.FILE_NAME))
    given = parser.parse_args(arguments)
    if given.sources:
        kept = [json.loads(file.read_text(encoding="utf-8")) for file in given.sources]
    else:
        kept = [_measure(given.shapes, given.seed, Settings(require_threads(given.threads)))]
        print(f"kept: {benchmark.store(kept[0], given.results, '-fit')}", file=sys.stderr)
    timed = timings(Measured.from_dict(shape) for data in kept for shape in data["shapes"])
    model = fit(timed, _made(kept))
    given.write.write_text(model.to_json(), encoding="utf-8")
    print(f"{len(timed)} cases; on shapes left out, the choice's time over the best's: {_quantiles(foretold(timed))}")
    print(f"written: {given.write}")
    return 0


def _made(kept: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    machine = ("cpu", "threads", "simd", "torch", "numba", "convcost")
    return {
        "by": "python -m bench.kernels.fit",
        "measured_utc": max(data["created_utc"] for data in kept),
        "fitted_utc": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "shapes": sum(len(data["shapes"]) for data in kept),
        "seeds": [data["seed"] for data in kept],
        **{key: kept[0]["environment"].get(key) for key in machine},
    }


def _quantiles(ratios: Sequence[float]) -> str:
    return ", ".join(f"{q:.0%} {quantile(ratios, q).value:.3f}" for q in (0.5, 0.75, 0.9, 0.95, 1.0))


if __name__ == "__main__":
    sys.exit(main())
