"""The class of a processor, from forged texts of /proc/cpuinfo."""

from __future__ import annotations

import pytest

from bench.energy.bracket import processor
from bench.energy.bracket.processor import membership
from tests.bench.energy.bracket.forged import amd, cpuinfo

AMX = ("sapphirerapids", "emeraldrapids", "graniterapids")


@pytest.mark.parametrize(
    ("text", "classes", "why"),
    [
        # The model number counts, whatever a hypervisor hides.
        (cpuinfo("haswell", name="Intel(R) Xeon(R) Platinum 8488C"), ("sapphirerapids",), "model number 8488C"),
        (cpuinfo("sapphirerapids", name="Intel(R) Xeon(R) 6975P-C"), ("graniterapids",), "model number 6975P"),
        (amd("zen2", 23, 1, "AMD EPYC 9R14"), ("zen4",), "model number EPYC 9R14"),
        (cpuinfo("broadwell", name="Intel(R) Xeon(R) CPU E5-2686 v4 @ 2.30GHz"), ("broadwell",), "E5-2686 v4"),
        # A hidden name, and the processor's own family and model.
        (amd("zen5", 26, 2, "AMD EPYC"), ("zen5",), "CPUID family 26, model 2"),
        (amd("zen3", 26, 2, "AMD EPYC"), ("zen5",), "CPUID family 26, model 2"),
        (cpuinfo("skylake", name="Intel(R) Xeon(R) Processor @ 2.90GHz", model=106), ("icelake",), "model 106"),
        (cpuinfo("sapphirerapids", name="Intel(R) Xeon(R) CPU @ 2.70GHz", model=207), ("emeraldrapids",), "model 207"),
        (cpuinfo("sapphirerapids", model=173), ("graniterapids",), "model 173"),
        (cpuinfo("alderlake", name="Intel(R) Xeon(R) Processor", model=175), ("sierraforest",), "model 175"),
        (cpuinfo("skylake_avx512", name="Intel(R) Xeon(R) CPU @ 2.00GHz", model=85), ("skylake_avx512",), "model 85"),
        (cpuinfo("cascadelake", name="Intel(R) Xeon(R) CPU @ 2.80GHz", model=85), ("cascadelake",), "avx512_vnni"),
        # A baseline of QEMU: that generation or a later one.
        (amd("zen3", 25, 1, "AMD EPYC-Milan Processor"), ("zen3", "zen4", "zen5"), "or of a later one"),
        (amd("zen", 23, 1, "AMD EPYC Processor (with IBPB)"), ("zen", "zen2", "zen3", "zen4", "zen5"), "later"),
        (cpuinfo("icelake", name="Intel Xeon Processor (Icelake)", model=134), ("icelake", *AMX), "later"),
        (cpuinfo("sapphirerapids", name="Intel Xeon Processor (SapphireRapids)", model=143), AMX, "later"),
        # A false model, older than the instruction sets or of a desktop processor.
        (cpuinfo("sapphirerapids", name="Intel(R) Xeon(R) Processor", model=167), AMX, "later"),
        (cpuinfo("icelake", name="Intel(R) Xeon(R) Processor", model=63), ("icelake", *AMX), "later"),
        (cpuinfo("sapphirerapids", name="Intel(R) Xeon(R) Processor", model=85), AMX, "later"),
        # On bare metal nothing hides, but these three look alike.
        (cpuinfo("icelake", virtual=False), ("icelake",), "instruction sets are those of icelake"),
        (cpuinfo("sapphirerapids", virtual=False), AMX, "later"),
        # Workstations, the edge, Cooper Lake, other makers: the wide class.
        (cpuinfo("cascadelake", name="Intel(R) Xeon(R) W-3275 CPU @ 2.50GHz", model=85), ("unknown",), "workstations"),
        (cpuinfo("icelake", name="Intel(R) Xeon(R) Processor", model=108), ("unknown",), "edge"),
        (cpuinfo("cascadelake", model=85, more=["avx512_bf16"]), ("unknown",), "Cooper Lake"),
        (cpuinfo("cascadelake", name="Intel(R) Xeon(R) Platinum 8380HL CPU", model=85, more=["avx512_bf16"]),
         ("unknown",), "Cooper Lake"),
        (cpuinfo("zen", name="Hygon C86 7185", vendor="HygonGenuine", family=24), ("unknown",), "unknown"),
        (amd("zen4", 99, 1, ""), ("zen4", "zen5"), "later"),
        ("", ("unknown",), "unknown"),
        ("processor : 0\nCPU implementer : 0x41\nCPU part : 0xd0c\nFeatures : fp asimd", ("arm",), "Arm"),
        # Desktops and laptops.
        (cpuinfo("skylake", name="Intel(R) Core(TM) i7-6700K CPU", model=94, virtual=False), ("desktop",), "desktop"),
        (cpuinfo("haswell", name="Intel(R) Core(TM) i7-4770 CPU", virtual=False), ("desktop", "older"), "desktop"),
        (cpuinfo("icelake", name="Intel(R) Core(TM) i7-1065G7 CPU", virtual=True), ("laptop",), "laptop"),
        (amd("zen4", 25, 97, "AMD Ryzen 9 7950X 16-Core Processor", virtual=False), ("desktop",), "desktop"),
        # Old processors; a hypervisor may show any as an old one.
        (cpuinfo("westmere", name="Intel(R) Xeon(R) CPU X5670 @ 2.93GHz", virtual=False), ("older",), "westmere"),
        (cpuinfo("nehalem", name="Intel Core i7 9xx (Nehalem Class Core i7)", virtual=True), ("older", "unknown"), ""),
    ],
)  # fmt: skip
def test_the_class_of_a_processor(text: str, classes: tuple[str, ...], why: str) -> None:
    found = membership(text)
    assert found.classes == classes
    assert why in found.why


@pytest.mark.parametrize("virtual", [True, False])
def test_instruction_sets_of_a_desktop_are_a_server_that_hides_some_only_in_a_virtual_machine(virtual: bool) -> None:
    found = membership(cpuinfo("skylake", name="Intel Core Processor (Skylake, IBRS)", model=94, virtual=virtual))
    later = ("sierraforest", "skylake_avx512", "cascadelake", "icelake", *AMX)
    assert found.classes == (later if virtual else ("unknown",))


@pytest.mark.parametrize(("machine", "name"), [("arm64", "arm"), ("x86_64", "unknown")])
def test_systems_without_cpuinfo(monkeypatch: pytest.MonkeyPatch, machine: str, name: str) -> None:
    monkeypatch.setattr(processor, "read_cpuinfo", lambda: "")
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert processor.here().classes == (name,)
