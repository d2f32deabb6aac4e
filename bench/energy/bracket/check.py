"""Checks that brackets hold for machines that they do not know: python -m bench.energy.bracket.check TABLE.csv LIST.csv

Each machine of a class is left out, the range of the others is made, and all watts a core of the one at 100 % load must
lie in it for at least 80 % of the machines. The range is that of the table, before anything widens it.

Ranges by ranks hold so by their making, whatever the machines are; the check finds a table that was made otherwise. How
well a range holds for machines unlike those of the table shows where all machines of a vendor are left out at once:
that is printed beside, without a limit.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.energy.bracket import derive
from bench.energy.bracket.classes import FEWEST_MACHINES
from bench.energy.bracket.published import PublishedMachine, machines_by_class, read_lists, read_results
from bench.energy.bracket.quantiles import quantiles

LEAST_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of the machines of a class, those within the range of the others."""

    name: str
    machines: int
    within: int

    @property
    def share(self) -> float:
        return self.within / self.machines

    @property
    def is_enough(self) -> bool:
        """Whether the range holds, or the class is too small to be used alone."""
        return self.machines < FEWEST_MACHINES or self.share >= LEAST_SHARE


def leave_one_out(name: str, loads_w: Sequence[tuple[float, float]]) -> Coverage:
    """The coverage of a class, from the lowest and highest watts a core of each machine.

    Raises ValueError for fewer than two machines.
    """
    within = 0
    for place, (low, high) in enumerate(loads_w):
        others = quantiles([*loads_w[:place], *loads_w[place + 1 :]])
        within += others.holds(low, high)
    return Coverage(name, len(loads_w), within)


def leave_vendors_out(name: str, machines: Sequence[PublishedMachine]) -> Coverage | None:
    """The same where all machines of a vendor are left out at once; None for a class of one vendor."""
    vendors = {machine.vendor for machine in machines}
    if len(vendors) < 2:
        return None
    within = 0
    for vendor in vendors:
        others = quantiles([machine.load_w for machine in machines if machine.vendor != vendor])
        within += sum(others.holds(*machine.load_w) for machine in machines if machine.vendor == vendor)
    return Coverage(name, len(machines), within)


def coverages(machines: Mapping[str, Sequence[PublishedMachine]]) -> list[Coverage]:
    """The coverage of every class of at least two machines."""
    return [
        leave_one_out(name, [machine.load_w for machine in members])
        for name, members in machines.items()
        if len(members) > 1
    ]


def is_current(machines: Mapping[str, Sequence[PublishedMachine]], table: Path = derive.TABLE) -> bool:
    """Whether the table is that of these machines."""
    with table.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text)) == derive.rows(machines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each class. 1 if a bracket does not hold, or the table is not that of the results."""
    given = derive.sources("Check that brackets hold for machines that are left out.").parse_args(arguments)
    results, _ = read_results(given.results)
    machines = machines_by_class(results, read_lists(given.lists))
    found = coverages(machines)
    for one in found:
        few = " (too few to be used alone)" if one.machines < FEWEST_MACHINES else ""
        verdict = "" if one.is_enough else f"; at least {LEAST_SHARE:.0%} must"
        within = f"{one.within} of {one.machines} machines lie in the range of the others, {one.share:.1%}"
        vendors = leave_vendors_out(one.name, machines[one.name])
        unlike = "" if vendors is None else f"; in that of other vendors {vendors.share:.1%}"
        print(f"{one.name}: {within}{unlike}{few}{verdict}")
    is_right = is_current(machines)
    if not is_right:
        print(f"{derive.TABLE} is not the table of these results; make it anew with bench.energy.bracket.derive")
    return 0 if is_right and all(one.is_enough for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
