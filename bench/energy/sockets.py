"""Looks up the power to assume for a processor by its name, in a table of published figures.

sockets.csv holds SPECpower_ssj2008 results: watts of a whole server at the wall (with memory, fans and losses), active
idle and at full load, divided by its sockets. For each processor it is the median over all published servers with one
or two sockets, taken from the list of results of 9 March 2026 that Cloud Carbon Footprint keeps:
https://github.com/cloud-carbon-footprint/ccf-coefficients/blob/b0032d9/data/SPECpower-2026-03-09.csv
Vendors publish no idle power, and a TDP is not a measured power.
"""

from __future__ import annotations

import csv
import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.energy.availability import Unavailable
from bench.energy.model import OPTIONS, PowerModel
from bench.errors import UsageError

_TABLE = Path(__file__).with_name("sockets.csv")
# The watts cover a socket's share of its server, times the allotted share of the socket.
SCOPE = "server-share"
_GIVE = f"give {OPTIONS}"
_SIBLINGS = Path("/sys/devices/system/cpu/cpu0/topology/thread_siblings_list")


@dataclass(frozen=True, slots=True)
class Socket:
    """A row of the table: `pattern` matches the processor's name; the watts are per socket."""

    pattern: re.Pattern[str]
    cores: int
    idle_w: float
    max_w: float
    source: str


@cache
def sockets() -> tuple[Socket, ...]:
    """All rows of the table."""
    with _TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Socket(
                re.compile(row["name_pattern"], re.IGNORECASE),
                int(row["cores"]),
                float(row["idle_w"]),
                float(row["max_w"]),
                row["source"],
            )
            for row in csv.DictReader(file)
        )


def known(name: str, allotted: int) -> PowerModel | None:
    """The power model of a processor by its name, None if it is not in the table.

    Names without a model number (AMD EPYC, as in many virtual machines) are not in the table. Raises UsageError if more
    cores are allotted than the socket has.
    """
    for socket in sockets():
        if socket.pattern.search(name):
            return PowerModel(socket.idle_w, socket.max_w, socket.cores, allotted, socket.source, SCOPE)
    return None


def here() -> PowerModel:
    """The power model of this machine's processor. Raises Unavailable with the options to give."""
    from bench.machine.environment import cpu_name

    name = cpu_name()
    try:
        model = known(name, allotted_cores())
    except UsageError as error:
        raise Unavailable(str(error), _GIVE) from None
    if model is None:
        raise Unavailable(f"no published power is known for the processor {name!r}", _GIVE)
    return model


def allotted_cores(siblings: Path = _SIBLINGS) -> int:
    """The number of cores of the processors that this process may run on.

    In a virtual machine that hides shared cores, each processor counts as a core.
    """
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        a_core = len(re.findall(r"\d+", siblings.read_text()))
    except OSError:
        a_core = 1
    return max(threads // max(a_core, 1), 1)
