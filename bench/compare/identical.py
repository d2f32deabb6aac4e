"""How often identical runs raise an alarm: python -m bench.compare.identical RUNS… [--keep FILE]

RUNS are run folders of unchanged code on one machine, or one folder that holds them, or a file that --keep wrote. Every
two of them are compared. An alarm is anything called slower or faster. Pairs share runs, so besides the exact interval
that takes pairs as independent (C. J. Clopper, E. S. Pearson, Biometrika 26(4), 1934), one is given by the scatter of
resampled runs, and the alarms of pairs that share no run. Exit 1 above the limits: 5 % of pairs, 10 % as upper bound.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.compare import compact, sides
from bench.compare.comparison import ComparisonTerms, compare
from bench.compare.sides import ComparedRun
from bench.errors import InfrastructureError, UsageError
from bench.estimates.binomial import Figure, share
from bench.estimates.resampling import share_between_runs
from bench.format import count

MOST_ALARMS, MOST_UPPER = 0.05, 0.10
# Runs a side where several are compared with several.
_SEVERAL = 3


@dataclass(frozen=True, slots=True)
class IdenticalRuns:
    """What comparisons of identical runs call: `pairs` as if independent, `by_runs` with the run as the unit.

    `apart` are pairs that share no run; `several` are disjoint groups of three runs a side, None with fewer than six.
    """

    runs: int
    rows: int
    pairs: Figure
    by_runs: Figure
    apart: Figure
    several: Figure | None

    @property
    def is_within_limits(self) -> bool:
        return self.pairs.value <= MOST_ALARMS and (self.pairs.high or 0.0) <= MOST_UPPER


def evaluate(runs: Sequence[ComparedRun]) -> IdenticalRuns:
    """Compare every two runs, and groups of three in the order of time. Raises UsageError for fewer than two."""
    if len(runs) < 2:
        raise UsageError(f"{len(runs)} run was given; identical runs are compared in pairs, give two or more")
    runs = sorted(runs, key=lambda run: run.created_utc)
    alarms = {(a, b): _alarm([runs[a]], [runs[b]]) for a, b in itertools.combinations(range(len(runs)), 2)}
    apart = [alarms[a, a + 1] for a in range(0, len(runs) - 1, 2)]
    groups = [runs[a : a + 2 * _SEVERAL] for a in range(0, len(runs) - 2 * _SEVERAL + 1, 2 * _SEVERAL)]
    # In turns, as runs should be measured.
    several = [_alarm(group[0::2], group[1::2]) for group in groups]
    return IdenticalRuns(
        len(runs), len(runs[0].rows["status"]), share(list(alarms.values())),
        share_between_runs({pair: [alarm] for pair, alarm in alarms.items()}), share(apart),
        share(several) if several else None,
    )  # fmt: skip


def _alarm(old: Sequence[ComparedRun], new: Sequence[ComparedRun]) -> bool:
    return compare(old, new, ComparisonTerms()).has_alarm


def folders_of(given: Sequence[Path]) -> list[Path]:
    """The run folders that were given, or that lie in a folder that was. Raises UsageError without any."""
    found = [folder for path in given for folder in ([path] if (path / "run.json").is_file() else
             sorted(file.parent for file in path.glob("*/run.json")))]  # fmt: skip
    if not found:
        raise UsageError(f"no run in {', '.join(map(str, given))}; give folders of runs, or one that holds them")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the shares of alarms. 0 within the limits, 1 above, 2 for arguments, 3 for damage."""
    parser = argparse.ArgumentParser(description="How often do comparisons of identical runs raise an alarm?")
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--keep", type=Path, help="write the runs as one small file, such as identical.json.xz")
    given = parser.parse_args(arguments)
    try:
        if len(given.runs) == 1 and given.runs[0].is_file():
            runs = compact.kept(given.runs[0])
        else:
            folders = folders_of(given.runs)
            runs = [sides.read(folder) for folder in folders]
            if given.keep is not None:
                print(f"{given.keep}: {compact.keep(folders, given.keep):,} bytes")
        found = evaluate(runs)
    except (UsageError, InfrastructureError) as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 3
    print(f"{count(found.runs, 'run')} of {count(found.rows, 'row')}; comparisons with any alarm, 95 % intervals:")
    print(f"  every two runs: {_words(found.pairs)}; by the scatter of runs {_interval(found.by_runs)}")
    print(f"  pairs that share no run: {_words(found.apart)}")
    if found.several is not None:
        print(f"  {_SEVERAL} runs a side: {_words(found.several)}")
    print("within the limits" if found.is_within_limits else f"above the limits: {MOST_ALARMS:.0%}, upper bound "
          f"{MOST_UPPER:.0%}")  # fmt: skip
    return 0 if found.is_within_limits else 1


def _words(found: Figure) -> str:
    return f"{round(found.value * found.trials)} of {found.trials}, {found.value:.1%} [{_interval(found)}]"


def _interval(found: Figure) -> str:
    return f"{found.low or 0:.1%} to {1 if found.high is None else found.high:.1%}"


if __name__ == "__main__":
    sys.exit(main())
