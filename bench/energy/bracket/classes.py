"""The classes of machines with their watts a core, from servers.csv.

bench.energy.bracket.derive made the table: results of SPECpower_ssj2008 (https://www.spec.org/power_ssj2008/results/),
published until February 2026, as Cloud Carbon Footprint collected them (Apache-2.0; repository
cloud-carbon-footprint/ccf-coefficients, data/SPECpower-2026-03-09.csv). Watts are of the whole machine at the wall
(memory, fans and losses included), with all cores and threads busy by a Java workload, and at active idle.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from bench.energy.bracket.generations import OLDER, WIDE, WIDE_SINCE
from bench.energy.bracket.ranges import Range, hull
from bench.format import count

SOURCE = "SPECpower_ssj2008, whole machines at the wall, published until February 2026"
# Fewer machines than this say too little about the next one.
FEWEST_MACHINES = 10
_TABLE = Path(__file__).with_name("servers.csv")


@dataclass(frozen=True, slots=True)
class MachineClass:
    """The machines of one generation, or a wider class: watts a core from the 10 to the 90 % quantile, and the median.

    `results` are of these machines; `shared_results` are of blades and nodes with shared power supplies, whose watts
    are of all chips together, from `chips[0]` to `chips[1]` of them. `published` is the first and the last month.
    """

    name: str
    label: str
    machines: int
    results: int
    shared_results: int
    chips: tuple[int, int]
    published: tuple[str, str]
    threads_a_core: int
    idle_w: Range
    idle_median_w: float
    load_w: Range
    load_median_w: float


@dataclass(frozen=True, slots=True)
class Pool:
    """Classes that a processor may be of, taken together: watts a core that all of them hold."""

    label: str
    machines: int
    threads_a_core: int
    idle_w: Range
    load_w: Range


def read(file: Path) -> Mapping[str, MachineClass]:
    """The classes of a table by name. Raises KeyError or ValueError for a damaged table."""
    with file.open(encoding="utf-8", newline="") as text:
        found = [_class(row) for row in csv.DictReader(text)]
    return MappingProxyType({one.name: one for one in found})


@cache
def classes() -> Mapping[str, MachineClass]:
    """The classes of the product's own table, by name."""
    return read(_TABLE)


def pool(names: Iterable[str], table: Mapping[str, MachineClass] | None = None) -> Pool:
    """The classes of these names together; with too few machines, also all of their years. Raises KeyError.

    The machines of the wide classes count then: most of these are among them.
    """
    table = classes() if table is None else table
    members = [table[name] for name in names]
    label, machines = _label(members), sum(one.machines for one in members)
    if machines < FEWEST_MACHINES:
        is_late = all(one.published[0] >= WIDE_SINCE for one in members)
        wide = [table[WIDE]] if is_late else [table[OLDER], table[WIDE]]
        label = f"{label} (only {count(machines, 'machine')}), with {_label(wide)}"
        members, machines = [*members, *wide], sum(one.machines for one in wide)
    return Pool(
        label,
        machines,
        max(one.threads_a_core for one in members),
        hull(one.idle_w for one in members),
        hull(one.load_w for one in members),
    )


def _label(members: list[MachineClass]) -> str:
    """As in "AMD Zen 4 servers or AMD Zen 5 servers", "Intel Sapphire Rapids servers or later"."""
    if len(members) > 2:
        return f"{members[0].label} or later"
    return " or ".join(one.label for one in members)


def _class(row: Mapping[str, str]) -> MachineClass:
    return MachineClass(
        row["class"],
        row["label"],
        int(row["machines"]),
        int(row["results"]),
        int(row["shared_results"]),
        (int(row["fewest_chips"]), int(row["most_chips"])),
        (row["first_published"], row["last_published"]),
        int(row["threads_a_core"]),
        _range(row, "idle"),
        float(row["idle_middle_w"]),
        _range(row, "load"),
        float(row["load_middle_w"]),
    )


def _range(row: Mapping[str, str], load: str) -> Range:
    return Range(float(row[f"{load}_low_w"]), float(row[f"{load}_high_w"]))
