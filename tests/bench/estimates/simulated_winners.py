"""Made-up contests with a known truth: how often an equal candidate is called slower, and a slower one is found.

Figures of docs/method.md: `python -m tests.bench.estimates.simulated_winners`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.estimates import against_best
from bench.estimates.against_best import Against
from bench.estimates.intervals import Ratio, paired_ratio

# Standard deviations of a paired log ratio between processes, and between plans in one process, as sweeps show them.
# Each of the two candidates of a pair has half the variance.
PROCESS, DRAW = 0.0125, 0.006
# Blocks of one process scatter by Student's t with three degrees of freedom; one sample in twenty is disturbed.
BLOCK, DISTURBED, DISTURBANCE = 0.02, 0.05, 0.2
# What happens to a whole block meets all of its candidates.
DRIFT = 0.03
# Blocks of each candidate in all processes together.
BLOCKS = 60


@dataclass(frozen=True)
class Contest:
    """Candidates by their true times, the processes that time them, and how unequally candidates scatter.

    `unequal` is the standard deviation of the logarithm of each candidate's own scatter: 0 if all scatter alike.
    """

    times: tuple[float, ...]
    processes: int
    unequal: float = 0.0

    def samples(self, count: int, seed: int) -> np.ndarray:
        """The logarithms of times of `count` contests: candidates × processes × blocks each."""
        rng = np.random.default_rng(seed)
        shape = (count, len(self.times), self.processes, BLOCKS // self.processes)
        own = np.exp(rng.normal(0, self.unequal, (count, len(self.times), 1)))
        between = own * rng.normal(0, math.hypot(PROCESS, DRAW) / math.sqrt(2), shape[:3])
        disturbed = np.where(rng.random(shape) < DISTURBED, rng.exponential(DISTURBANCE, shape), 0.0)
        within = BLOCK / math.sqrt(3) * rng.standard_t(3, shape) + disturbed
        drift = rng.normal(0, DRIFT, (count, 1, *shape[2:]))
        return np.asarray(np.log(self.times)[None, :, None, None] + between[..., None] + within + drift)


def equal(candidates: int, processes: int, unequal: float = 0.0) -> Contest:
    return Contest((1.0,) * candidates, processes, unequal)


def one_slower(by: float, candidates: int, processes: int) -> Contest:
    """All candidates are equal but one."""
    return Contest((*(1.0,) * (candidates - 1), 1 + by), processes)


def beside_slow_ones(by: float, processes: int) -> Contest:
    """Three equal ones and one that is slower by a little, beside nine that take from 1.4 times to 9 times as long."""
    return Contest((1.0, 1.0, 1.0, 1 + by, *(1.4 * 1.26**n for n in range(9))), processes)


def ratios(logs: np.ndarray) -> dict[int, Ratio]:
    """The ratio of each candidate to the one with the least median, by the rule of the product."""
    best, others = _sides(logs)
    against = [Against.of((p, [unit.tolist()]) for p, unit in enumerate(logs[i] - logs[best])) for i in others]
    return dict(zip(others, against_best.ratios(against), strict=True))


def ratios_one_by_one(logs: np.ndarray) -> dict[int, Ratio]:
    """The same by 95 % intervals that each hold for themselves, as before."""
    best, others = _sides(logs)
    times = np.exp(logs).tolist()
    return {i: paired_ratio(times[i], times[best]) for i in others}


def _sides(logs: np.ndarray) -> tuple[int, list[int]]:
    best = int(np.argmin(np.median(logs.reshape(len(logs), -1), axis=1)))
    return best, [i for i in range(len(logs)) if i != best]


def called_slower(found: dict[int, Ratio]) -> set[int]:
    return {i for i, ratio in found.items() if ratio.low is not None and ratio.low > 1}


def family_wise_error(contest: Contest, count: int, seed: int = 0, rule=ratios) -> float:  # type: ignore[no-untyped-def]
    """The share of contests in which some candidate as fast as the best is called slower."""
    fastest = {i for i, time in enumerate(contest.times) if time == min(contest.times)}
    return float(np.mean([bool(called_slower(rule(logs)) & fastest) for logs in contest.samples(count, seed)]))


def power(contest: Contest, number: int, count: int, seed: int = 0, rule=ratios) -> float:  # type: ignore[no-untyped-def]
    """The share of contests in which a candidate is called slower."""
    return float(np.mean([number in called_slower(rule(logs)) for logs in contest.samples(count, seed)]))


def coverage(contest: Contest, count: int, seed: int = 0) -> float:
    """The share of contests in which all intervals have their true ratios in them."""
    return float(np.mean([_covers(contest, logs) for logs in contest.samples(count, seed)]))


def _covers(contest: Contest, logs: np.ndarray) -> bool:
    best, _ = _sides(logs)
    found = ((contest.times[i] / contest.times[best], ratio) for i, ratio in ratios(logs).items())
    return all(r.low is not None and r.high is not None and r.low <= truth <= r.high for truth, r in found)


def half_width(contest: Contest, count: int, seed: int = 0, below: float = 1.5) -> float:
    """The median half-width of the ratios below a limit."""
    found = [r for logs in contest.samples(count, seed) for r in ratios(logs).values() if r.estimate < below]
    return float(np.median([r.rel_half_width for r in found if r.rel_half_width is not None]))


def _print(count: int) -> None:
    print(f"{count} contests each; columns: {', '.join(f'{p} processes' for p in PROCESSES)}")
    for name, rule in (("one by one", ratios_one_by_one), ("at once", ratios)):
        for k in NUMBERS:
            _line(f"{name}: some of {k} equal ones called slower", [
                family_wise_error(equal(k, processes), count, k, rule) for processes in PROCESSES
            ])  # fmt: skip
        for by in SLOWER:
            _line(f"{name}: found slower by {by:.0%}, of 2", [
                power(one_slower(by, 2, processes), 1, count, rule=rule) for processes in PROCESSES
            ])  # fmt: skip
            _line(f"{name}: found slower by {by:.0%}, with 12 equal ones", [
                power(one_slower(by, 13, processes), 12, count, rule=rule) for processes in PROCESSES
            ])  # fmt: skip
            _line(f"{name}: found slower by {by:.0%}, with 3 equal and 9 slow ones", [
                power(beside_slow_ones(by, processes), 3, count, rule=rule) for processes in PROCESSES
            ])  # fmt: skip
    mixed = [beside_slow_ones(0.05, processes) for processes in PROCESSES]
    _line("at once: all 12 true ratios in their intervals", [coverage(contest, count) for contest in mixed])
    _line("at once: half-width of ratios below 1.5", [half_width(contest, count) for contest in mixed])


def _line(title: str, shares: Sequence[float]) -> None:
    print(f"{title}: {', '.join(f'{share:.1%}' for share in shares)}", flush=True)


NUMBERS: Sequence[int] = (2, 4, 8, 13, 20)
SLOWER: Sequence[float] = (0.03, 0.05, 0.10)
PROCESSES: Sequence[int] = (3, 6, 9)

if __name__ == "__main__":
    _print(1000)
