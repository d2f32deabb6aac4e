"""The processor's microarchitecture, as archspec names it: "zen5", "sapphirerapids".

A virtual machine may show a bare name ("AMD EPYC"), hide instruction sets, and give another processor's family and
model. archspec goes by instruction sets alone and answers too old a generation when a single one is hidden. So this
module asks two witnesses, the instruction sets and AMD's family and model. Each can only understate the generation:
the newer answer counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.machine.cpuinfo import cpu_flags, parse_cpuinfo, read_cpuinfo

if TYPE_CHECKING:
    from archspec.cpu import Microarchitecture

_AMD = "AuthenticAMD"
# CPUID family: (first model, last model, generation). Source: Linux, arch/x86/kernel/cpu/amd.c, bsp_init_amd().
_AMD_MODELS = {
    0x17: (
        (0x00, 0x2F, "zen"), (0x50, 0x5F, "zen"),
        (0x30, 0x4F, "zen2"), (0x60, 0x7F, "zen2"), (0x90, 0x91, "zen2"), (0xA0, 0xAF, "zen2"),
    ),
    0x19: (
        (0x00, 0x0F, "zen3"), (0x20, 0x5F, "zen3"),
        (0x10, 0x1F, "zen4"), (0x60, 0xAF, "zen4"),
    ),
    0x1A: (
        (0x00, 0x2F, "zen5"), (0x40, 0x4F, "zen5"), (0x60, 0x7F, "zen5"),
        (0x50, 0x5F, "zen6"), (0x80, 0xAF, "zen6"), (0xC0, 0xCF, "zen6"),
    ),
}  # fmt: skip
# A generation counts as seen when more than this share of the instruction sets that it introduced is shown. Client
# processors have a few sets of the next server generation: Tiger Lake shows 2 of Sapphire Rapids' 9.
_SEEN_SHARE = 0.5


def microarchitecture() -> str | None:
    """The microarchitecture of this machine's processor, None where it is unknown."""
    text = read_cpuinfo()
    if text:
        return microarchitecture_of(text)
    from archspec.cpu import host

    found = host()
    return None if found.vendor == "generic" else found.name


def microarchitecture_of(cpuinfo: str) -> str | None:
    """The microarchitecture of the first processor in the text of a /proc/cpuinfo, None where it is unknown."""
    processor = next(iter(parse_cpuinfo(cpuinfo)), {})
    if "CPU implementer" in processor:
        return _arm(processor)
    from archspec.cpu import TARGETS

    names = (_by_family(processor), _by_instruction_sets(processor))
    known = [TARGETS[name] for name in names if name in TARGETS]
    return max(known, key=_age).name if known else None


def _arm(processor: dict[str, str]) -> str | None:
    """Arm processors state their maker and part, which virtual machines pass on."""
    from archspec.cpu import TARGETS
    from archspec.cpu.schema import TARGETS_JSON

    maker = TARGETS_JSON["conversions"]["arm_vendors"].get(processor["CPU implementer"])
    part = processor.get("CPU part")
    return next((t.name for t in TARGETS.values() if part and (t.vendor, t.cpu_part) == (maker, part)), None)


def _by_family(processor: dict[str, str]) -> str | None:
    """The Zen generation by CPUID family and model. Other makers' models are left out: they name products."""
    family, model = processor.get("cpu family", ""), processor.get("model", "")
    if processor.get("vendor_id") != _AMD or not (family.isdecimal() and model.isdecimal()):
        return None
    ranges = _AMD_MODELS.get(int(family), ())
    return next((name for first, last, name in ranges if first <= int(model) <= last), None)


def _by_instruction_sets(processor: dict[str, str]) -> str | None:
    """The maker's newest generation with all its instruction sets present, or a successor with most of its new ones."""
    from archspec.cpu import TARGETS, Microarchitecture

    vendor = processor.get("vendor_id", "")
    # The constructor adds archspec's own names of instruction sets that Linux names otherwise.
    flags = Microarchitecture("", [], vendor, set(cpu_flags(processor)), {}).features
    makers = [t for t in TARGETS.values() if t.vendor == vendor]
    complete = [t for t in makers if t.features <= flags]
    if not complete:
        return None
    found = max(complete, key=_age)
    while successors := [t for t in makers if found in t.parents and _seen_share(t, found, flags) > _SEEN_SHARE]:
        found = max(successors, key=lambda t: _seen_share(t, found, flags))
    return str(found.name)


def _seen_share(successor: Microarchitecture, before: Microarchitecture, flags: set[str]) -> float:
    """The share of the instruction sets which the successor introduced that are shown."""
    introduced = successor.features - before.features
    return len(introduced & flags) / len(introduced) if introduced else 0.0


def _age(target: Microarchitecture) -> tuple[int, int]:
    """Sorts generations of one maker from the oldest to the newest."""
    return len(target.ancestors), len(target.features)
