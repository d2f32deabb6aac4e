"""Model numbers and generations from names of processors, as results and /proc/cpuinfo write them."""

from __future__ import annotations

import pytest

from bench.energy.bracket.numbering import generation, is_client, is_laptop, is_other, model_number

SERVERS = [
    ("AMD EPYC 7601 Dell SKU [338-BNCG]", "EPYC 7601", "zen"),
    ("AMD EPYC 7742", "EPYC 7742", "zen2"),
    ("AMD EPYC 7B12", "EPYC 7B12", "zen2"),
    ("AMD EPYC 7773X", "EPYC 7773X", "zen3"),
    ("AMD EPYC 8534PN", "EPYC 8534PN", "zen4"),
    ("AMD EPYC 9754", "EPYC 9754", "zen4"),
    ("AMD EPYC 9R14", "EPYC 9R14", "zen4"),
    ("AMD EPYC 9965 192-Core Processor", "EPYC 9965", "zen5"),
    ("Intel(R) Xeon(R) CPU E5-2670 0 @ 2.60GHz", "E5-2670", "sandybridge"),
    ("Intel Xeon E5-2660V2", "E5-2660 v2", "ivybridge"),
    ("Intel Xeon E7-8890 v3", "E7-8890 v3", "haswell"),
    ("Intel(R) Xeon(R) CPU E5-2699A v4 @ 2.40GHz", "E5-2699A v4", "broadwell"),
    ("Intel Xeon Platinum 8176M", "8176M", "skylake_avx512"),
    ("Intel Xeon Platinum 6252", "6252", "cascadelake"),
    ("Intel(R) Xeon(R) Platinum 8275CL CPU @ 3.00GHz", "8275CL", "cascadelake"),
    ("Intel Xeon Gold 6314U CPU", "6314U", "icelake"),
    ("Intel Xeon Platinum 8380HL", "8380HL", None),
    ("Intel Xeon Platinum 8490H", "8490H", "sapphirerapids"),
    ("Intel(R) Xeon(R) Platinum 8488C", "8488C", "sapphirerapids"),
    ("Intel Xeon Silver 4510", "4510", "sapphirerapids"),
    ("Intel Xeon 8480+", "8480+", "sapphirerapids"),
    ("Intel(R) Xeon(R) Platinum 8592+,", "8592+", "emeraldrapids"),
    ("Intel Xeon Gold 6548Y", "6548Y", "emeraldrapids"),
    ("Intel Xeon 6787P Processor", "6787P", "graniterapids"),
    ("Intel(R) Xeon(R) 6975P-C", "6975P", "graniterapids"),
    ("Intel Xeon 6780E", "6780E", "sierraforest"),
    # Older than the rule.
    ("Intel Xeon E7-4870", "E7-4870", None),
    ("Intel Xeon 3070", "3070", None),
]


@pytest.mark.parametrize(("name", "number", "found"), SERVERS)
def test_servers_have_a_number_and_a_generation(name: str, number: str, found: str | None) -> None:
    assert model_number(name) == number
    assert generation(number) == found


@pytest.mark.parametrize(
    "name",
    [
        "AMD EPYC",
        "AMD EPYC Processor",
        "AMD EPYC-Milan Processor",
        "Intel(R) Xeon(R) Processor @ 2.60GHz",
        "Intel Xeon Processor (Skylake, IBRS)",
        "Intel Core Processor (Haswell, no TSX)",
        "Intel Xeon X5670",
        "Intel Xeon E5440",
        "AMD Opteron 6276",
        "Quad-Core AMD Opteron(r) Processor 8376 HE",
        "Ampere Altra Max 64-Bit Multi-Core Processor M128-30",
        "ARM Cortex-A53 24 Cores: SOCIONEXT SC2A11 ARM SoC",
        "",
    ],
)
def test_other_names_have_no_number(name: str) -> None:
    assert model_number(name) is None
    assert not is_client(name)


@pytest.mark.parametrize(
    ("name", "laptop"),
    [
        ("Intel Xeon E3-1265Lv3", False),
        ("Intel Xeon E E-2488", False),
        ("Intel E3-1260L v5", False),
        ("AMD EPYC 4465P", False),
        ("Intel Xeon 6369P", False),
        ("Intel(R) Core(TM) i7-6700K CPU @ 4.00GHz", False),
        ("Intel(R) Core(TM)2 Duo CPU E8400 @ 3.00GHz", False),
        ("Intel(R) Core(TM) Ultra 9 285K", False),
        ("AMD Ryzen 9 7950X 16-Core Processor", False),
        ("Intel Core Ultra 7 255H", True),
        ("Intel(R) Core(TM) Ultra 5 134U", True),
        ("11th Gen Intel(R) Core(TM) i7-1185G7 @ 3.00GHz", True),
        ("13th Gen Intel(R) Core(TM) i9-13980HX", True),
        ("AMD Ryzen 7 PRO 6850U with Radeon Graphics", True),
        ("AMD Ryzen AI 9 HX 370 w/ Radeon 890M", True),
        ("Intel(R) N100", True),
    ],
)
def test_desktops_and_laptops_are_no_servers(name: str, laptop: bool) -> None:
    assert is_client(name)
    assert is_laptop(name) is laptop
    assert model_number(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "AMD Ryzen Threadripper PRO 5995WX 64-Cores",
        "Intel(R) Xeon(R) W-2145 CPU @ 3.70GHz",
        "Intel(R) Xeon(R) w9-3495X",
        "Intel Xeon-D 2776NT",
        "Intel(R) Xeon(R) D-2775TE CPU",
        "AMD EPYC 3251",
    ],
)
def test_workstations_and_the_edge_are_neither(name: str) -> None:
    assert is_other(name)
    assert not is_client(name)
    assert model_number(name) is None
