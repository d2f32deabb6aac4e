"""Tune `auto` to the kernels as they are: `python -m bench.kernels.fit` measures random shapes, writes its cost model.

Shapes are added to those that were measured before (bench.kernels.fit_times), the model is fitted to all of them
(bench.kernels.fit_model), and how good its choices are is said of shapes left out, five folds in turn.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from bench.errors import UsageError
from bench.estimates.binomial import quantile
from bench.kernels import fit_times
from bench.kernels.fit_model import fit, tables
from bench.kernels.fit_times import Kept, Timed
from bench.kernels.regret import MOST
from bench.machine.processors import require_threads
from bench.worker.settings import Settings
from impls import cost_model, registry

MINUTES, SHAPES, SEED = 10.0, 3_000, 1
TIMES = Path("results/kernels/fit-times.jsonl")
_FOLDS = 5


def foretold(timed: Sequence[Timed]) -> list[float]:
    """The time of the choice over the best, on shapes left out: models of four fifths choose on the last."""
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


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.kernels.fit",
        description="Measure random shapes, add them to those that were kept, and write the cost model of `auto`.",
    )
    parser.add_argument(
        "--minutes", type=float, default=MINUTES, help=f"of measuring ({MINUTES:g}); 0 measures nothing"
    )
    parser.add_argument("--shapes", type=int, default=SHAPES, help=f"to measure at most ({SHAPES:,})")
    parser.add_argument("--seed", type=int, default=SEED, help="of the shapes; each seed goes on where it was left")
    parser.add_argument("--threads", type=int, default=None, help="on the CPU; all by default")
    parser.add_argument("--times", type=Path, default=TIMES, help=f"the file they are kept in ({TIMES}); remove it "
                        "when kernels have changed")  # fmt: skip
    parser.add_argument("--write", type=Path, default=Path(cost_model.__file__).with_name(cost_model.FILE_NAME))
    given = parser.parse_args(arguments)
    try:
        if given.minutes > 0:
            fit_times.add(
                given.times, given.seed, given.shapes, given.minutes, Settings(require_threads(given.threads))
            )
        kept = fit_times.read(given.times)
    except (UsageError, OSError) as error:
        parser.error(str(error))
    given.write.write_text(fit(tables(kept.timed), _made(kept)).to_json(), encoding="utf-8")
    show(foretold(kept.timed))
    print(f"{len(kept.lines)} shapes of {given.times}; written: {given.write}")
    return 0


def _made(kept: Kept) -> dict[str, Any]:
    return {
        "by": "python -m bench.kernels.fit",
        "measured_utc": max((line["measured_utc"] for line in kept.lines), default=None),
        "fitted_utc": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "shapes": len(kept.lines),
        "seeds": kept.seeds,
        **kept.machine,
    }


def show(ratios: Sequence[float]) -> None:
    """The distribution of the choice's time over the best's, on shapes left out."""
    if not ratios:
        print("too few shapes to leave any out")
        return
    quantiles = ", ".join(f"{q:.0%} {quantile(ratios, q).value:.3f}" for q in (0.5, 0.75, 0.9, 0.95, 1.0))
    within = sum(ratio <= MOST for ratio in ratios) / len(ratios)
    print(f"the choice's time over the best's, on {len(ratios)} cases left out: {quantiles}")
    print(f"at most {MOST:g} on {within:.0%}")


if __name__ == "__main__":
    raise SystemExit(main())
