"""The classes of machines: generations of servers with the month of their launch, and wider ones by what they hold."""

from __future__ import annotations

from dataclasses import dataclass

# All machines of the last years, for a processor that nothing else is known of.
WIDE = "unknown"
# Machines older than the generations that are told apart by a version (E5-2699 v3).
OLDER = "older"
DESKTOP, LAPTOP, ARM = "desktop", "laptop", "arm"
WIDE_SINCE, OLDER_UNTIL = "2017-01", "2014-09"


@dataclass(frozen=True, slots=True)
class Generation:
    """A class: its name (archspec's for a microarchitecture where it has one), its label, and the month of its launch.

    Machines published before `since` are not of it, whatever their name says.
    """

    name: str
    label: str
    since: str


# Launches: the makers' announcements. Each maker's are in the order of their instruction sets, so that a processor
# which shows those of one may be any later one; Sierra Forest has no AVX-512.
INTEL = (
    Generation("sandybridge", "Intel Sandy Bridge servers", "2012-03"),
    Generation("ivybridge", "Intel Ivy Bridge servers", "2013-09"),
    Generation("haswell", "Intel Haswell servers", "2014-09"),
    Generation("broadwell", "Intel Broadwell servers", "2016-03"),
    Generation("sierraforest", "Intel Sierra Forest servers", "2024-06"),
    Generation("skylake_avx512", "Intel Skylake servers", "2017-07"),
    Generation("cascadelake", "Intel Cascade Lake servers", "2019-04"),
    Generation("icelake", "Intel Ice Lake servers", "2021-04"),
    Generation("sapphirerapids", "Intel Sapphire Rapids servers", "2023-01"),
    Generation("emeraldrapids", "Intel Emerald Rapids servers", "2023-12"),
    Generation("graniterapids", "Intel Granite Rapids servers", "2024-09"),
)
AMD = (
    Generation("zen", "AMD Zen servers", "2017-06"),
    Generation("zen2", "AMD Zen 2 servers", "2019-08"),
    Generation("zen3", "AMD Zen 3 servers", "2021-03"),
    Generation("zen4", "AMD Zen 4 servers", "2022-11"),
    Generation("zen5", "AMD Zen 5 servers", "2024-10"),
)
OTHERS = (
    Generation(ARM, "Arm servers", "2020-03"),
    Generation(DESKTOP, "machines with a desktop processor", WIDE_SINCE),
    Generation(LAPTOP, "machines with a laptop processor", WIDE_SINCE),
    Generation(OLDER, f"machines published before {OLDER_UNTIL}", ""),
    Generation(WIDE, f"all machines published since {WIDE_SINCE[:4]}", WIDE_SINCE),
)
ALL = (*INTEL, *AMD, *OTHERS)
BY_NAME = {one.name: one for one in ALL}


def and_later(name: str) -> tuple[str, ...]:
    """The generation and the later ones of its maker, in the order of their instruction sets. Raises KeyError."""
    for maker in (INTEL, AMD):
        names = tuple(one.name for one in maker)
        if name in names:
            return names[names.index(name) :]
    raise KeyError(name)
