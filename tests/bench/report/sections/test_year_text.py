"""The paragraph of a year says calls, scope, method, uncertainty, grid, prices and PUE, and what is not known."""

from __future__ import annotations

from typing import Any

import pytest

from bench.cost.rates import Rates, rates
from bench.cost.year import Year
from bench.report.sections.study import Study
from bench.report.sections.year_lines import tables
from bench.report.sections.year_tables import title
from bench.report.sections.year_text import text
from bench.store.energy_schema import Energy
from bench.store.schema import Row
from bench.store.status import Flag
from tests.bench.energy.bracket.forged import BRACKET
from tests.bench.report.sections.energy_section import FAST, THRIFTY
from tests.bench.report.sections.test_network_energy import TORCH
from tests.bench.report.synthetic_run import bracketed, make_run, measured, modelled, ok, without

FRENCH = rates(grid="FR", price_per_kwh=0.25, pue=1.4).with_currency()
TERMS = {"without": {"cpu": "no sensor"}, "model": None, "bracket": BRACKET.as_dict()}


def said(rows: list[Row], lines: list[Energy], given: Rates = FRENCH, calls: float = 1e6, **meta: Any) -> str:
    study, year = Study.of(make_run(rows, energy=lines, **meta)), Year(calls, given)
    return text(study, year, tables(study, year))


def test_everything_that_a_paper_needs_is_said_of_a_bracket() -> None:
    assert said([FAST], [bracketed(FAST)], energy_terms=TERMS) == (
        "Cost of a year with 1,000,000 calls a day of each convolution, in the forward pass: 365,000,000 of each in "
        "365 days. Times are medians of one call with 95 % intervals, on Example CPU (cpu · fp32 · nchw · 2 threads; "
        "convcost), each result checked against float64 first. Bracketed, not measured: time × 3.10 to 40.4 W for 2 "
        "busy threads (Forged servers, 20 machines; SPECpower_ssj2008, whole machines at the wall, published until "
        "February 2026; widened for load, turbo, threads); it carries no information beyond time. The energy is that "
        "of the busy cores, with their share of a whole machine, at the wall. Ranges run from the 10 to the 90 % "
        "quantile of these machines, with the 95 % interval of the time; no value within is likelier than another. "
        "Carbon: 44.2 g/kWh (France, 2024; lifecycle; Ember (2025) via Our World in Data). Money: 0.25 EUR a kWh. "
        "PUE 1.4. kWh, CO2e and the price of electricity include PUE. Not included: idle time between calls, and the "
        "making of the hardware."
    )


def test_a_bracket_without_its_terms_names_the_class() -> None:
    assert "time × the power of busy cores of Forged servers, 20 machines (SPECpower" in said([FAST], [bracketed(FAST)])


@pytest.mark.parametrize(("gain", "scale"), [(None, "scale."), (0.01, "scale (a standard uncertainty of 1.0 %).")])
def test_measured_energy_has_its_meter_and_the_uncertainty_of_its_scale(gain: float | None, scale: str) -> None:
    assert (
        "Energy was measured (package-0, rapl-perf, counter): gross joules, idle power included. Ranges are expanded "
        f"95 % uncertainties (GUM), without that of the meter's {scale}"
    ) in said([FAST], [measured(FAST, 1.0, 0.1, gain_rel=gain)])


def test_modelled_energy_is_labelled() -> None:
    told = said([FAST], [modelled(FAST, 10.0)])
    assert "Modelled: time × an assumed power; it carries no information beyond time." in told
    assert "Ranges are the 95 % intervals of the times: the assumed power has none of its own." in told


def test_several_ways_say_for_which_conditions_they_hold() -> None:
    on_gpu = ok("b", "cudnn", 1e-4, 1e-6, device="cuda")
    told = said([FAST, on_gpu], [bracketed(FAST), measured(on_gpu, 1.0, 0.1)])
    assert "cuda · fp32 · nchw: Energy was measured (gpu-board, nvml, counter)" in told
    assert "cpu · fp32 · nchw · 2 threads: Bracketed, not measured" in told


def test_a_network_says_what_an_inference_is_and_how_ranges_add_up() -> None:
    told = said(TORCH, [bracketed(row) for row in TORCH], calls=1.0)
    assert told.startswith(
        "Cost of a year with 1 call a day of each convolution and 1 inference a day of each network, in the forward "
        "pass: 365 of each in 365 days. One inference is one pass over all 4 convolutions at batch 1, and nothing else."
    )
    assert "Ranges of networks add up the low ends and the high ends of all layers." in told


def test_gaps_and_warnings_are_counted_and_named() -> None:
    noisy = ok("c", "torch", 2e-3, 1e-5, flags=(Flag.NOISY,))
    told = said([FAST, noisy], [bracketed(FAST), without(noisy, "left out")])
    assert "1 of 2 lines without joules: left out (1)." in told
    assert "† marks a line with warnings (noisy)." in told
    assert "without joules" not in said([FAST], [bracketed(FAST)])


def test_calls_that_one_device_does_not_do_in_a_day_are_named() -> None:
    # A call takes 1 ms: 86.4 million of them a day.
    assert "The calls of a day take up to 10 days on one such device" in said([FAST], [bracketed(FAST)], calls=864e6)
    assert "on one such device" not in said([FAST], [bracketed(FAST)], calls=86e6)


def test_what_was_not_given_or_not_recorded_is_said() -> None:
    told = said([FAST], [bracketed(FAST)], Rates(), environment={})
    assert "on a machine that was not recorded" in told
    assert "Carbon: no grid given. Money: no price given. PUE 1." in told
    one = said([FAST], [bracketed(FAST)], configuration={"base": "mb1ic4", "axes": [["kernel", ["3"]]], "processes": 1})
    assert "named by what differs from the baseline, mb1ic4." in one
    assert "One process: its interval leaves out how much processes differ." in one


def test_titles_say_how_often_what_is_called_where_and_how_energy_is_known() -> None:
    study, year = Study.of(make_run(TORCH, energy=[bracketed(row) for row in TORCH])), Year(0.5, FRENCH)
    cases, network = tables(study, year)
    where = "cpu · fp32 · nchw · 2 threads: bracketed, not measured (Forged servers, 20 machines)"
    assert title(cases, year) == f"A year of 0.5 calls a day of each case, {where}"
    assert title(network, year) == f"A year of 0.5 inferences a day of net, 4 convolutions each, {where}"
    (missing,) = tables(Study.of(make_run([THRIFTY], energy=[without(THRIFTY)])), year)
    assert title(missing, year).endswith(": without joules")
