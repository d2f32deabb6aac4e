"""Fits the cost model of `auto` to the kernels of this machine.

New shapes are added to those measured before (bench.predict.fit_times), the model is fitted to all of them
(bench.predict.fit_model), and five-fold cross-validation shows how good its choices are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from bench.errors import InfrastructureError
from bench.estimates.binomial import share
from bench.predict import fit_times
from bench.predict.fit_model import fit, tables
from bench.predict.fit_times import CaseTimes, Kept
from bench.predict.regret import MOST
from bench.worker.settings import Settings
from impls import cost_model, registry

_FOLDS = 5
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Fitted:
    """A written cost model: its file, the file of times, and the number of shapes in that.

    `ratios` are the time of the model's choice over the best time, on shapes left out of the fit.
    """

    file: Path
    times: Path
    shapes: int
    ratios: tuple[float, ...]


def left_out_ratios(timed: Sequence[CaseTimes]) -> list[float]:
    """The time of the choice over the best: a model of four fifths of the shapes chooses on the last fifth, in turn."""
    problems = list(dict.fromkeys(t.case.problem for t in timed))
    order = np.random.default_rng(0).permutation(len(problems))
    fold_of = {problem: place % _FOLDS for problem, place in zip(problems, order, strict=True)}
    found, whole = [], tables(timed)
    for fold in range(_FOLDS):
        others = {n: t.only([fold_of[case.problem] != fold for case in t.cases]) for n, t in whole.items()}
        model = fit(others, {})
        for t in (t for t in timed if fold_of[t.case.problem] == fold):
            works = {n: registry.get(n).work(t.case) for n in t.times_s if model.knows(n, t.case)}
            if works:
                expected = model.times(t.case, works)
                found.append(t.times_s[min(expected, key=expected.__getitem__)] / t.best_s)
    return found


def fit_machine(
    minutes: float,
    shapes: int,
    seed: int,
    settings: Settings,
    times: Path,
    write: Path | None,
    progress: Callable[[str], None],
) -> Fitted:
    """Measure up to `shapes` random shapes for some minutes, add them to the file of times, and write a cost model.

    The model is fitted to all times of the file; it replaces that of `auto` if `write` is None. Raises UsageError for a
    file with other contents or from another machine, InfrastructureError if a file cannot be read or written.
    """
    file = write or Path(cost_model.__file__).with_name(cost_model.FILE_NAME)
    try:
        if minutes > 0:
            fit_times.add(times, seed, shapes, minutes, settings, progress)
        kept = fit_times.read(times)
        ratios = left_out_ratios(kept.timed)
        file.write_text(fit(tables(kept.timed), _made(kept, ratios)).to_json(), encoding="utf-8")
    except OSError as error:
        raise InfrastructureError(f"{error.filename or times}: {error.strerror or error}") from error
    return Fitted(file, times, len(kept.lines), tuple(ratios))


def _made(kept: Kept, ratios: Sequence[float]) -> dict[str, Any]:
    made = {
        "by": "convcost learn",
        "measured_utc": max((line["measured_utc"] for line in kept.lines), default=None),
        "fitted_utc": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "shapes": len(kept.lines),
        "seeds": kept.seeds,
        **kept.machine,
    }
    return {**made, "checked": checked("five-fold cross-validation", ratios)} if ratios else made


def checked(by: str, ratios: Sequence[float]) -> dict[str, Any]:
    """How good choices are on shapes outside of the fit: the share within MOST of the best, with its 95 % interval."""
    within = share([ratio <= MOST for ratio in ratios])
    return {
        "by": by,
        "shapes": within.trials,
        "most": MOST,
        "within": round(within.value, _DIGITS),
        "low": None if within.low is None else round(within.low, _DIGITS),
        "high": None if within.high is None else round(within.high, _DIGITS),
        "median": round(float(np.median(ratios)), _DIGITS),
    }
