"""Ratios paired within blocks and draws, and their geometric mean over shapes."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from bench.kernels.ratios import compare, geometric_mean, paired
from bench.store.status import Status
from bench.worker.trial import BlockTime, Entrant, EntrantOutcome
from tests.bench.kernels.forged_kernels import outcome, shape_result

BOTH = {("direct", "nchw"): 2.0, ("direct", "nhwc"): 1.0, ("torch", "nchw"): 3.0, ("torch", "nhwc"): 4.0}


@pytest.mark.parametrize(
    ("layouts", "own", "ratio"),
    [(("nchw", "nhwc"), "nhwc", 3.0), (("nchw",), "nchw", 1.5), (("nhwc",), "nhwc", 3.0)],
)
def test_the_rival_counts_in_its_better_layout(layouts: tuple[str, ...], own: str, ratio: float) -> None:
    found = compare(shape_result(BOTH), ("direct",), "torch", layouts)
    assert found is not None
    assert (found.own.entrant, found.rival.entrant) == (Entrant("direct", own), Entrant("torch", "nchw"))
    assert found.ratio.estimate == pytest.approx(ratio)


def test_the_best_of_several_implementations_counts() -> None:
    times = {("winograd-f2", "nchw"): 2.0, ("winograd-f4", "nhwc"): 1.0, ("onednn", "nhwc"): 5.0}
    found = compare(shape_result(times), ("winograd-f2", "winograd-f4", "winograd-f6"), "onednn")
    assert found is not None
    assert found.own.entrant == Entrant("winograd-f4", "nhwc")
    assert found.ratio.estimate == pytest.approx(5.0)


@pytest.mark.parametrize(("own", "rival"), [("fft", "torch"), ("direct", "onednn")])
def test_without_a_pair_there_is_no_ratio(own: str, rival: str) -> None:
    assert compare(shape_result(BOTH), (own,), rival) is None
    assert geometric_mean([]) is None


def test_drift_shared_by_a_block_cancels() -> None:
    places = [(d, b) for d in range(3) for b in range(4)]
    ours = EntrantOutcome(
        Entrant("a", "nchw"), Status.OK, samples=tuple(BlockTime(d, b, 1.0 + d + b) for d, b in places)
    )
    theirs = EntrantOutcome(
        Entrant("b", "nchw"), Status.OK, samples=tuple(BlockTime(d, b, 2.0 * (1 + d + b)) for d, b in places)
    )
    found = paired("shape", ours, theirs)
    assert found.ratio.estimate == pytest.approx(2.0)
    assert found.variance == pytest.approx(0, abs=1e-20)
    # An entrant that left early is compared on the blocks it has.
    assert paired("shape", replace(ours, samples=ours.samples[:9]), theirs).ratio.estimate == pytest.approx(2.0)


def test_the_geometric_mean_and_the_floor() -> None:
    shapes = [
        shape_result({("direct", "nchw"): 1.0, ("torch", "nchw"): ratio}, name=f"× {ratio}")
        for ratio in (0.5, 2.0, 8.0)
    ]
    mean = geometric_mean([c for m in shapes if (c := compare(m, ("direct",), "torch"))])
    assert mean is not None
    assert mean.value == pytest.approx(2.0)
    assert (mean.shapes, mean.floor, mean.floor_shape) == (3, pytest.approx(0.5), "× 0.5")
    assert mean.low == pytest.approx(2.0)
    assert mean.high == pytest.approx(2.0)


def test_the_interval_covers_the_truth() -> None:
    hits, trials = 0, 300
    for seed in range(trials):
        times = {("direct", "nchw"): 1.0, ("torch", "nchw"): 1.5}
        shapes = [shape_result(times, noise=0.05, seed=100 * seed + i) for i in range(6)]
        mean = geometric_mean([c for m in shapes if (c := compare(m, ("direct",), "torch"))])
        assert mean is not None
        hits += mean.low <= 1.5 <= mean.high
    assert 0.9 <= hits / trials <= 0.995


def test_a_single_call_is_accurate_to_a_factor_of_two() -> None:
    slow = EntrantOutcome(Entrant("im2col", "nchw"), Status.OK, samples=(BlockTime(0, 0, 10.0),), is_single=True)
    found = paired("shape", slow, outcome("torch", "nchw", 1.0))
    assert (found.ratio.estimate, found.ratio.low) == (pytest.approx(0.1), None)
    mean = geometric_mean([found])
    assert mean is not None
    assert (mean.low, mean.high) == (pytest.approx(0.05, rel=1e-3), pytest.approx(0.2, rel=1e-3))


def test_three_long_calls_have_an_interval_by_draws() -> None:
    ours = EntrantOutcome(
        Entrant("a", "nchw"), Status.OK, samples=(BlockTime(0, 0, 1.0), BlockTime(1, 0, 1.1), BlockTime(2, 0, 0.9))
    )
    found = paired("shape", ours, outcome("torch", "nchw", 2.0, blocks=1))
    assert found.ratio.low is not None
    assert found.ratio.high is not None
    assert found.ratio.low < 2.0 < found.ratio.high
    assert found.freedom == 2
    assert math.isfinite(found.variance)
