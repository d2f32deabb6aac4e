"""Predicted layers: the best implementation, its probability, and totals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.cost.layer import Layer
from bench.errors import UsageError
from bench.predict import expected_table, time_model
from bench.predict.chances import best_chances, chance_within
from bench.predict.expected import ExpectedLayer, expected, total
from bench.predict.time_model import TimeModel
from impls.cost_model.cost_table import Subject
from tests.bench.predict.simulated_times import lines, problem, table

ONE, OTHER = Subject("cpu", "torch", threads=2), Subject("cpu", "winograd-f4", threads=2)


@pytest.fixture(scope="module")
def model() -> TimeModel:
    found, _ = time_model.fit({s: table(lines(), s, noise=0.05) for s in (ONE, OTHER)}, "macs-floor", {})
    return found


def layers(*problems: object, count: int = 1) -> list[Layer]:
    return [Layer(p, f"conv{n}", count) for n, p in enumerate(problems)]  # type: ignore[arg-type]


def found(model: TimeModel, *problems: object, count: int = 1) -> list[ExpectedLayer]:
    return expected(model, [ONE, OTHER], layers(*problems, count=count), ["nchw"])


@pytest.mark.parametrize(
    ("times", "deviations", "shares"),
    [
        ([1.0], [0.1], [1.0]),
        ([1.0, 1.0], [0.1, 0.1], [0.5, 0.5]),
        ([1.0, 100.0], [0.1, 0.1], [1.0, 0.0]),
        # P(N(0, 0.1²) < N(ln 1.1, 0.1²)) = Φ(ln 1.1 / 0.1414).
        ([1.0, 1.1], [0.1, 0.1], [0.7498, 0.2502]),
        ([1.0, 1.0, 1.0], [0.2, 0.2, 0.2], [1 / 3] * 3),
    ],
)
def test_the_probability_of_being_best(times: list[float], deviations: list[float], shares: list[float]) -> None:
    assert best_chances(np.array(times), np.array(deviations)) == pytest.approx(shares, abs=2e-3)


@pytest.mark.parametrize(
    ("times", "factor", "chance"),
    [
        ([1.0], 1.1, 1.0),
        # Φ((ln 1.1 + ln 1.1) / 0.1414) of one that is 10 % slower.
        ([1.0, 1.1], 1.1, 0.9112),
        # Φ(ln 1.1 / 0.1414) of one that is as fast.
        ([1.0, 1.0], 1.1, 0.7498),
    ],
)
def test_the_probability_of_a_good_choice(times: list[float], factor: float, chance: float) -> None:
    found = chance_within(0, np.array(times), np.full(len(times), 0.1), factor)
    assert found == pytest.approx(chance, abs=2e-3)


def test_only_implementations_that_compute_a_layer_are_asked(model: TimeModel) -> None:
    three, one = found(model, problem(kernel=3), problem(kernel=1))
    assert {own.subject.implementation for own in three.times} == {"torch", "winograd-f4"}
    assert [own.subject.implementation for own in one.times] == ["torch"]
    assert one.best is not None
    assert one.best.best_probability == 1.0
    assert [own.time_s for own in three.times] == sorted(own.time_s for own in three.times)
    assert sum(own.best_probability for own in three.times) == pytest.approx(1.0)


def test_a_total_is_the_sum_and_equal_layers_err_together(model: TimeModel) -> None:
    single, several = found(model, problem()), found(model, problem(), count=9)
    one, nine = total(model, single), total(model, several)
    assert nine.time_s == pytest.approx(9 * one.time_s)
    assert nine.time_hi_s / nine.time_s == pytest.approx(one.time_hi_s / one.time_s)
    best = single[0].best
    assert best is not None
    assert one.time_hi_s == pytest.approx(best.time_hi_s, rel=1e-3)


def test_the_interval_of_a_sum_lies_between_independent_and_common_errors(model: TimeModel) -> None:
    own = found(model, *(problem(channels=c, kernel=5) for c in (32, 64, 96, 128)))
    whole = total(model, own)
    best = [one.best for one in own if one.best]
    deviations = np.array([one.time_s * np.log(one.time_hi_s / one.time_s) for one in best])
    half = whole.time_s * np.log(whole.time_hi_s / whole.time_s)
    assert 0.99 * np.sqrt((deviations**2).sum()) <= half <= 1.01 * deviations.sum()
    assert 0 <= whole.correlation <= 1


def test_layers_without_a_time_are_counted(model: TimeModel) -> None:
    own = expected(model, [OTHER], layers(problem(kernel=3), problem(kernel=1)), ["nchw"])
    assert total(model, own).missing == 1
    with pytest.raises(UsageError, match="computes none of the layers"):
        total(model, own[1:])


def test_a_precision_that_was_never_seen_is_refused(model: TimeModel) -> None:
    with pytest.raises(UsageError, match="layer a is in bf16; the model was fitted on fp32"):
        expected(model, [ONE], [Layer(problem(), "a", 1, "bf16")], ["nchw"])


def test_the_table_has_a_line_for_each_layer_or_implementation(model: TimeModel, tmp_path: Path) -> None:
    own = expected(model, [ONE, OTHER], layers(problem(kernel=3), problem(kernel=1)), ["nchw"])
    assert len(expected_table.records(own)) == 2
    assert len(expected_table.records(own, each=True)) == 3
    expected_table.write(own, tmp_path / "out.csv")
    header, first, *_ = (tmp_path / "out.csv").read_text().splitlines()
    assert header.startswith("name,descriptor,count,layout,device,implementation,precision,threads,time_s,time_lo_s")
    assert first.startswith("conv0,mb1ic64ih28oc64kh3ph1,1,nchw,cpu,")
