"""The lines of a year: the implementation to use or all, kinds of energy apart, networks, and reasons for gaps."""

from __future__ import annotations

from typing import Any

import pytest

from bench.cost.amounts import Amount
from bench.cost.rates import rates
from bench.cost.year import Year
from bench.report.findings.joules import EnergyKind
from bench.report.sections.study import Study
from bench.report.sections.year_lines import YearTable, tables
from bench.store.energy_schema import Energy
from bench.store.schema import Row
from bench.store.status import Flag
from tests.bench.report.sections.energy_section import FAST, SLOW, THRIFTY
from tests.bench.report.sections.test_network_energy import DIRECT, TORCH
from tests.bench.report.synthetic_run import bracketed, fault, make_run, measured, modelled, ok, without

# 3.6 MJ are a kWh: so many calls that joules of one call are kWh of the year.
YEAR = Year(3.6e6 / 365, rates(price_per_hour=3.6))
ON_GPU = ok("b", "cudnn", 1e-4, 1e-6, device="cuda")


def found(rows: list[Row], lines: list[Energy], *, every: bool = False) -> tuple[YearTable, ...]:
    return tables(Study.of(make_run(rows, energy=lines)), YEAR, every=every)


def names(table: YearTable) -> list[str]:
    return [line.implementation for line in table.lines]


def near(*values: float) -> Any:
    return Amount(*(pytest.approx(value) for value in values))  # type: ignore[arg-type]


def test_each_case_has_the_implementation_to_use_or_all() -> None:
    lines = [measured(row, 1.0, 0.1) for row in (FAST, THRIFTY, SLOW)]
    (one,) = found([SLOW, FAST, THRIFTY], lines)
    assert (one.chosen, names(one)) == ("use", ["onednn"])
    (every,) = found([SLOW, FAST, THRIFTY], lines, every=True)
    assert (every.chosen, names(every)) == ("implementation", ["onednn", "torch", "loops"])


def test_measured_joules_are_gross_with_their_interval() -> None:
    # Net 1 J, gross 2 J.
    (table,) = found([FAST], [measured(FAST, 1.0, 0.1, flags=("busy-neighbours",))])
    assert (table.kind, table.origin) == (EnergyKind.MEASURED, "package-0, rapl-perf, counter")
    (line,) = table.lines
    assert line.cost.energy_kwh == near(2.0, 1.9, 2.1)
    assert (line.reason, line.flags) == ("", ("busy-neighbours",))


def test_modelled_joules_have_the_range_of_the_time() -> None:
    (table,) = found([FAST], [modelled(FAST, 10.0)])
    assert (table.kind, table.origin) == (EnergyKind.MODELLED, "")
    assert table.lines[0].cost.energy_kwh == near(1e-2, 0.99e-2, 1.01e-2)


def test_a_bracket_keeps_both_ends_and_its_class() -> None:
    joules = bracketed(FAST)
    (table,) = found([FAST], [joules])
    assert (table.kind, table.origin) == (EnergyKind.BRACKETED, "Forged servers, 20 machines")
    assert table.lines[0].cost.energy_kwh == pytest.approx((joules.low_j, joules.high_j))


def test_no_table_has_two_kinds_of_energy_and_no_total_adds_them() -> None:
    other = ok("c", "torch", 2e-3, 1e-5)
    rows, lines = [FAST, other, ON_GPU], [bracketed(FAST), without(other), measured(ON_GPU, 1.0, 0.1)]
    kinds = [(table.kind, [line.descriptor for line in table.lines]) for table in found(rows, lines)]
    assert kinds == [(EnergyKind.BRACKETED, ["a"]), (EnergyKind.NONE, ["c"]), (EnergyKind.MEASURED, ["b"])]


def test_meters_have_tables_of_their_own() -> None:
    other = ok("c", "torch", 2e-3, 1e-5)
    lines = [measured(FAST, 1.0), measured(other, 1.0, scope="wall", source="wall-meter", method="power_integral")]
    assert [table.origin for table in found([FAST, other], lines)] == [
        "package-0, rapl-perf, counter", "wall, wall-meter, power_integral",
    ]  # fmt: skip


def test_memory_alone_is_not_the_energy_of_a_call() -> None:
    (table,) = found([FAST], [measured(FAST, 1.0, scope="dram-0")])
    (line,) = table.lines
    assert (table.kind, line.cost.energy_kwh) == (EnergyKind.NONE, None)
    assert line.reason == "neither a package nor a board was measured"


def test_missing_joules_have_a_reason_and_time_has_a_price() -> None:
    (table,) = found([SLOW], [without(SLOW, "no sensor: nothing here")])
    (line,) = table.lines
    assert (line.reason, line.cost.energy_kwh) == ("no sensor: nothing here", None)
    # 3.6e6 × 3.6 ms = 3.6 h.
    assert line.cost.device_time == near(12.96, 12.924, 12.996)


def test_a_case_without_a_time_has_a_line_with_the_reason() -> None:
    (table,) = found([fault("a", "fft", "unsupported", "no")], [])
    (line,) = table.lines
    assert (line.descriptor, line.implementation, line.time, line.reason) == ("a", "", None, "nothing was timed")


def test_what_is_faster_than_possible_is_not_to_be_used() -> None:
    row = ok("a", "torch", 1e-3, 1e-5, flags=(Flag.KNOWN_INPUTS,))
    (table,) = found([row], [bracketed(row)])
    assert (names(table), table.lines[0].reason) == ([""], "no implementation that was timed may win")
    (every,) = found([row], [bracketed(row)], every=True)
    assert (names(every), every.lines[0].flags) == (["torch"], ("faster-on-known-inputs",))


def test_on_a_busy_machine_the_least_time_is_named_and_no_network_is_summed() -> None:
    noisy = [ok(r.case_key, "torch", 1.0, 0.1, layers=r.layers, points=(), flags=(Flag.NOISY,)) for r in TORCH]
    cases, network = found(noisy, [bracketed(row) for row in noisy])
    assert cases.chosen == "took the least"
    (line,) = network.lines
    assert (network.kind, line.cost.energy_kwh) == (EnergyKind.NONE, None)
    assert line.reason == "most times of its layers are uncertain, so totals are not compared"


def test_a_network_has_the_best_per_layer_and_the_fastest_that_covers_it() -> None:
    rows = [*TORCH, *DIRECT]
    lines = [bracketed(row) for row in rows[:3]]
    _, network = found(rows, lines)
    assert network.network is not None
    assert (network.kind, network.origin, names(network)) == (
        EnergyKind.BRACKETED, "Forged servers, 20 machines", ["best per layer", "torch"],
    )  # fmt: skip
    first, second = lines[0], lines[1]
    # Layer a once, layer b three times.
    assert network.lines[1].cost.energy_kwh == pytest.approx(
        ((first.low_j or 0) + 3 * (second.low_j or 0), (first.high_j or 0) + 3 * (second.high_j or 0))
    )
    assert network.lines[1].cost.device_time == near(5 * 3600, 4.6 * 3600, 5.4 * 3600)
    *_, every = found(rows, lines, every=True)
    assert names(every) == ["best per layer", "torch", "direct"]
    assert every.lines[2].reason == "does not cover every layer"


def test_the_best_per_layer_is_left_out_where_it_is_the_fastest() -> None:
    _, network = found(TORCH, [modelled(row, 10.0) for row in TORCH])
    assert names(network) == ["torch"]
    assert network.lines[0].cost.energy_kwh == near(50.0, 46.0, 54.0)


def test_a_network_with_joules_of_some_layers_has_none() -> None:
    *_, network = found(TORCH, [measured(TORCH[0], 1.0, 0.1), without(TORCH[1])])
    (line,) = network.lines
    assert (line.cost.energy_kwh, line.reason) == (None, "joules of 1 of 4 convolutions")


def test_a_network_without_any_joule_has_the_reasons_and_a_price_of_its_time() -> None:
    _, network = found(TORCH, [without(row, "left out") for row in TORCH])
    (line,) = network.lines
    assert (network.kind, line.reason, line.cost.energy_kwh) == (EnergyKind.NONE, "left out", None)
    assert line.cost.device_time == near(5 * 3600, 4.6 * 3600, 5.4 * 3600)
