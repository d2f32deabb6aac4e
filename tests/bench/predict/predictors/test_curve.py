"""Predictors of one formula: counts, rooflines, α-FLOPs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.errors import UsageError
from bench.predict.predictors.alpha_flops import ALPHA_FLOOR, ALPHA_PUBLISHED, ALPHA_REFITTED, PUBLISHED, alpha
from bench.predict.predictors.counts import FLOPS, MACS_FLOOR, PARAMETERS, ROOFLINE, measured_roofline
from bench.predict.predictors.curve import Curve
from tests.bench.predict.simulated_times import lines, problem, table


@pytest.mark.parametrize(
    ("curve", "values"),
    [
        (FLOPS, (3e-12,)),
        (PARAMETERS, (2e-9,)),
        (MACS_FLOOR, (1e-12, 3e-4)),
        (ROOFLINE, (5e-13, 4e-11)),
        (ALPHA_REFITTED, (5e-11, 0.05, 0.003, 0.9, 0.6)),
        (ALPHA_FLOOR, (5e-11, 0.05, 0.003, 0.9, 0.6, 1e-4)),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_constants_are_found_with_intervals_that_hold_them(curve: Curve, values: tuple[float, ...]) -> None:
    made = table(lines())
    exact = curve.formula(made, np.array(values))
    noisy = replace(made, time_s=exact * np.exp(np.random.default_rng(0).normal(0, 0.03, len(made))))
    fitted = curve.fit(noisy)
    assert np.median(np.abs(fitted.predict(made).time_s / exact - 1)) < 0.02
    assert fitted.values[0] == pytest.approx(values[0], rel=0.3)
    assert (fitted.value_lo < fitted.values).all()
    assert (fitted.value_hi > fitted.values).all()


def test_the_published_constants_give_the_published_times() -> None:
    """By hand: ((1 + ln 9 + 0.001 · (10⁴ − 1 − ln 9)) / 10⁴)^0.56 · 2025 · 0.0375 ms, and likewise for 1 × 1."""
    asked = table([problem(150, 100, 150, 3), problem(150, 10, 150, 27), problem(150, 300, 150, 1)])
    said = ALPHA_PUBLISHED.formula(asked, np.array(PUBLISHED))
    assert said[0] == pytest.approx(1.853e-3, rel=1e-3)
    assert said[2] == pytest.approx(75.94e-3 * ((1 + 0.02 * 89_999) / 90_000) ** 0.99, rel=1e-3)
    assert said[1] > 5 * said[0]


def test_alpha_is_1_for_one_pixel_and_falls_with_more() -> None:
    asked = table([problem(size=n, kernel=1) for n in (1, 4, 32, 128)])
    found = alpha(asked, (0.02, 0.001), (0.99, 0.56))
    assert found[0] == pytest.approx(1.0)
    assert (np.diff(found) < 0).all()


def test_fixed_constants_have_no_interval_and_a_measured_roofline_is_one() -> None:
    fitted = measured_roofline(1e12, 1e11).fit(table(lines()))
    assert np.isnan(fitted.value_lo).all()
    assert fitted.as_dict()["constants"]["flop_s"] == {
        "value": 1e-12, "lo": None, "hi": None, "unit": "s/FLOP", "meaning": "1 / the ceiling of arithmetic",
    }  # fmt: skip


def test_sizes_far_from_the_fit_are_outside() -> None:
    fitted = FLOPS.fit(table(lines()))
    asked = table([problem(), problem(groups=64), problem(size=900)])
    assert fitted.predict(asked).outside.tolist() == [False, True, True]


def test_rows_that_do_not_determine_constants_still_give_finite_times() -> None:
    """Random kernels of a few sizes, with times that have nothing to do with them."""
    made = table([problem(channels=c, kernel=k) for c in (1, 512) for k in (1, 3, 63) for _ in range(8)])
    odd = replace(made, time_s=np.exp(np.random.default_rng(2).normal(-9, 4, len(made))))
    for curve in (ALPHA_REFITTED, ALPHA_FLOOR, ROOFLINE):
        said = curve.fit(odd).predict(made)
        assert np.isfinite(said.time_s).all()
        assert (said.time_s > 0).all()


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (lines()[:5], "has 5 rows with times, of .*allowed: 20 rows of 3 layers or more"),
        ([problem()] * 40, "has 40 rows with times, of 1 layer"),
        ([problem(channels=c, filters=4096 // c) for c in (2, 4, 8, 16, 32, 64)] * 6, "equally many MACs"),
    ],
)
def test_too_few_or_constant_rows_are_refused(rows: list[object], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        FLOPS.fit(table(rows))  # type: ignore[arg-type]
