"""Forged processors, results and tables."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from archspec.cpu import TARGETS

from bench.energy.bracket.bracket import PowerBracket
from bench.energy.bracket.classes import Pool
from bench.energy.bracket.ranges import Range
from bench.energy.bracket.topology import Allotment

HEAD = (
    ",Benchmark,Hardware Vendor,System,Result,avg. watts @ 100%,avg. watts @ active idle,# Cores,Chips,"
    "# Cores Per Chip,# Threads Per Core,CPU Description,Processor MHz,Total Memory (GB),Power Supply Details,"
    "Published,Total Threads"
)
POOL = Pool("Forged servers", 20, 2, Range(1.0, 2.0), Range(4.0, 8.0))
# A virtual machine of 8 processors: 1.55 to 20.2 W for 1 busy thread, 0.5 to 2 W of it idle.
BRACKET = PowerBracket(POOL, "forged", Allotment(8, None, None, is_whole=False))


def cpuinfo(
    shown: str,
    *,
    name: str = "",
    vendor: str = "GenuineIntel",
    family: int = 6,
    model: int = 0,
    virtual: bool = True,
    more: Iterable[str] = (),
) -> str:
    """A processor that shows the instruction sets of a microarchitecture, and `more`."""
    # Linux never lists sse3 by that name.
    flags = sorted({*TARGETS[shown].features, *more} - {"sse3"}) + ["hypervisor"] * virtual
    head = f"processor : 0\nvendor_id : {vendor}\ncpu family : {family}\nmodel : {model}"
    return f"{head}\nmodel name : {name}\nflags : {' '.join(flags)}\n"


def amd(shown: str, family: int, model: int, name: str, *, virtual: bool = True) -> str:
    """The same for a processor of AMD."""
    return cpuinfo(shown, name=name, vendor="AuthenticAMD", family=family, model=model, virtual=virtual)


def result(
    system: str, processor: str, load_w: float, *, cores: int = 64, chips: int = 2, published: str = "Jun-2024",
    supply: str = "1000 W", each: int | None = None, idle_w: float = 50.0,
) -> str:  # fmt: skip
    """A line of the table of SPECpower."""
    each = cores // chips if each is None else each
    return (
        f'7,power_ssj2008,Somebody,"{system}",1000.0,{load_w},{idle_w},{cores},{chips},{each},2,{processor},2000,256,'
        f'"{supply}",{published},{2 * cores}'
    )


def table(folder: Path, lines: Iterable[str]) -> Path:
    """A table of SPECpower with these lines."""
    file = folder / "SPECpower.csv"
    file.write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8")
    return file


def processors(folder: Path, name: str, numbers: Iterable[str]) -> Path:
    """A list of processors by microarchitecture."""
    file = folder / f"{name}.csv"
    file.write_text("\n".join(numbers) + "\n", encoding="utf-8")
    return file
