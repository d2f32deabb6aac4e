"""Our predictor: it beats its parts, its intervals cover new families, and it says what it never saw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.predict.judged.cross_validation import folds, left_out
from bench.predict.judged.scores import score
from bench.predict.predictors.alpha_flops import ALPHA_FLOOR
from bench.predict.predictors.law_process import LawProcess
from impls.cost_model.cost_table import CostTable
from tests.bench.predict.simulated_times import lines, problem, random_table, table


@pytest.fixture(scope="module")
def bent() -> CostTable:
    """Times by a law, bent smoothly by up to a quarter: what a law alone cannot follow."""
    made = random_table(240, noise=0.02)
    return replace(made, time_s=made.time_s * np.exp(0.25 * np.sin(np.log2(made.pixels))))


def test_the_process_follows_what_the_law_leaves(bent: CostTable) -> None:
    fitted = LawProcess().fit(bent)
    alone = np.median(np.abs(fitted.law.time_s(bent) / bent.time_s - 1))
    together = np.median(np.abs(fitted.predict(bent).time_s / bent.time_s - 1))
    assert together < 0.5 * alone
    assert fitted.left_out < 0.3


def test_intervals_cover_families_that_were_left_out(bent: CostTable) -> None:
    found = score(bent, left_out(LawProcess(), bent, folds(bent, "family")))
    assert found is not None
    assert 0.84 < found.coverage < 0.97
    assert found.outside < 0.1


@pytest.mark.full
@pytest.mark.slow
def test_it_is_better_than_alpha_flops_on_lines() -> None:
    made = table(lines(), noise=0.02)
    own, alpha = (score(made, left_out(one, made, folds(made, "line"))) for one in (LawProcess(), ALPHA_FLOOR))
    assert own is not None
    assert alpha is not None
    assert own.mean < alpha.mean


def test_a_kind_that_was_never_seen_is_outside() -> None:
    dense = table([p for p in lines() if p.kernel != (9, 9)], noise=0.02)
    fitted = LawProcess().fit(dense)
    asked = table([problem(), problem(groups=64), problem(channels=200_000, size=3)])
    assert fitted.predict(asked).outside.tolist() == [False, True, True]


def test_a_model_that_was_read_predicts_the_same(bent: CostTable) -> None:
    fitted = LawProcess().fit(bent)
    again = LawProcess().load(bent.subject, fitted.as_dict())
    one, other = fitted.predict(bent), again.predict(bent)
    assert np.array_equal(one.time_s, other.time_s)
    assert np.array_equal(one.time_lo_s, other.time_lo_s)


def test_rows_that_do_not_belong_together_are_refused(bent: CostTable) -> None:
    values = LawProcess().fit(bent).as_dict()
    for part in ("weights", "work_share", "flops", "ways", "layers"):
        carriers = {**values["carriers"], part: values["carriers"][part][1:]}
        with pytest.raises(ValueError, match="different numbers of rows"):
            LawProcess().load(bent.subject, {**values, "carriers": carriers})


def test_a_refit_follows_new_rows_and_keeps_what_was_found_by_leaving_out(bent: CostTable) -> None:
    some = bent.only(np.arange(len(bent)) % 2 == 0)
    before = LawProcess().fit(some)
    after = LawProcess().refit(before, bent)
    assert (after.width, after.far, after.process.reach) == (before.width, before.far, before.process.reach)
    errors = [np.abs(fit.predict(bent).time_s / bent.time_s - 1).mean() for fit in (before, after)]
    assert errors[1] < errors[0]


def test_what_is_left_out_is_said_by_fits_that_never_saw_it(bent: CostTable) -> None:
    """A row of a wrong time bends the fit, and not what the fit without its line says."""
    times = bent.time_s.copy()
    times[3] *= 1.5
    _, said = LawProcess().fit_and_left_out(replace(bent, time_s=times))
    assert said.time_s[3] == pytest.approx(bent.time_s[3], rel=0.2)
