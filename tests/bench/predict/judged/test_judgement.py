"""Predictors are judged by rows of lines, families and kinds that were left out."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bench.calibration.value import FMA, Calibration, Level, Peak
from bench.errors import UsageError
from bench.predict.judged import cross_validation as cv
from bench.predict.judged.judgement import judge, require_grouping
from bench.predict.predictors.all_predictors import NAMES
from bench.predict.predictors.counts import MACS_FLOOR
from bench.predict.predictors.protocol import FittedPredictor
from impls.cost_model.cost_table import CostTable
from tests.bench.predict.simulated_times import GPU, lines, random_table, table


class Spy:
    """A predictor that keeps the labels that it was fitted to."""

    name, meaning = "spy", "keeps labels"

    def __init__(self) -> None:
        self.seen: list[set[str]] = []

    def fit(self, known: CostTable) -> FittedPredictor:
        self.seen.append(set(known.labels))
        return MACS_FLOOR.fit(known)

    def load(self, subject: object, values: object) -> FittedPredictor:
        raise AssertionError(values)


@pytest.mark.parametrize(("grouping", "made"), [("line", table(lines())), ("family", random_table(120))])
def test_no_fit_sees_a_row_of_the_unit_that_it_predicts(grouping: str, made: CostTable) -> None:
    spy, folds = Spy(), cv.folds(made, grouping)
    cv.left_out(spy, made, folds)
    assert len(spy.seen) == len(np.unique(folds))
    for fold, seen in zip(np.unique(folds), spy.seen, strict=True):
        assert not seen & {label for label, own in zip(made.labels, folds, strict=True) if own == fold}


def test_kinds_are_left_out_whole() -> None:
    made, spy = random_table(300), Spy()
    kinds = cv.kinds(made)
    assert {"depthwise", "pointwise", "strided", "largest"} <= set(kinds)
    said = cv.without_kind(spy, made, kinds["depthwise"])
    assert len(said.time_s) == kinds["depthwise"].sum()
    assert not spy.seen[0] & {made.labels[row] for row in np.flatnonzero(kinds["depthwise"])}


@pytest.mark.slow
@pytest.mark.full
def test_every_predictor_is_judged_and_the_result_is_json() -> None:
    judged = judge({GPU: table(lines(), noise=0.02)}, "line").scores
    assert [one.predictor for one in judged] == list(NAMES)
    best = min(judged, key=lambda one: one.all.mean)
    assert best.predictor == "law"
    assert json.loads(json.dumps([one.as_dict() for one in judged], allow_nan=False))[0]["all"]["redraw"] is None


@pytest.mark.full
@pytest.mark.slow
def test_a_roofline_by_measured_ceilings_is_judged_where_a_run_has_them() -> None:
    ceilings = Calibration("cuda", None, (Peak("fp32", 4e12, FMA),), (Level("memory", None, 1e11, "read"),))
    made = table(lines()[:60])
    names = [one.predictor for one in judge({GPU: made}, "family", (ceilings,)).scores]
    assert names == [*NAMES, "roofline-measured"]
    assert "roofline-measured" not in [one.predictor for one in judge({GPU: made}, "family", ()).scores]


def test_groupings_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UsageError, match="allowed: --leave-out line, family, kind"):
        require_grouping("layer")
    require_grouping(None)
    with pytest.raises(UsageError, match="do not stand in lines; allowed: --leave-out family"):
        judge({GPU: random_table(80)}, "line")
    with pytest.raises(UsageError, match="cannot be grouped by 'kernel'"):
        cv.folds(table(lines()), "kernel")
