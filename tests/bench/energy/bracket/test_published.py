"""Published results: what is read, what is left out, and which class a machine is in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.energy.bracket import derive
from bench.energy.bracket.classes import read
from bench.energy.bracket.published import machines_by_class, read_lists, read_results
from bench.errors import UsageError
from tests.bench.energy.bracket.forged import HEAD, processors, result, table


def classified(folder: Path, *lines: str, listed: Mapping[str, str] | None = None) -> dict[str, list[str]]:
    """The systems of each class that has any."""
    results, _ = read_results(table(folder, lines))
    found = machines_by_class(results, listed or {})
    return {name: [machine.results[0].system for machine in machines] for name, machines in found.items() if machines}


def test_a_result_is_read(tmp_path: Path) -> None:
    name = "Intel(R) Xeon(R) Platinum 8592+"
    (one,), left_out = read_results(table(tmp_path, [result("Server, 2 chips", name, 640.0, supply="Shared")]))
    assert (one.vendor, one.system, one.processor) == ("Somebody", "Server, 2 chips", "Intel Xeon Platinum 8592+")
    assert (one.cores, one.chips, one.threads_a_core, one.published) == (64, 2, 2, "2024-06")
    assert (one.load_w, one.idle_w, one.is_shared) == (640.0, 50.0, True)
    assert left_out == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (result("S", "AMD EPYC 9654", 640.0, each=64), "2 chips of 64 cores cannot have 64 cores"),
        (result("S", "AMD EPYC 9654", 40.0), "50 W at idle and 40 W at load are impossible"),
        (result("S", "AMD EPYC 9654", 640.0, published="June"), "'June' is no month"),
        (result("S", "AMD EPYC 9654", 640.0, published="Foo-2024"), "line 2, S"),
        (result("S", "AMD EPYC 9654", float("nan")), "impossible"),
    ],
)
def test_results_that_cannot_be_right_are_left_out_and_named(tmp_path: Path, line: str, says: str) -> None:
    results, left_out = read_results(table(tmp_path, [line]))
    assert results == []
    assert len(left_out) == 1
    assert says in left_out[0]


def test_another_table_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.csv"
    file.write_text("a,System\n1,S\n", encoding="utf-8")
    with pytest.raises(UsageError, match="has no column '# Cores'"):
        read_results(file)
    assert "# Cores" in HEAD


@pytest.mark.parametrize(
    ("processor", "published", "classes"),
    [
        ("AMD EPYC 9654", "Jun-2024", {"zen4", "unknown"}),
        # Sold before its generation was launched: another processor has the same number.
        ("Intel Xeon 5160", "Jun-2009", {"older"}),
        ("AMD EPYC 9654", "Oct-2022", {"unknown"}),
        ("Intel Xeon E5-2699 v3", "Sep-2014", {"haswell"}),
        ("Intel Xeon E5-2660", "May-2012", {"sandybridge", "older"}),
        # Desktop processors with numbers like those of servers.
        ("AMD EPYC 4465P", "Jan-2026", {"desktop", "unknown"}),
        ("Intel Xeon 6369P", "Jun-2025", {"desktop", "unknown"}),
        ("Intel Xeon E3-1260L v5", "Dec-2015", set()),
        ("Intel Core Ultra 7 255H", "Jun-2025", {"laptop", "unknown"}),
        ("Intel Xeon Platinum 8380HL", "Jun-2021", {"unknown"}),
        ("Intel(R) Xeon(R) D-2775TE CPU", "Mar-2024", {"unknown"}),
        ("Ampere® Altra® Q80-30", "Jan-2024", {"arm", "unknown"}),
    ],
)
def test_a_machine_is_in_its_own_class_and_in_a_wide_one(
    tmp_path: Path, processor: str, published: str, classes: set[str]
) -> None:
    assert set(classified(tmp_path, result("S", processor, 640.0, published=published))) == classes


def test_results_of_one_system_are_one_machine_whatever_its_blades(tmp_path: Path) -> None:
    lines = [
        result("Blades", "AMD EPYC 9654", 640.0, cores=64, chips=2),
        result("blades", "AMD EPYC 9654 96-Core Processor", 1024.0, cores=128, chips=4, supply="Shared", idle_w=64.0),
        result("Blades", "AMD EPYC 9754", 640.0),
    ]
    results, _ = read_results(table(tmp_path, lines))
    machine, other = machines_by_class(results, {})["zen4"]
    assert (len(machine.results), len(other.results)) == (2, 1)
    assert machine.load_w == (8.0, 10.0)
    assert machine.idle_w == (0.5, 50 / 64)


def test_lists_give_generations_where_the_numbering_agrees_or_is_silent(tmp_path: Path) -> None:
    files = [
        processors(tmp_path, "intel-sapphirerapids", ["Silver 4510", "8488C", "i9-1", "W-3375", "Platinum 8370C", ""]),
        processors(tmp_path, "intel-icelake", ["Platinum 8370C", "Platinum 8380"]),
        processors(tmp_path, "intel-coffeelake", ["E-2288G"]),
        processors(tmp_path, "amd-epyc-gen4", ["EPYC 9D25"]),
    ]
    assert read_lists(files) == {
        "4510": "sapphirerapids", "8488C": "sapphirerapids", "8380": "icelake", "EPYC 9D25": "zen4",
    }  # fmt: skip
    with pytest.raises(UsageError, match="no known list; allowed: amd-epyc-gen1"):
        read_lists([processors(tmp_path, "mine", ["EPYC 9654"])])


def test_a_list_that_contradicts_the_numbering_stops_the_derivation(tmp_path: Path) -> None:
    line = result("S", "AMD EPYC 9654", 640.0)
    with pytest.raises(UsageError, match="is zen3 in a list, and zen4 by its number"):
        classified(tmp_path, line, listed={"EPYC 9654": "zen3"})
    # What the numbering does not know, a list may.
    other = result("S", "Intel Xeon Gold 6000", 640.0)
    assert "icelake" in classified(tmp_path, other, listed={"6000": "icelake"})


def test_the_derived_table_is_read_back(tmp_path: Path) -> None:
    lines = [result(f"S{n}", "AMD EPYC 9654", 64.0 * (n + 4), idle_w=64.0 + n) for n in range(19)]
    lines += [result("S0", "AMD EPYC 9654", 64.0 * 30, chips=1, supply="")]
    listed = processors(tmp_path, "amd-epyc-gen4", ["EPYC 9654"])
    made = tmp_path / "servers.csv"
    assert derive.main([str(table(tmp_path, lines)), str(listed), "--to", str(made)]) == 0
    found = read(made)
    assert list(found) == ["zen4", "unknown"]
    zen4 = found["zen4"]
    assert (zen4.machines, zen4.results, zen4.shared_results, zen4.chips) == (19, 20, 1, (1, 2))
    assert (zen4.published, zen4.threads_a_core) == (("2024-06", "2024-06"), 2)
    # The second lowest of the lowest results, the second highest of the highest.
    assert (zen4.load_w.low, zen4.load_w.high) == (5.0, 22.0)
    assert (zen4.idle_w.low, zen4.idle_w.high) == (pytest.approx(65 / 64, abs=1e-3), pytest.approx(81 / 64, abs=1e-3))
