"""The processor's share, vectors, microarchitecture and clock, read from forged files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from bench.doctor import processor
from bench.doctor.system import listed
from tests.bench.doctor.forging import Forge, cpuinfo

CPUFREQ = "/sys/devices/system/cpu/cpu{}/cpufreq/{}"
PSTATE, BOOST = "/sys/devices/system/cpu/intel_pstate/no_turbo", "/sys/devices/system/cpu/cpufreq/boost"


@pytest.mark.parametrize(
    ("text", "count"), [("0-3,8", 5), ("0", 1), ("0-127", 128), ("", None), (None, None), ("all", None)]
)
def test_lists_of_the_kernel_are_counted(text: str | None, count: int | None) -> None:
    assert listed(text) == count


@pytest.mark.parametrize(
    ("info", "allotted", "value", "remedy"),
    [
        (cpuinfo(), [0, 1], "2 allotted of 2, 2 cores, 1 socket", None),
        (cpuinfo(sockets=2, cores=4), range(8), "8 allotted of 8, 8 cores, 2 sockets", None),
        (cpuinfo(cores=4), [2, 3], "2 allotted of 4, 4 cores, 1 socket", "use --threads 2 at most"),
        (cpuinfo(cores=2, threads=2), range(4), "4 allotted of 4, 2 cores, 1 socket", "--threads 2 first"),
        # Arm lists neither cores nor sockets here.
        ("processor : 0\nFeatures : asimd\n\nprocessor : 1\nFeatures : asimd", [0, 1], "2 allotted of 2", None),
    ],
)
def test_the_allotted_share_is_shown(
    forge: Forge, info: str, allotted: Sequence[int], value: str, remedy: str | None
) -> None:
    _, _, found, _ = processor.devices(forge({"/proc/cpuinfo": info}), allotted)
    assert found.value == value
    assert found.verdict == ("mind" if remedy else "fine")
    assert (found.remedy or "").startswith(remedy or "")


@pytest.mark.parametrize(
    ("info", "name", "simd"),
    [
        (cpuinfo(flags="avx avx2 avx512f", name="Xeon"), "Xeon", "AVX-512, AVX2"),
        (cpuinfo(flags="avx2 avx512f amx_tile"), "Zen", "AMX, AVX-512"),
        (cpuinfo(flags="fpu"), "Zen", None),
        ("processor : 0\nmodel name : N1\nFeatures : fp asimd", "N1", "NEON"),
    ],
)
def test_name_and_widest_vectors_are_shown(forge: Forge, info: str, name: str, simd: str | None) -> None:
    cpu, _, _, found = processor.devices(forge({"/proc/cpuinfo": info}), [0])
    assert (cpu.value, found.value) == (name, simd)
    assert found.verdict == ("missing" if simd is None else "fine")


@pytest.mark.parametrize(
    ("info", "value"),
    [
        ("vendor_id : AuthenticAMD\ncpu family : 26\nmodel : 2\nmodel name : AMD EPYC\nflags : fpu", "zen5"),
        (cpuinfo(), "unknown"),
        ("", "unknown"),
    ],
)
def test_the_microarchitecture_is_shown(forge: Forge, info: str, value: str) -> None:
    _, found, *_ = processor.devices(forge({"/proc/cpuinfo": info}), [0])
    assert (found.name, found.value, found.verdict) == ("microarchitecture", value, "fine")


@pytest.mark.parametrize(
    ("files", "verdicts"),
    [
        ({}, {"governor": (None, "missing"), "frequency": (None, "missing")}),
        (
            {
                CPUFREQ.format(0, "scaling_governor"): "performance",
                CPUFREQ.format(1, "scaling_governor"): "performance",
                CPUFREQ.format(0, "scaling_cur_freq"): "2000000",
                CPUFREQ.format(1, "scaling_cur_freq"): "3000000",
                PSTATE: "1",
            },
            {"governor": ("performance", "fine"), "boost": ("off", "fine"), "frequency": ("2.50 GHz now", "fine")},
        ),
        (
            {
                CPUFREQ.format(0, "scaling_governor"): "powersave",
                CPUFREQ.format(1, "scaling_governor"): "performance",
                CPUFREQ.format(0, "scaling_cur_freq"): "<unknown>",
                BOOST: "1",
            },
            {
                "governor": ("performance, powersave", "mind"),
                "boost": ("on: the clock follows heat and load", "mind"),
                "frequency": (None, "missing"),
            },
        ),
    ],
)
def test_governor_boost_and_frequency_are_found(
    forge: Forge, files: Mapping[str, str], verdicts: dict[str, tuple[str | None, str]]
) -> None:
    found = processor.governor(forge(files), [0, 1])
    assert {f.name: (f.value, f.verdict) for f in found} == verdicts


@pytest.mark.parametrize(
    ("file", "state", "command"), [(PSTATE, "0", "echo 1 | sudo tee "), (BOOST, "1", "echo 0 | sudo tee ")]
)
def test_the_remedy_switches_boost_off(forge: Forge, file: str, state: str, command: str) -> None:
    _, found, _ = processor.governor(forge({file: state}), [0])
    assert str(found.remedy).endswith(command + file)
