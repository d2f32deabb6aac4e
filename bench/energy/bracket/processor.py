"""Finds the class of a processor, also where a virtual machine hides its name.

Three witnesses, the surest first: the model number in the name; CPUID family and model; the instruction sets, which
archspec compares with those of each microarchitecture (bench.machine.microarchitecture). A virtual machine may hide
the first, and give a baseline of its hypervisor for the others. A baseline is never newer than the processor, so the
class is then the generation shown and all later ones of its maker.
"""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass

from bench.energy.bracket import numbering
from bench.energy.bracket.generations import AMD, ARM, BY_NAME, DESKTOP, INTEL, LAPTOP, OLDER, WIDE, and_later
from bench.machine.cpuinfo import cpu_flags, parse_cpuinfo, read_cpuinfo
from bench.machine.microarchitecture import microarchitecture_of

# Models of family 6 that are servers of one generation. Source: Linux, arch/x86/include/asm/intel-family.h.
_INTEL_MODELS = {
    45: "sandybridge", 62: "ivybridge", 63: "haswell", 79: "broadwell", 106: "icelake", 143: "sapphirerapids",
    173: "graniterapids", 175: "sierraforest", 207: "emeraldrapids",
}  # fmt: skip
# Skylake, Cascade Lake and Cooper Lake servers share one model; their instruction sets tell them apart.
_SKYLAKE_MODEL = 85
# CPUID families of Zen 1 and 2, Zen 3 and 4, Zen 5.
_ZEN_FAMILIES = (0x17, 0x19, 0x1A)
# Xeon D, a processor for networks and the edge, of Broadwell, Ice Lake and Granite Rapids.
_XEON_D_MODELS = (86, 108, 174)
# What archspec calls processors that are older than all generations here; Nehalem and Core 2 are taken for Prescott.
_OLD = frozenset(
    ("pentium4", "prescott", "nocona", "core2", "nehalem", "westmere", "k10", "bulldozer", "piledriver", "steamroller",
     "excavator")
)  # fmt: skip
# Desktop processors of these may be as old as their servers.
_OLD_DESKTOPS = _OLD | {"sandybridge", "ivybridge", "haswell", "broadwell"}
# By the instruction sets, desktop processors that a server may look like: it hides AVX-512, or has none.
_LOOKALIKES = {"skylake": "sierraforest", "cannonlake": "skylake_avx512"}
# QEMU's names for its own models of processors: "AMD EPYC-Milan Processor", "Intel Xeon E312xx (Sandy Bridge)".
_BASELINE = re.compile(
    r"QEMU|KVM|Processor \([A-Z]|EPYC(?:-[\w-]+)? Processor$|\((?:Nehalem|Penryn|Conroe|Sandy Bridge|Ivy Bridge)",
    re.IGNORECASE,
)
_MAKERS = ("GenuineIntel", "AuthenticAMD")


@dataclass(frozen=True, slots=True)
class Membership:
    """The classes that a processor may be of, one where it is sure; `why` says how that is known."""

    classes: tuple[str, ...]
    why: str


def here() -> Membership:
    """The classes that this machine's processor may be of. Raises nothing."""
    text = read_cpuinfo()
    if text:
        return membership(text)
    is_arm = platform.machine().lower() in ("arm64", "aarch64")
    return Membership((ARM if is_arm else WIDE,), "this system does not describe its processor in /proc/cpuinfo")


def membership(cpuinfo: str) -> Membership:
    """The classes that the first processor in the text of a /proc/cpuinfo may be of."""
    processor = next(iter(parse_cpuinfo(cpuinfo)), {})
    if "CPU implementer" in processor:
        return Membership((ARM,), "an Arm processor")
    name, sets = processor.get("model name", ""), microarchitecture_of(cpuinfo)
    is_virtual = is_virtual_machine(processor)
    if is_virtual and _BASELINE.search(name):
        return _by_sets(sets, is_virtual=True)
    if numbering.is_other(name):
        return Membership((WIDE,), f"{name} is a processor for workstations or the edge")
    if numbering.is_client(name):
        return _client(name, sets)
    number = numbering.model_number(name) if processor.get("vendor_id") in _MAKERS else None
    # Names of old processors follow other rules.
    if number is not None and (sets not in _OLD or is_virtual) and (by_number := numbering.generation(number)):
        return Membership((by_number,), f"model number {number}")
    return _by_cpuid(processor, sets) or _by_sets(sets, is_virtual=is_virtual)


def is_virtual_machine(processor: dict[str, str]) -> bool:
    """Whether a processor of /proc/cpuinfo is that of a virtual machine."""
    return "hypervisor" in cpu_flags(processor)


def _client(name: str, sets: str | None) -> Membership:
    if numbering.is_laptop(name):
        return Membership((LAPTOP,), f"{name} is a laptop processor")
    classes = (DESKTOP, OLDER) if sets in _OLD_DESKTOPS else (DESKTOP,)
    return Membership(classes, f"{name} is a desktop processor")


def _by_cpuid(processor: dict[str, str], sets: str | None) -> Membership | None:
    """By CPUID family and model; None where they are unknown, or older than the instruction sets."""
    family, model = processor.get("cpu family", ""), processor.get("model", "")
    if not (family.isdecimal() and model.isdecimal()):
        return None
    why = f"CPUID family {family}, model {model}"
    if processor.get("vendor_id") == "AuthenticAMD":
        # The microarchitecture is the newer one of what family and model, and the instruction sets, say.
        is_known = int(family) in _ZEN_FAMILIES and sets in {one.name for one in AMD}
        return Membership((str(sets),), why) if is_known else None
    if processor.get("vendor_id") != "GenuineIntel" or int(family) != 6:
        return None
    if int(model) in _XEON_D_MODELS:
        return Membership((WIDE,), f"{why} is a processor for the edge")
    if int(model) == _SKYLAKE_MODEL and not _is_older("cascadelake", sets):
        return _skylake_or_later(cpu_flags(processor), why)
    found = _INTEL_MODELS.get(int(model))
    return None if found is None or _is_older(found, sets) else Membership((found,), why)


def _skylake_or_later(flags: frozenset[str], why: str) -> Membership | None:
    """Of the model that three generations share; None where the sets that would tell them apart may be hidden."""
    if "avx512_bf16" in flags:
        return Membership((WIDE,), f"{why} with avx512_bf16 is Cooper Lake, which has no class")
    if "avx512_vnni" in flags:
        return Membership(("cascadelake",), f"{why} with avx512_vnni")
    # Skylake hides nothing when it shows AVX-512 and no more.
    return Membership(("skylake_avx512",), f"{why} without avx512_vnni") if "avx512f" in flags else None


def _is_older(found: str, sets: str | None) -> bool:
    """Whether a generation is older than what the instruction sets show: a hypervisor may give any model."""
    names = [one.name for one in INTEL]
    return sets in names and names.index(found) < names.index(str(sets))


def _by_sets(sets: str | None, *, is_virtual: bool) -> Membership:
    """By the instruction sets alone. Those of Emerald and Granite Rapids look like Sapphire Rapids in /proc/cpuinfo."""
    why = f"its instruction sets are those of {sets}"
    if sets in _OLD:
        # A hypervisor may show any processor as an old one.
        return Membership((OLDER, WIDE) if is_virtual else (OLDER,), why)
    shown = _LOOKALIKES.get(sets or "", sets) if is_virtual else sets
    if shown is None or shown not in BY_NAME:
        return Membership((WIDE,), "its microarchitecture is unknown")
    if is_virtual or shown == "sapphirerapids":
        return Membership(and_later(shown), f"{why}, or of a later one")
    return Membership((shown,), why)
