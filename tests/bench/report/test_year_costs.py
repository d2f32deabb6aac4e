"""A year of a run as tables, as LaTeX and as plain data: ranges keep both ends, and nothing missing is 0."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bench.cost.rates import rates
from bench.errors import UsageError
from bench.report.year_costs import YearCosts, of_loaded
from bench.store.energy_schema import Energy
from bench.store.schema import Row
from tests.bench.report.sections.energy_section import FAST, RATES, SLOW
from tests.bench.report.sections.test_network_energy import DIRECT, TORCH
from tests.bench.report.synthetic_run import bracketed, make_run, measured, modelled, ok, without

FOLDER = Path("results") / "run"
# A million calls of 3.6 J are a kWh: 365 kWh a year.
CALLS = 1e6


def found(rows: list[Row], lines: list[Energy], given: Any = RATES, *, every: bool = False) -> YearCosts:
    return of_loaded(make_run(rows, energy=lines, rates=given), FOLDER, CALLS, every=every)


def cells(costs: YearCosts) -> list[list[list[str]]]:
    """The cells of each table, its head first."""
    return [[list(table.head), *([cell.text for cell in row] for row in table.rows)] for _, table in costs.drawn()]


def test_measured_costs_have_their_interval() -> None:
    # Gross 3.4 ± 0.35 J; 3.65e8 × 3.6 ms are 365 h.
    assert cells(found([SLOW], [measured(SLOW, 1.7, 0.35)])) == [
        [
            ["case", "use", "time", "kWh, measured", "kg CO₂e, measured", "electricity, measured, USD",
             "device time, USD", "total, measured, USD"],
            ["baseline", "loops", "3.600 ms", "345 (309–380)", "172 (155–190)", "68.9 (61.8–76.0)", "730 (728–732)",
             "799 (790–808)"],
        ]
    ]  # fmt: skip


def test_bracketed_costs_are_ranges_and_say_so() -> None:
    ((head, line),) = cells(found([FAST], [bracketed(FAST)]))
    assert head[3:] == [
        "kWh, bracketed", "kg CO₂e, bracketed", "electricity, bracketed, USD", "device time, USD",
        "total, bracketed, USD",
    ]  # fmt: skip
    # 3.65e8 × 0.99 ms × 3.1 W to 1.01 ms × 40.42 W.
    assert line == ["baseline", "onednn", "1.000 ms", "0.31–4.1", "0.16–2.1", "0.062–0.83", "203 (201–205)", "200–210"]


def test_modelled_costs_are_named_so() -> None:
    ((head, line),) = cells(found([SLOW], [modelled(SLOW, 1000.0)], rates(grid="FR").as_dict()))
    assert head[3:] == ["kWh, modelled", "kg CO₂e, modelled"]
    assert line[3:] == ["365 (364–366)", "16.1 (16.1–16.2)"]


def test_missing_costs_are_dashes_with_the_reason() -> None:
    ((head, line),) = cells(found([SLOW], [without(SLOW, "no sensor: nothing here")]))
    assert head[3:] == ["kWh", "kg CO₂e", "electricity, USD", "device time, USD", "total, USD", "why"]
    assert line[3:] == ["–", "–", "–", "730 (728–732)", "–", "no sensor"]


def test_json_has_both_ends_in_columns_with_units_and_null_for_what_is_missing() -> None:
    other = ok("c", "torch", 2e-3, 1e-5)
    data = found([FAST, other], [bracketed(FAST), without(other)]).as_dict()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert (data["run"], data["calls_per_day"], data["days"], data["calls_per_year"]) == (
        str(FOLDER), 1e6, 365, 3.65e8,
    )  # fmt: skip
    assert data["rates"] == RATES
    assert data["text"].startswith("Cost of a year with 1,000,000 calls a day")
    known, missing = data["tables"]
    assert (known["energy"], known["origin"], known["network"], known["threads"]) == (
        "bracketed", "Forged servers, 20 machines", None, 2,
    )  # fmt: skip
    (line,) = known["lines"]
    assert (line["descriptor"], line["implementation"], line["time_low_s"]) == ("a", "onednn", pytest.approx(0.99e-3))
    for name, unit in (("energy", "_kwh"), ("carbon", "_kg"), ("electricity", ""), ("total", "")):
        assert line[f"{name}{unit}"] is None
        assert 0 < line[f"{name}_low{unit}"] < line[f"{name}_high{unit}"]
    assert line["device_time"] == pytest.approx(202.7778)
    assert line["reason"] is None
    (none,) = missing["lines"]
    assert (missing["energy"], none["reason"]) == ("none", "not sampled")
    empty = {name for name, value in none.items() if value is None}
    assert empty >= {f"energy{end}_kwh" for end in ("", "_low", "_high")} | {"carbon_kg", "electricity", "total"}


def test_json_of_a_network_has_its_convolutions() -> None:
    *_, network = found([*TORCH, *DIRECT], [bracketed(row) for row in (*TORCH, DIRECT[0])]).as_dict()["tables"]
    assert (network["network"], network["convolutions"]) == ("net", 4)
    assert [line["implementation"] for line in network["lines"]] == ["best per layer", "torch"]


def test_each_table_has_latex_of_its_own_with_the_text_as_caption() -> None:
    on_gpu = ok("b_c", "cudnn", 1e-4, 1e-6, device="cuda")
    made = found([FAST, on_gpu], [bracketed(FAST), measured(on_gpu, 1.0, 0.1)]).as_latex()
    first, second = made.split("\n\n")
    assert r"kWh, bracketed & kg CO$_2$e, bracketed" in first
    assert r"baseline & onednn & 1.000 ms & 0.31--4.1 & " in first
    assert "Bracketed, not measured" in first
    assert "measured (gpu-board, nvml, counter)" in second
    assert "Bracketed" not in second
    for each in (first, second):
        assert "Cost of a year with 1,000,000 calls a day" in each
        assert r"95 \% intervals" in each
        assert each.isascii()
        assert not re.search(r"(?<!\\)%", each), "the rest of the line would be a comment"
        # Escaped braces are no braces of LaTeX.
        plain = re.sub(r"\\[{}]", "", each)
        assert plain.count("{") == plain.count("}")
        columns = re.findall(r"\\begin\{tabular\}\{([lr]+)\}", each)
        rows = [line for line in each.splitlines() if line.endswith(r"\\")]
        assert {len(re.findall(r"(?<!\\)&", row)) + 1 for row in rows} == {len(columns[0])}
        assert "usepackage" not in each
        assert not re.search(r"\\(top|mid|bottom)rule", each)


def test_a_run_without_results_is_refused() -> None:
    with pytest.raises(UsageError, match="has no results yet; finish it with: convcost sweep --resume"):
        found([], [])
