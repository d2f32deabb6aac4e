"""`convcost cost`: the year of a run, its options, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cost.rates import Rates
from bench.store import journal, runs
from bench.store.schema import Row
from bench.store.status import Status
from tests.bench.commands.running import Refuse, Run, assert_says, refusals
from tests.bench.energy.bracket.forged import BRACKET
from tests.bench.report.synthetic_run import layers

YEAR = "cost {given}/no-run --calls-per-day 1e6"
BRACKETED = {"without": {"cpu": "no sensor"}, "model": None, "bracket": BRACKET.as_dict(), "allotted_cores": 2}


@refusals(
    ("cost {given}/no-run", "--calls-per-day is missing… type, for a million calls a day: convcost cost --calls"),
    ("cost {given}/no-run --calls-per-day 0", "--calls-per-day is 0; allowed: a finite number above 0; type"),
    ("cost {given}/no-run --calls-per-day -5", "--calls-per-day is -5; allowed: a finite number above 0"),
    ("cost {given}/no-run --calls-per-day nan", "--calls-per-day is nan; allowed: a finite number above 0"),
    ("cost {given}/no-run --calls-per-day inf", "--calls-per-day is inf; allowed: a finite number above 0"),
    ("cost {given}/no-run --calls-per-day many", "'many'; allowed: a number"),
    ("cost --calls-per-day 1e6", "there is no run in results; make one with `convcost sweep`"),
    (YEAR, "is not a run: it has no run.json"),
    (f"{YEAR} --grid XX", "grid 'XX' is unknown"),
    (f"{YEAR} --grid FR --g-per-kwh 50", "say the same thing twice"),
    (f"{YEAR} --g-per-kwh -1", "--g-per-kwh is -1; allowed: a number of at least 0"),
    (f"{YEAR} --price-per-kwh nan", "--price-per-kwh is nan; allowed: a number of at least 0"),
    (f"{YEAR} --price-per-hour inf", "--price-per-hour is inf; allowed: a number of at least 0"),
    (f"{YEAR} --pue 0.5", "--pue is 0.5; allowed: a number of at least 1"),
    (f"{YEAR} --price-per-kwh 1 --currency euro", "--currency is 'euro'"),
    (f"{YEAR} --cpu-idle-w 60", "a model of power needs --cpu-idle-w, --cpu-max-w and --cpu-cores"),
    (f"{YEAR} --json --latex", "--json prints data for programs, not LaTeX; leave out --latex"),
)
def test_bad_input_is_refused(refuse: Refuse, line: str, sentence: str) -> None:
    assert_says(refuse(line), sentence)


@pytest.fixture
def folder(here: Path) -> Path:
    """A run of a network of one layer in two places, bracketed, with a price of its own."""
    meta = {"energy": BRACKETED, "rates": Rates(price_per_kwh=0.2, currency="USD").as_dict()}
    made = runs.create(here / "results", "net", meta)
    row = Row(case_key="k", descriptor="ic1ih1oc1kh1", implementation="torch", status=Status.OK, time_s=1.0, threads=2,
              direct_flops=10**9, layers=layers(("net", "a", 2)))  # fmt: skip
    journal.append(made, {"key": "k", "rows": [row.as_record()], "samples": {}, "spent_s": 1.0})
    return made


def test_a_run_has_its_cases_and_networks_in_json(convcost: Run, folder: Path) -> None:
    done = convcost("cost", str(folder), "--calls-per-day", "1e6", "--g-per-kwh", "100", "--json")
    assert (done.code, done.err) == (0, "")
    assert (done.json["run"], done.json["calls_per_year"]) == (str(folder), 3.65e8)
    assert done.json["rates"]["price_per_kwh"] == 0.2
    case, network = done.json["tables"]
    assert (case["energy"], network["network"], network["convolutions"]) == ("bracketed", "net", 2)
    (line,) = network["lines"]
    # 2 × 1 s × 3.1 to 40.416 W, 3.65e8 times: 0.1 kg and 0.2 USD a kWh.
    assert (line["energy_kwh"], line["energy_low_kwh"], line["energy_high_kwh"]) == (
        None, pytest.approx(628.611), pytest.approx(8195.47, rel=1e-5),
    )  # fmt: skip
    assert (line["carbon_low_kg"], line["carbon_high_kg"]) == (
        pytest.approx(62.8611),
        pytest.approx(819.5467, rel=1e-5),
    )
    assert (line["electricity_low"], line["electricity_high"]) == (
        pytest.approx(125.7222),
        pytest.approx(1639.093, rel=1e-5),
    )


def test_the_newest_run_is_the_default_and_nothing_is_written(convcost: Run, folder: Path, here: Path) -> None:
    before = sorted(here.rglob("*"))
    done = convcost("cost", "--calls-per-day", "1e6", "--grid", "FR")
    assert (done.code, done.err) == (0, "")
    assert "inferences a day of net, 2 convolutions each" in done.out
    assert "electricity, bracketed, USD" in done.out
    assert "44.2 g/kWh (France, 2024" in done.out
    assert sorted(here.rglob("*")) == before


def test_power_that_is_given_later_models_the_joules(convcost: Run, folder: Path) -> None:
    power = ("--cpu-idle-w", "60", "--cpu-max-w", "180", "--cpu-cores", "16")
    done = convcost("cost", str(folder), "--calls-per-day", "1e6", *power, "--all")
    assert done.code == 0
    assert "modelled, not measured" in done.out
    assert "Modelled: time × an assumed power (7.5 W idle to 22.5 W busy, 2 of 16 cores" in done.out
    # 1 s × 22.5 W, 3.65e8 times.
    assert "2280" in done.out
    assert "bracketed" not in done.out


def test_latex_can_be_pasted(convcost: Run, folder: Path) -> None:
    done = convcost("cost", str(folder), "--calls-per-day", "1e6", "--latex")
    assert done.code == 0
    assert done.out.count(r"\begin{table}") == done.out.count(r"\end{table}") == 2
    assert r"kWh, bracketed & electricity, bracketed, USD \\" in done.out
