"""The data of a page: columns, nothing of a wrong row's costs, three kinds of energy apart, no text that is markup."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

from bench.report.explorer import data
from bench.report.explorer.data import IMPLEMENTATION, page_data
from bench.report.explorer.parts import ExplorerParts, as_json
from bench.report.sections.study import Study
from bench.store.runs import Run
from tests.bench.report.explorer.explored_runs import EVIL, evil_run, long_run, small_run
from tests.bench.report.synthetic_run import fault, layers, make_run, ok, whole_sweep


def made(run: Run) -> dict[str, Any]:
    return page_data(Study.of(run), run)


def column(held: dict[str, Any], key: str) -> list[Any]:
    """The values of a column by row."""
    (said,) = (one for one in held["columns"] if one["key"] == key)
    values = held["cases" if said.get("of_case") else "rows"][key]
    if said.get("is_text"):
        values = [None if code == -1 else values["words"][code] for code in values["codes"]]
    return [values[case] for case in held["rows"]["case"]] if said.get("of_case") else values


def commands(held: dict[str, Any]) -> list[str]:
    """The command of each row, as the script puts it together."""
    own, templates = held["rows"]["command"], held["cases"]["command"]
    return [
        own[str(row)] if str(row) in own else templates[case].replace(IMPLEMENTATION, shlex.quote(name))
        for row, (case, name) in enumerate(zip(held["rows"]["case"], column(held, "implementation"), strict=True))
    ]


def test_a_row_has_its_values_and_what_a_case_shares_is_there_once() -> None:
    held = made(small_run())
    assert len(held["rows"]["case"]) == 12
    assert len(held["cases"]["kh"]) == 4
    at = list(zip(column(held, "implementation"), column(held, "kh"), column(held, "ic"), strict=True))
    assert column(held, "time_s")[at.index(("onednn", 3, 64))] == pytest.approx(3e-4)


def test_a_wrong_row_has_errors_and_no_cost() -> None:
    held = made(small_run())
    names, costs = column(held, "implementation"), ("time_s", "time_low_s", "over_best", "gflops")
    for key in costs:
        assert {value for name, value in zip(names, column(held, key), strict=True) if name == "fft"} == {None}
    assert None not in {v for n, v in zip(names, column(held, "error_rms"), strict=True) if n == "fft"}


def test_a_ratio_with_too_wide_an_interval_is_missing() -> None:
    wide = {"over_best": 1.5, "over_best_low": 0.1, "over_best_high": 90.0}
    narrow = {"over_best": 1.5, "over_best_low": 1.4, "over_best_high": 1.6}
    held = made(make_run([ok("a", "torch", 1e-3, **wide), ok("b", "torch", 1e-3, **narrow)]))
    assert column(held, "over_best") == [None, 1.5]
    assert column(held, "over_best_high") == [None, 1.6]


def test_kinds_of_energy_are_columns_of_their_own_and_no_row_has_two() -> None:
    held = made(small_run())
    kinds = ("energy_measured_j", "energy_modelled_j", "energy_bracketed_low_j")
    values = [column(held, key) for key in kinds]
    for row in zip(*values, strict=True):
        assert sum(value is not None for value in row) <= 1
    assert [sum(value is not None for value in one) for one in values] == [1, 1, 1]
    said = {one["key"]: one for one in held["columns"]}
    assert {said[key]["energy"] for key in kinds} == {"measured", "modelled", "bracketed"}
    assert said["energy_bracketed_j"]["is_range"]
    assert "energy_bracketed_j" not in held["rows"]
    sources = {text.split(":")[0] for text in column(held, "energy_source") if text}
    assert sources == {"measured, net", "modelled", "bracketed"}


def test_commands_are_those_of_the_rows() -> None:
    for run in (small_run(), evil_run(), whole_sweep()):
        study = Study.of(run)
        assert commands(page_data(study, run)) == [result.command for result in study.results]


def test_commands_of_a_case_are_kept_once() -> None:
    held = made(small_run())
    assert held["rows"]["command"] == {}
    assert all(IMPLEMENTATION in text for text in held["cases"]["command"])


def test_axes_have_their_values_and_cases_their_places() -> None:
    held = made(small_run())
    assert [axis["name"] for axis in held["axes"]] == ["kernel", "channels"]
    assert held["axes"][0]["values"] == ["1", "3", "5"]
    assert held["axes"][0]["baseline"] == "3"
    assert [(1, 1)] in held["cases"]["places"]


def test_what_a_run_knows_nothing_of_is_not_offered() -> None:
    run = make_run([ok("a", "torch", 1e-3, points=(), layers=layers(("net", "a", 2)))])
    keys = {one["key"] for one in made(run)["columns"]}
    assert "network" in keys
    assert not keys & {"energy_measured_j", "energy_bracketed_j", "jit_s", "reason", "time_low_s"}


def test_only_failures_still_have_names_and_reasons() -> None:
    held = made(make_run([fault("a", "fft", "failed", "no memory", error_rms=None)]))
    assert column(held, "reason") == ["no memory"]
    assert "time_s" not in held["rows"]


def test_no_text_of_a_run_can_end_the_script_or_begin_a_tag() -> None:
    parts = ExplorerParts.of(Study.of(evil_run()), evil_run())
    assert parts is not None
    assert not {"<", ">", "&"} & set(parts.data)
    assert EVIL in json.dumps(json.loads(parts.data), ensure_ascii=False)


def test_a_number_that_json_does_not_have_is_missing() -> None:
    held = made(make_run([ok("a", "torch", float("nan"), error_rms=float("inf")), ok("a", "fft", 1e-3)]))
    assert column(held, "time_s") in ([None, 1e-3], [1e-3, None])
    as_json(held)
    with pytest.raises(ValueError, match="JSON"):
        as_json(float("nan"))


def test_an_empty_run_has_no_explorer() -> None:
    run = make_run([])
    assert ExplorerParts.of(Study.of(run), run) is None


def test_only_long_runs_have_bins(monkeypatch: pytest.MonkeyPatch) -> None:
    run = long_run(100)
    assert made(run)["bins"] == {}
    monkeypatch.setattr(data, "MOST_POINTS", 99)
    bins = made(run)["bins"]
    assert "time_s" in bins
    assert "ih" in bins
    assert "implementation" not in bins
