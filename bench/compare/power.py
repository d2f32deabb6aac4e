"""Prints the error and the power of comparisons on simulated runs: python -m bench.compare.power

Error: the share of comparisons of unchanged code in which anything is called slower or faster. Power: the share in
which a known slowdown of a tenth of the rows is found, and the share of the slowed rows that are called.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.compare.comparison import ComparisonTerms, SideComparison, compare
from bench.compare.quantities import TIME
from bench.compare.simulated import IMPLEMENTATIONS, Family, RunScatter
from bench.compare.verdicts import ChangeVerdict
from bench.estimates.binomial import Figure, share
from bench.format import count

# Families of the A/A simulation, and those behind each point of the curve.
FAMILIES, POINTS = 300, 20
LEAST_ROWS, MOST_ROWS, ROWS = 50, 200, 200
SLOWDOWNS = (0.02, 0.03, 0.05, 0.1, 0.2)
RUNS = (1, 3, 5)
# Machines by how much they scatter, in parts of the reference machine.
MACHINES = {"the reference machine": 1.0, "half its scatter": 0.5, "a fifth": 0.2}
SLOWED = "direct"


@dataclass(frozen=True, slots=True)
class PowerPoint:
    """How often a slowdown is found: `pairs` with any slowed row, or all of the slowed implementation, called slower.

    `rows` is the share of slowed rows that are called, alone or with their implementation.

    `false` are comparisons in which any other row is called.
    """

    pairs: Figure
    rows: float
    false: Figure


def false_alarms(families: int, runs: int, seed: int = 0, scatter: RunScatter | None = None) -> Figure:
    """The share of comparisons of unchanged code with any alarm, with `runs` a side."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(families):
        rows = int(rng.integers(LEAST_ROWS, MOST_ROWS + 1))
        family = Family.drawn(rng, rows, scatter or RunScatter())
        found.append(_compared(rng, family, runs, None).has_alarm)
    return share(found)


def power(
    slowdown: float, runs: int, points: int, scatter: RunScatter, *, scattered: bool, seed: int = 0
) -> PowerPoint:
    """How often a slowdown of a tenth of 200 rows is found: those of one implementation, or any, if `scattered`."""
    rng = np.random.default_rng(seed)
    pairs, shares, false = [], [], []
    for _ in range(points):
        family = Family.drawn(rng, ROWS, scatter)
        slowed = np.array([name == SLOWED for name in family.names])
        if scattered:
            slowed = rng.permutation(slowed)
        (found,) = _compared(rng, family, runs, np.where(slowed, np.log1p(slowdown), 0.0)).of(TIME)
        groups = {one.implementation: one.verdict for one in found.implementations}
        called = np.array([ChangeVerdict.SLOWER in (row.verdict, groups.get(row.implementation)) for row in found.rows])
        wrong = np.array([ChangeVerdict.FASTER in (row.verdict, groups.get(row.implementation)) for row in found.rows])
        wrong |= called & ~slowed
        pairs.append(bool(called[slowed].any()))
        shares.append(float(called[slowed].mean()))
        false.append(bool(wrong.any()))
    return PowerPoint(share(pairs), float(np.mean(shares)), share(false))


def _compared(rng: np.random.Generator, family: Family, runs: int, changes: np.ndarray | None) -> SideComparison:
    old = [family.run(rng, number) for number in range(runs)]
    new = [family.run(rng, runs + number, changes) for number in range(runs)]
    return compare(old, new, ComparisonTerms())


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both tables. 1 if more than one comparison in twenty of unchanged code has an alarm, beyond chance."""
    quick = "--quick" in (sys.argv[1:] if arguments is None else arguments)
    worst = 0.0
    print(f"Unchanged code, {LEAST_ROWS} to {MOST_ROWS} rows: comparisons with any alarm, 95 % intervals")
    for runs in RUNS:
        found = false_alarms(FAMILIES // (10 if quick else 1), runs)
        worst = max(worst, found.low or 0.0)
        print(f"  {runs} a side: {_figure(found)} of {found.trials}")
    print(f"\nA tenth of {ROWS} rows is slower: comparisons that find any of them; share of them that is called")
    for words, factor in MACHINES.items():
        for scattered in (False, True):
            where = "any rows" if scattered else f"those of one of {count(len(IMPLEMENTATIONS), 'implementation')}"
            print(f"  {words}, {where}:")
            for runs in RUNS[: 2 if quick else None]:
                cells = []
                for slowdown in SLOWDOWNS:
                    point = power(slowdown, runs, POINTS // (8 if quick else 1), RunScatter().times(factor),
                                  scattered=scattered)  # fmt: skip
                    cells.append(f"{slowdown:.0%}: {point.pairs.value:4.0%} {point.rows:4.0%}")
                print(f"    {runs} a side   " + "   ".join(cells))
    return 1 if worst > 0.05 else 0


def _figure(found: Figure) -> str:
    return f"{found.value:.1%} [{found.low or 0:.1%}, {found.high or 1:.1%}]"


if __name__ == "__main__":
    sys.exit(main())
