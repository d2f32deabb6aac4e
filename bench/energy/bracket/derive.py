"""Makes servers.csv from the published results: python -m bench.energy.bracket.derive SPECPOWER.csv LIST.csv …

For development only: the product reads servers.csv. It is made anew when newer results are published.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mode

from bench.energy.bracket.generations import ALL, WIDE
from bench.energy.bracket.published import PublishedMachine, machines_by_class, read_lists, read_results
from bench.energy.bracket.quantiles import quantiles

TABLE = Path(__file__).with_name("servers.csv")
COLUMNS = (
    "class", "label", "machines", "results", "shared_results", "fewest_chips", "most_chips", "first_published",
    "last_published", "threads_a_core", "idle_low_w", "idle_middle_w", "idle_high_w", "load_low_w", "load_middle_w",
    "load_high_w",
)  # fmt: skip


def rows(machines: Mapping[str, Sequence[PublishedMachine]]) -> list[dict[str, str]]:
    """The lines of the table, one a class that has machines, in the order of the generations."""
    return [_row(one.name, one.label, machines[one.name]) for one in ALL if machines.get(one.name)]


def _row(name: str, label: str, machines: Sequence[PublishedMachine]) -> dict[str, str]:
    results = [result for machine in machines for result in machine.results]
    chips, months = [one.chips for one in results], [one.published for one in results]
    idle, load = quantiles([one.idle_w for one in machines]), quantiles([one.load_w for one in machines])
    watts = (idle.low, idle.middle, idle.high, load.low, load.middle, load.high)
    shared = sum(one.is_shared for one in results)
    counts = (len(machines), len(results), shared, min(chips), max(chips))
    values = (
        name, label, *map(str, counts), min(months), max(months), str(mode(one.threads_a_core for one in results)),
        *(f"{value:.3f}" for value in watts),
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def write(lines: Sequence[Mapping[str, str]], file: Path) -> None:
    """Write the table."""
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)


def sources(description: str) -> argparse.ArgumentParser:
    """The arguments of a program that reads the published results."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("results", type=Path, help="the table of SPECpower results")
    parser.add_argument("lists", type=Path, nargs="+", help="lists of processors, each named by its microarchitecture")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the table, and say what was left out."""
    parser = sources("Derive watts a core of each class of machines from SPECpower_ssj2008.")
    parser.add_argument("--to", type=Path, default=TABLE)
    given = parser.parse_args(arguments)
    results, left_out = read_results(given.results)
    machines = machines_by_class(results, read_lists(given.lists))
    write(rows(machines), given.to)
    for line in left_out:
        print(f"left out: {line}")
    print(f"{len(results)} results; {len(machines[WIDE])} machines since 2017; wrote {given.to}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
