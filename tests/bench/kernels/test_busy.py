"""What is left of a ratio beside a busy core, over the shapes that were measured both ways."""

from __future__ import annotations

import pytest

from bench.estimates.conclusion import Conclusion
from bench.kernels.busy import LEAST_KEPT, BusyResult, busy_results
from bench.kernels.goals import Goal
from bench.kernels.ratios import Mean
from tests.bench.kernels.forged_kernels import shape_result

GOAL = Goal("direct", ("direct",), ("dense",), "torch", 2.0)


def _mean(value: float, reach: float | None = None) -> Mean:
    low, high = (None, None) if reach is None else (value / reach, value * reach)
    return Mean(value, low, high, 3, value, "shape")


@pytest.mark.parametrize(
    ("kept", "reach", "verdict"),
    [
        (1.02, 1.01, Conclusion.MET),
        (LEAST_KEPT, 1.01, Conclusion.MET),
        (0.8, 1.01, Conclusion.NOT_MET),
        (0.8, 1.2, Conclusion.UNDECIDED),
        (0.8, None, Conclusion.UNDECIDED),
    ],
)
def test_the_interval_decides(kept: float, reach: float | None, verdict: Conclusion) -> None:
    found = BusyResult(GOAL, _mean(2.0, reach), _mean(2.0 * kept, reach))
    assert found.kept == pytest.approx(kept)
    assert found.verdict is verdict
    assert (found.interval is None) == (reach is None)


def test_both_intervals_widen_that_of_the_share() -> None:
    low, high = BusyResult(GOAL, _mean(2.0, 1.1), _mean(1.8, 1.1)).interval or (0.0, 0.0)
    assert low < 0.9 / 1.1
    assert 0.9 * 1.1 < high < 0.9 * 1.1 * 1.1


def test_shapes_that_were_measured_once_do_not_count() -> None:
    both, alone = (shape_result({("direct", "nchw"): 1.0, ("torch", "nchw"): s}, name=str(s)) for s in (4.0, 1.0))
    slower = shape_result({("direct", "nchw"): 1.0, ("torch", "nchw"): 3.0}, name="4.0")
    (found,) = busy_results([both, alone], [slower], [GOAL])
    assert (found.quiet.value, found.kept) == (pytest.approx(4.0), pytest.approx(0.75))
    assert busy_results([both], [], [GOAL]) == []
