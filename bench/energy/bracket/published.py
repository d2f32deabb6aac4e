"""Reads the published results of SPECpower_ssj2008 and puts each machine into its class. For development only.

The table is that of Cloud Carbon Footprint (Apache-2.0), which also has lists of processors by microarchitecture:
https://github.com/cloud-carbon-footprint/ccf-coefficients, data/SPECpower-2026-03-09.csv and data/microarchitectures.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.energy.bracket import numbering
from bench.energy.bracket.generations import ARM, BY_NAME, DESKTOP, LAPTOP, OLDER, OLDER_UNTIL, WIDE
from bench.errors import UsageError
from bench.format import count

# The generation of each list, by the name of its file.
LISTS = {
    "amd-epyc-gen1": "zen", "amd-epyc-gen2": "zen2", "amd-epyc-gen3": "zen3", "amd-epyc-gen4": "zen4",
    "amd-epyc-gen5": "zen5", "intel-sandybridge": "sandybridge", "intel-ivybridge": "ivybridge",
    "intel-haswell": "haswell", "intel-broadwell": "broadwell", "intel-skylake-server": "skylake_avx512",
    "intel-cascadelake": "cascadelake", "intel-icelake": "icelake", "intel-sapphirerapids": "sapphirerapids",
    "intel-emeraldrapids": "emeraldrapids", "intel-graniterapids": "graniterapids",
}  # fmt: skip
# Lists of desktop processors, of several generations, and of Arm processors, which are known by their names.
NOT_NEEDED = ("amd-neoverse-n1", "intel-coffeelake", "intel-skylake", "intel-skylake-client")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ARM = re.compile(r"\b(?:Altra|Grace|Graviton|Neoverse)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PublishedResult:
    """One result: `load_w` and `idle_w` are watts of the whole machine, or of all its blades, at the wall.

    `published` is a month, as in 2024-06. `is_shared` says that nodes share their power supplies, whose details are
    then "Shared" or missing.
    """

    vendor: str
    system: str
    processor: str
    published: str
    cores: int
    chips: int
    threads_a_core: int
    load_w: float
    idle_w: float
    is_shared: bool


@dataclass(frozen=True, slots=True)
class PublishedMachine:
    """All results of one system with one processor, whatever their number of blades and their settings."""

    results: tuple[PublishedResult, ...]

    @property
    def vendor(self) -> str:
        return self.results[0].vendor.lower()

    @property
    def load_w(self) -> tuple[float, float]:
        """The lowest and the highest watts a core at 100 % load."""
        return _ends(one.load_w / one.cores for one in self.results)

    @property
    def idle_w(self) -> tuple[float, float]:
        """The same at active idle."""
        return _ends(one.idle_w / one.cores for one in self.results)


def read_results(file: Path) -> tuple[list[PublishedResult], list[str]]:
    """The results of the table, and a line for each that is left out with the reason.

    Raises UsageError for a table without the columns.
    """
    found: list[PublishedResult] = []
    left_out: list[str] = []
    with file.open(encoding="utf-8", newline="") as text:
        for number, row in enumerate(csv.DictReader(text), start=2):
            try:
                found.append(_result(row))
            except KeyError as error:
                raise UsageError(f"{file} has no column {error}; allowed: the table of SPECpower results") from None
            except (ValueError, TypeError) as error:
                left_out.append(f"line {number}, {row['System']}: {error}")
    return found, left_out


def read_lists(files: Iterable[Path]) -> dict[str, str]:
    """The generation of each model number in the lists. Raises UsageError for a list that is not known.

    A number in two lists is in neither: the numbering decides.
    """
    places: dict[str, set[str]] = {}
    for file in (one for one in files if one.stem not in NOT_NEEDED):
        if file.stem not in LISTS:
            raise UsageError(f"{file} is no known list; allowed: {', '.join((*LISTS, *NOT_NEEDED))}, each with .csv")
        for line in file.read_text(encoding="utf-8").splitlines():
            if number := numbering.model_number(line):
                places.setdefault(number, set()).add(LISTS[file.stem])
    return {number: next(iter(names)) for number, names in places.items() if len(names) == 1}


def machines_by_class(
    results: Iterable[PublishedResult], listed: Mapping[str, str]
) -> dict[str, tuple[PublishedMachine, ...]]:
    """The machines of each class, in the order of the table; a machine is in its own class and in a wide one."""
    groups: dict[str, dict[tuple[str, str, str], list[PublishedResult]]] = {name: {} for name in BY_NAME}
    for result in results:
        number = numbering.model_number(result.processor) or result.processor
        machine = (result.vendor.lower(), result.system.lower(), number.lower())
        for name in _classes(result, listed):
            groups[name].setdefault(machine, []).append(result)
    return {
        name: tuple(PublishedMachine(tuple(members)) for members in machines.values())
        for name, machines in groups.items()
    }


def _classes(result: PublishedResult, listed: Mapping[str, str]) -> list[str]:
    own = _own_class(result.processor, listed)
    found = [name for name in (own, WIDE) if name is not None and result.published >= BY_NAME[name].since]
    return [*found, OLDER] if result.published < OLDER_UNTIL else found


def _own_class(processor: str, listed: Mapping[str, str]) -> str | None:
    """The class of a processor by its name: by the lists, and by the makers' numbering for what they leave out.

    Raises UsageError where the two disagree: one of them is wrong, and a person must find out which.
    """
    if numbering.is_laptop(processor):
        return LAPTOP
    if numbering.is_client(processor):
        return DESKTOP
    if _ARM.search(processor):
        return ARM
    number = numbering.model_number(processor)
    if number is None:
        return None
    by_list, by_number = listed.get(number), numbering.generation(number)
    if by_list and by_number and by_list != by_number:
        raise UsageError(f"{processor} is {by_list} in a list, and {by_number} by its number; correct one of them")
    return by_list or by_number


def _result(row: Mapping[str, str]) -> PublishedResult:
    """Raises ValueError for a result that cannot be right, KeyError for a missing column."""
    cores, chips, each = (int(float(row[name])) for name in ("# Cores", "Chips", "# Cores Per Chip"))
    load_w, idle_w = float(row["avg. watts @ 100%"]), float(row["avg. watts @ active idle"])
    if cores < 1 or cores != chips * each:
        raise ValueError(f"{count(chips, 'chip')} of {count(each, 'core')} cannot have {count(cores, 'core')}")
    if not 0 < idle_w < load_w:
        raise ValueError(f"{idle_w:g} W at idle and {load_w:g} W at load are impossible")
    supply = row["Power Supply Details"].strip().lower()
    return PublishedResult(
        row["Hardware Vendor"].strip(), row["System"].strip(), _plain(row["CPU Description"]), _month(row["Published"]),
        cores, chips, int(float(row["# Threads Per Core"])), load_w, idle_w, supply in ("", "shared"),
    )  # fmt: skip


def _plain(name: str) -> str:
    """The name of a processor without signs of a trademark, and without a comma at its end."""
    return re.sub(r"\s+", " ", re.sub(r"\((?:R|TM)\)|[\u00ae\u2122]", "", name, flags=re.IGNORECASE)).strip(" ,")


def _month(text: str) -> str:
    """The month Jun-2024 as 2024-06. Raises ValueError for other text."""
    name, _, year = text.strip().partition("-")
    if not re.fullmatch(r"\d{4}", year):
        raise ValueError(f"{text!r} is no month")
    return f"{year}-{_MONTHS.index(name.lower()[:3]) + 1:02}"


def _ends(values: Iterable[float]) -> tuple[float, float]:
    known = list(values)
    return min(known), max(known)
