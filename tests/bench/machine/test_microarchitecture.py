"""The microarchitecture, read from forged texts of /proc/cpuinfo."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable

import pytest
from archspec.cpu import TARGETS

from bench.machine import microarchitecture as module
from bench.machine.microarchitecture import microarchitecture_of


def x86(vendor: str, family: int, model: int, shown: str, hidden: Iterable[str] = ()) -> str:
    """A processor that shows the instruction sets of one generation, less those that are hidden."""
    # Linux never lists sse3 by that name.
    flags = sorted(TARGETS[shown].features - set(hidden) - {"sse3"})
    head = f"processor : 0\nvendor_id : {vendor}\ncpu family : {family}\nmodel : {model}"
    return f"{head}\nmodel name : AMD EPYC\nflags : {' '.join(flags)}\n\nprocessor : 1\nflags : fpu"


def arm(implementer: str, part: str) -> str:
    return f"processor : 0\nFeatures : fp asimd\nCPU implementer : {implementer}\nCPU part : {part}"


@pytest.mark.parametrize(
    ("family", "model", "shown", "name"),
    [
        (23, 0x01, "zen", "zen"),
        (23, 0x31, "zen2", "zen2"),
        (25, 0x01, "zen3", "zen3"),
        (25, 0x50, "zen3", "zen3"),
        (25, 0x11, "zen4", "zen4"),
        (25, 0x61, "zen4", "zen4"),
        (26, 0x02, "zen5", "zen5"),
        (26, 0x44, "zen5", "zen5"),
        # The instruction sets of an older generation: a virtual machine hides the rest.
        (26, 0x02, "zen4", "zen5"),
        (26, 0x02, "zen3", "zen5"),
        # An older family: a virtual machine gives another processor's, and shows newer instruction sets.
        (23, 0x01, "zen4", "zen4"),
        # A family that the table does not have.
        (99, 0x01, "zen5", "zen5"),
    ],
)
def test_zen_generations_come_from_the_newer_of_family_and_instruction_sets(
    family: int, model: int, shown: str, name: str
) -> None:
    assert microarchitecture_of(x86("AuthenticAMD", family, model, shown)) == name


@pytest.mark.parametrize(
    ("model", "shown", "hidden", "name"),
    [
        (106, "icelake", (), "icelake"),
        (143, "sapphirerapids", (), "sapphirerapids"),
        # One hidden instruction set does not make a processor with AMX an older one, nor does a false model.
        (167, "sapphirerapids", ("waitpkg",), "sapphirerapids"),
        (85, "cascadelake", ("clwb",), "cascadelake"),
        (167, "icelake", (), "icelake"),
    ],
)
def test_intel_generations_come_from_the_instruction_sets(
    model: int, shown: str, hidden: tuple[str, ...], name: str
) -> None:
    assert microarchitecture_of(x86("GenuineIntel", 6, model, shown, hidden)) == name


def test_two_sets_of_a_newer_generation_do_not_make_one() -> None:
    info = x86("GenuineIntel", 6, 140, "icelake").replace("flags :", "flags : movdiri movdir64b", 1)
    assert microarchitecture_of(info) == "icelake"


@pytest.mark.parametrize(
    ("implementer", "part", "name"),
    [
        ("0x41", "0xd0c", "neoverse_n1"),
        ("0x41", "0xd4f", "neoverse_v2"),
        ("0x46", "0x001", "a64fx"),
        ("0x61", "0x022", "m1"),
        # Apple's Avalanche, Arm's Cortex-X4, a maker that is not listed: archspec has no such part.
        ("0x61", "0x033", None),
        ("0x41", "0xd82", None),
        ("0x99", "0x001", None),
    ],
)
def test_arm_processors_are_known_by_maker_and_part(implementer: str, part: str, name: str | None) -> None:
    assert microarchitecture_of(arm(implementer, part)) == name


@pytest.mark.parametrize(
    "text", ["", "processor : 0", "processor : 0\nvendor_id : HygonGenuine\nflags : fpu sse2 avx2"]
)
def test_unknown_processors_have_no_name(text: str) -> None:
    assert microarchitecture_of(text) is None


@pytest.mark.parametrize(("vendor", "name"), [("Apple", "m1"), ("generic", None)])
def test_archspec_detects_systems_without_cpuinfo(
    monkeypatch: pytest.MonkeyPatch, vendor: str, name: str | None
) -> None:
    monkeypatch.setattr(module, "read_cpuinfo", lambda: "")
    monkeypatch.setattr("archspec.cpu.host", lambda: TARGETS["m1" if vendor == "Apple" else "aarch64"])
    assert module.microarchitecture() == name


def test_importing_the_module_does_not_load_archspec() -> None:
    program = "import bench.machine.microarchitecture, sys; assert 'archspec' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)
