"""The energy part of a sweep: the cases, the windows, and the reasons without a sensor."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.cost import carbon
from bench.cost.rates import Rates
from bench.energy.bracket import bracket
from bench.energy.meter import Found, Method
from bench.energy.model import PowerModel
from bench.energy.plan import FULL, QUICK
from bench.energy.terms import COLD, LEFT_OUT, Terms, terms_for
from bench.errors import UsageError
from bench.run.energy import cases_for_energy, find_terms, plan_for, require_asked, why_rates_are_useless
from bench.sweep.cases import PlannedCase
from bench.sweep.config import Config
from bench.sweep.job import Job
from bench.tuning.value import Tuning
from bench.worker.settings import Settings
from impls import Case, ConvProblem
from tests.bench.energy.bracket.forged import BRACKET
from tests.bench.energy.executed.forged import MODEL as EXECUTED

MODEL = PowerModel(60.0, 180.0, 16, 2, "somebody")
GOOD = Found("rapl-perf", "cpu", Method.COUNTER, ("package-0",), open=lambda: None)  # type: ignore[arg-type, return-value]
BAD = Found("rapl-perf", "cpu", Method.COUNTER, why_not="root only", remedy="sudo")
UNASKED = Found("battery", "cpu", Method.COUNTER, why_not="not asked for", is_asked_for=False)
NO_GPU = Found("nvml", "cuda", Method.COUNTER, why_not="no driver")
ASSUMED = Found("model", "cpu", Method.MODEL, ("share",), open=lambda: None)  # type: ignore[arg-type, return-value]
BLIND = {"cpu": "no sensor: rapl-perf: root only"}


@pytest.fixture(autouse=True)
def _forged_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bracket, "here", lambda: BRACKET)


def _planned(text: str, *, precision: str = "fp32", varied: bool = True, layer: bool = False) -> PlannedCase:
    points = ((("kernel", "3"),),) if varied else ()
    return PlannedCase(Case(ConvProblem.parse(text), precision), points, (("net", "conv", 1),) if layer else ())


BASE, OTHER = _planned("mb1ic4ih8oc4kh3ph1"), _planned("mb1ic4ih8oc4kh5ph2")
HALF = _planned("mb1ic4ih8oc4kh3ph1", precision="bf16")
EAGER = replace(BASE, tuning=Tuning(governor="performance"))
SMALL, LARGE = (_planned(f"mb1ic{c}ih8oc4kh1", varied=False, layer=True) for c in (1, 9))


@pytest.mark.parametrize(
    ("energy", "cases", "expected"),
    [
        ("base", [BASE, OTHER, HALF], [BASE, HALF]),
        ("base", [SMALL, LARGE], [LARGE]),
        ("base", [BASE, OTHER, EAGER], [BASE, EAGER]),
        ("base", [SMALL, OTHER, LARGE], [OTHER]),
        ("all", [BASE, OTHER], [BASE, OTHER]),
        ("none", [BASE, OTHER], []),
    ],
)
def test_the_base_or_all_cases_are_sampled(energy: str, cases: list[PlannedCase], expected: list[PlannedCase]) -> None:
    assert cases_for_energy(cases, Config("test", energy=energy), Terms()) == expected


def test_nothing_is_sampled_without_a_sensor() -> None:
    assert cases_for_energy([BASE], Config("test", energy="all"), Terms({"cpu": "no sensor"})) == []


def test_the_base_has_the_quick_plan_and_all_cases_the_full_one_unless_named_and_options_are_in_the_label() -> None:
    assert plan_for(Config("test")) == QUICK
    assert plan_for(Config("test", energy_plan="full")) == FULL
    assert plan_for(Config("test", energy="all")) == FULL
    assert plan_for(Config("test", energy="all", energy_plan="quick")) == QUICK
    longer = plan_for(Config("test", energy_window_s=8.0, energy_windows=10))
    assert (longer.label, longer.window_s, longer.windows) == ("quick, 10 × 8 s", 8.0, 10)
    assert longer.budget_s >= 80.0
    assert plan_for(Config("test", energy="all", energy_windows=7)).label == "full, 7 × 5 s"


@pytest.mark.parametrize(
    ("sources", "terms"),
    [
        ((NO_GPU, GOOD, ASSUMED), Terms({}, None)),
        ((NO_GPU, BAD, ASSUMED), Terms({"cpu": "no sensor: rapl-perf: root only"}, MODEL)),
        ((BAD, UNASKED, ASSUMED), Terms({"cpu": "no sensor: rapl-perf: root only"}, MODEL)),
        ((), Terms({"cpu": "no sensor"}, MODEL)),
    ],
)
def test_a_device_is_modelled_only_without_a_sensor(sources: tuple[Found, ...], terms: Terms) -> None:
    found = terms_for(["cpu", "cpu"], sources, MODEL)
    assert found == terms
    assert Terms.from_dict(found.as_dict()) == found


def test_each_device_has_its_own_reason() -> None:
    terms = terms_for(["cpu", "cuda"], (NO_GPU, GOOD), MODEL)
    assert terms == Terms({"cuda": "no sensor: nvml: no driver"}, None), "a GPU is not modelled"


def _job(energy: str = "base", power: PowerModel | None = None) -> Job:
    return Job(Config("test", energy=energy), (BASE,), ("torch",), Settings(1), "again", power=power)


def test_energy_left_out_is_neither_measured_nor_modelled() -> None:
    assert find_terms(_job("none", MODEL), (GOOD,)) == Terms({"cpu": LEFT_OUT}, None)


def test_with_cold_caches_energy_is_modelled_not_measured() -> None:
    job = _job(power=MODEL)
    cold = replace(job, config=replace(job.config, cache="cold"))
    assert find_terms(cold, (GOOD,)) == Terms({"cpu": COLD}, MODEL)


def test_without_a_sensor_a_cpu_is_bracketed_unless_the_user_gives_figures_or_leaves_energy_out() -> None:
    assert find_terms(_job(), (BAD,)) == Terms(BLIND, None, BRACKET)
    assert find_terms(_job(power=MODEL), (BAD,)) == Terms(BLIND, MODEL)
    assert find_terms(_job(), (GOOD,)) == Terms({})
    assert find_terms(_job("none"), (BAD,)) == Terms({"cpu": LEFT_OUT})
    job = _job()
    cold = replace(job, config=replace(job.config, cache="cold"))
    assert find_terms(cold, (GOOD,)) == Terms({"cpu": COLD}, None, BRACKET)


ASKED = Found(
    "battery", "cpu", Method.COUNTER, why_not="the charger is connected", remedy="unplug it", is_asked_for=True
)


def test_a_meter_that_is_asked_for_and_not_available_stops_the_sweep() -> None:
    with pytest.raises(UsageError) as error:
        require_asked(_job(), (NO_GPU, ASKED, GOOD))
    assert str(error.value) == (
        "the meter that CONVCOST_METER asks for is not available: the charger is connected; unplug it; to go on "
        "without it: unset CONVCOST_METER"
    )
    require_asked(_job("none"), (ASKED,))
    require_asked(_job(), (UNASKED, BAD, GOOD))


def test_a_model_of_executed_work_counts_in_warm_caches_alone() -> None:
    job = replace(_job(), executed=EXECUTED)
    assert find_terms(job, (BAD,)) == Terms(BLIND, executed=EXECUTED)
    assert find_terms(job, (GOOD,)) == Terms({})
    cold = replace(job, config=replace(job.config, cache="cold"))
    assert find_terms(cold, (BAD,)) == Terms({"cpu": COLD}, None, BRACKET)


NO_JOULES = "the grid gives no grams and the price of a kWh gives no money: there are no joules (cpu: "
RATES = Rates(carbon.own(50.0), price_per_kwh=0.25)


@pytest.mark.parametrize(
    ("job", "sources", "warning"),
    [
        (_job("none", MODEL), (GOOD,), f"{NO_JOULES}left out); do not leave out energy"),
        (_job("none"), (BAD,), f"{NO_JOULES}left out); do not leave out energy"),
        (_job(), (GOOD,), None),
        (_job(), (BAD,), None),
        (_job(power=MODEL), (BAD,), None),
        (replace(_job(), executed=EXECUTED), (BAD,), None),
    ],
    ids=["left out", "left out without a sensor", "sensor", "bracket", "model", "executed"],
)
def test_rates_without_joules_are_told_before_the_sweep(
    job: Job, sources: tuple[Found, ...], warning: str | None
) -> None:
    assert why_rates_are_useless(replace(job, rates=RATES), sources) == warning
    # A price of an hour needs no joule, and most sweeps have no rates.
    assert why_rates_are_useless(replace(job, rates=Rates(price_per_hour=1.0)), sources) is None
    assert why_rates_are_useless(job, sources) is None


def test_one_rate_on_a_blind_gpu_is_told() -> None:
    on_gpu = PlannedCase(Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1"), device="cuda"))
    job = replace(_job(), cases=(BASE, on_gpu), rates=Rates(price_per_kwh=0.25))
    assert why_rates_are_useless(job, (NO_GPU, BAD)) == (
        "the price of a kWh gives no money: there are no joules (cuda: no sensor); `convcost doctor` says more"
    )
