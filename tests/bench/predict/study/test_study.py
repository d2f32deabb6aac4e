"""The study: its problems have equal FLOPs, and its words follow from the numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.errors import UsageError
from bench.predict.study import conclusion, problems, verdict
from bench.predict.study.evaluation import evaluate
from bench.predict.study.paper_line import PAPER_LINE
from bench.predict.study.problems import BATCH, KERNEL, LEVELS, NEURONS, PLACES, SPACE, TOLERANCE, macs_of
from bench.predict.study.results import ALPHA_HERE, FLOPS, LAW, MixedMeasure, StudyResult, fastest_spread, fewest_flops
from bench.sweep.config import load
from bench.sweep.layers import read_file
from impls.cost_model.cost_table import CostTable, Subject
from tests.bench.predict.simulated_times import CPU, table

EVERY = problems.problems()
PROBLEMS = [one.problem for one in EVERY]
MAC_S = 1e-11


def made(factors: dict[str, float], subject: Subject = CPU) -> CostTable:
    """Times by FLOPs, times a factor for each place."""
    asked = table(PROBLEMS, subject)
    return replace(asked, time_s=asked.macs * MAC_S * np.array([factors.get(one.where, 1.0) for one in EVERY]))


def without_fits(*tables: CostTable) -> list[StudyResult]:
    """Results without the measures that are fitted, which take seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bench.predict.study.measures._left_out", lambda predictor, asked: None)
        patch.setattr("bench.predict.study.measures.alpha_constants", lambda asked: {})
        return evaluate({one.subject: one for one in tables})


@pytest.fixture(scope="module")
def by_flops() -> StudyResult:
    (found,) = without_fits(made({}))
    return found


@pytest.fixture(scope="module")
def cheap_space() -> StudyResult:
    (found,) = without_fits(made({SPACE: 0.1}))
    return found


def test_problems_of_a_level_have_equal_flops() -> None:
    for one in EVERY:
        assert one.problem.macs == pytest.approx(macs_of(one.level), rel=TOLERANCE), one
    assert len(PROBLEMS) == len(set(PROBLEMS)) == len(PLACES) * LEVELS


def test_only_one_size_grows() -> None:
    own = [one.problem for one in EVERY if one.where == SPACE]
    assert len({(p.in_channels, p.out_channels, p.kernel, p.batch) for p in own}) == 1
    assert [one.problem.kernel[0] for one in EVERY if one.where == KERNEL] == [3, 5, 11, 23, 47]
    assert len({one.problem.in_channels for one in EVERY if one.where == BATCH}) == 1
    assert len({one.problem.batch for one in EVERY if one.where == NEURONS}) == 1


def test_the_line_of_the_paper_has_nearly_equal_flops_and_one_time_that_no_t2000_reaches() -> None:
    macs = [layer.problem.macs for layer in PAPER_LINE]
    assert max(macs) / min(macs) < 1.15
    assert [layer.problem.output_size for layer in PAPER_LINE] == [(layer.size, layer.size) for layer in PAPER_LINE]
    assert [layer.kernel for layer in PAPER_LINE if not layer.is_possible] == [1]


def test_the_files_are_ones_that_a_sweep_reads(tmp_path: Path) -> None:
    sweep = problems.write(tmp_path / "study")
    layers = read_file(tmp_path / "study" / "equal-flops.txt").layers
    found = [layer.problem for layer in layers]
    assert found[-len(PAPER_LINE) :] == [layer.problem for layer in PAPER_LINE]
    assert sorted(found[: -len(PAPER_LINE)], key=str) == sorted(PROBLEMS, key=str)
    assert (layers[0].name, layers[-len(PAPER_LINE) - 1].name) == (f"level 5: {PLACES[0]}", f"level 1: {PLACES[-1]}")
    config = load(str(sweep))
    assert (config.layers, config.processes) == ((str(tmp_path / "study" / "equal-flops.txt"),), 3)
    assert (config.energy, config.energy_plan) == ("all", "quick")


def test_where_time_is_flops_the_verdict_says_so(by_flops: StudyResult) -> None:
    said = verdict.sentences(by_flops)
    assert said[0].startswith("FLOPs tell the time here")
    assert said[1].startswith("FLOPs in space are neither the cheap nor the dear ones")
    assert said[2] == "In dense layers FLOPs in the batch cost as much as in neurons: 1.00 × their time."
    assert "none reaches" not in said[3]
    assert said[4].startswith("FLOPs are the right measure, without any part of parameters")
    assert conclusion.headline([by_flops]) == "FLOPs are a cost here: they tell the time of 1 implementation."


def test_where_space_is_cheap_the_verdict_says_so(cheap_space: StudyResult) -> None:
    said = verdict.sentences(cheap_space)
    assert said[0].startswith("FLOPs do not tell the time: at equal FLOPs the longest time is 10.")
    assert "against FLOPs in space" in said[0]
    assert "the cheap ones, as the paper found" in said[1]
    assert conclusion.headline([cheap_space]) == (
        "FLOPs are not a cost here: at equal FLOPs the longest time is 10.0 × the shortest."
    )


def test_other_times_give_other_words() -> None:
    dear, batch, neurons = without_fits(
        made({SPACE: 10.0}, Subject("cpu", "a")),
        made({BATCH: 0.5}, Subject("cpu", "b")),
        made({NEURONS: 0.5}, Subject("cpu", "c")),
    )
    assert "FLOPs in space against" in verdict.on_flops(dear)
    assert "the dear ones, against what the paper found" in verdict.sentences(dear)[1]
    assert "in the batch are cheap: 0.50 ×" in verdict.sentences(batch)[2]
    assert "in the batch are dear: 2.00 ×" in verdict.sentences(neurons)[2]


def test_where_flops_order_but_do_not_tell_they_are_a_rough_cost() -> None:
    found = without_fits(made({SPACE: 0.7}))
    assert conclusion.headline(found) == (
        "FLOPs are only a rough cost here: they order times of unlike sizes, but at equal FLOPs the longest time is "
        "1.4 × the shortest."
    )


def test_some_implementations_by_flops_and_some_not() -> None:
    found = without_fits(made({}, Subject("cpu", "direct")), made({SPACE: 0.1}, Subject("cpu", "torch")))
    assert conclusion.headline(found) == (
        "FLOPs are a cost for 1 of 2 implementations only: for the others at equal FLOPs the longest time is 10.0 × "
        "the shortest."
    )
    assert conclusion.lead(found).subject.implementation == "torch"
    assert fastest_spread(found) == pytest.approx(10.0, rel=0.05)
    assert conclusion.sentences(found)[0] == ("Over all implementations, times of equal FLOPs differ up to 10 ×; even "
                                              "with the fastest of each problem it is 10.0 × on average.")  # fmt: skip


@pytest.mark.parametrize(
    ("mixed", "words"),
    [
        (MixedMeasure(0.3, 0.2, 0.4), "lies between FLOPs and parameters, as the paper says"),
        (MixedMeasure(-0.3, -0.4, -0.2), "beyond FLOPs: space is dear"),
        (MixedMeasure(1.3, 1.2, 1.4), "beyond parameters"),
        (MixedMeasure(0.5, -0.2, 1.2), "is open"),
        (MixedMeasure(0.1, -0.1, 0.3), "is told apart from FLOPs alone"),
        (MixedMeasure(0.9, 0.7, 1.1), "is told apart from parameters alone"),
    ],
)
def test_the_place_of_the_right_measure(by_flops: StudyResult, mixed: MixedMeasure, words: str) -> None:
    assert words in verdict.sentences(replace(by_flops, mixed=mixed))[4]


def test_the_mixture_is_found_where_there_is_one() -> None:
    """Times with half of FLOPs and half of parameters."""
    asked = table(PROBLEMS, CPU)
    (found,) = without_fits(replace(asked, time_s=1e-9 * (asked.macs * asked.weights) ** 0.5))
    assert found.mixed is not None
    assert (found.mixed.low, found.mixed.high) == (pytest.approx(0.5, abs=1e-3), pytest.approx(0.5, abs=1e-3))


def test_constants_of_the_paper_are_compared_with_intervals(by_flops: StudyResult) -> None:
    alpha = {"beta_k": (0.001, 5e-4, 2e-3), "gamma_k": (0.1, 0.05, 0.2), "beta_1": (1.0, 1e-9, 1e9)}
    said = verdict.sentences(replace(by_flops, alpha=alpha))[-1]
    assert said == ("The constants of α-FLOPs are others here than on the paper's T2000: γ for larger kernels is 0.1 "
                    "(0.05 to 0.2) here, 0.56 on the T2000.")  # fmt: skip
    assert verdict.is_open("beta_1", alpha["beta_1"])
    inside = replace(by_flops, alpha={"gamma_k": (0.5, 0.4, 0.6)})
    assert verdict.sentences(inside)[-1].endswith("lie within their intervals here.")


def test_noise_is_no_spread() -> None:
    """Times that repeat within ± 20 % cannot tell factors of 1.5 apart."""
    noisy = made({BATCH: 1.5})
    (found,) = without_fits(replace(noisy, scatter=np.full(len(noisy), 0.2)))
    assert verdict.on_flops(found).startswith("FLOPs tell the time here")


@pytest.mark.parametrize(("fast", "wins"), [("winograd-f4", "all of 11 problems"), ("direct", "only 0 of 11 problems")])
def test_the_fewest_executed_flops_are_fastest_or_not(fast: str, wins: str) -> None:
    """Winograd executes fewer FLOPs of 3 × 3 kernels than the definition has, and refuses large ones."""
    rows = np.array([one.problem.kernel == (3, 3) for one in EVERY])
    both = {"direct": made({}, Subject("cpu", "direct")), "winograd-f4": made({}, Subject("cpu", "winograd-f4"))}
    both[fast] = replace(both[fast], time_s=0.5 * both[fast].time_s)
    both["winograd-f4"] = both["winograd-f4"].only(rows)
    found = without_fits(*both.values())
    assert fewest_flops(found)[1] == 11
    assert any(wins in sentence for sentence in conclusion.sentences(found))
    # Too few problems for fits; FLOPs stay.
    assert found[1].measure(FLOPS) is not None


def test_the_line_of_the_paper_is_compared_with_its_own_times(by_flops: StudyResult) -> None:
    same = replace(by_flops, paper=tuple((layer, 2 * layer.t2000_s) for layer in PAPER_LINE))
    (said,) = conclusion.sentences([same])[-1:]
    assert "differ 14.4 × here and 14.4 × on the T2000: as much as there (1 published time faster than" in said
    flat = replace(by_flops, paper=tuple((layer, 1e-3) for layer in PAPER_LINE))
    assert "differ 1.0 × here and 14.4 × on the T2000: less than there" in conclusion.sentences([flat])[-1]


def test_runs_without_the_problems_are_refused() -> None:
    with pytest.raises(UsageError, match="to measure them: nox -s study"):
        evaluate({CPU: table(PROBLEMS[:3], CPU)})


def test_too_few_rows_for_fits_are_no_error() -> None:
    rows = np.arange(12)
    (found,) = evaluate({CPU: made({}).only(rows)})
    assert found.alpha == {}
    assert [fit.name for fit in found.measures] == ["FLOPs", "parameters", "α-FLOPs, published"]


def test_values_of_measures_are_those_of_the_times(by_flops: StudyResult) -> None:
    flops = by_flops.measure(FLOPS)
    assert flops is not None
    assert list(flops.values) == [one.direct_flops for one in by_flops.times] == [one.direct_flops for one in PROBLEMS]


@pytest.mark.slow
def test_measures_that_are_fitted_are_judged_on_places_that_they_did_not_see() -> None:
    """The law has the very form of these times."""
    (found,) = evaluate({CPU: table(PROBLEMS, CPU)})
    assert [fit.name for fit in found.measures][-2:] == [ALPHA_HERE, LAW]
    law = found.measure(LAW)
    assert law is not None
    assert law.spearman > 0.98
    assert law.r2 > 0.98
    assert set(verdict.PAPER) < set(found.alpha)
