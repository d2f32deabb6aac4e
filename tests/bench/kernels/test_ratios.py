"""Ratios paired within blocks and draws, and their geometric mean over shapes."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Sequence
from dataclasses import replace

import pytest

from bench.kernels.ratios import Comparison, compare, geometric_mean, paired
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


def _in_runs(own_s: Sequence[float], name: str = "shape", noise: float = 0.0, seed: int = 0) -> Comparison:
    """A shape on which torch takes 1.5 s in every run, and ours 1 s times the factor of each run."""
    ours, theirs = (
        outcome(entrant, "nchw", s, runs_s=runs_s, draws=1, noise=noise, seed=seed)
        for entrant, s, runs_s in (("direct", 1.0, own_s), ("torch", 1.5, (1.0,) * len(own_s)))
    )
    return paired(name, ours, theirs)


def test_the_run_is_the_unit() -> None:
    """Three runs of unchanged code: shapes agree within a run, and their number does not make the mean more certain."""
    runs = (0.907, 0.900, 0.919)
    logs = [math.log(value) for value in runs]
    mean = geometric_mean([_in_runs([1.5 / value for value in runs], str(n)) for n in range(40)])
    assert mean is not None
    assert mean.low is not None
    assert mean.high is not None
    assert mean.reason is None
    assert mean.value == pytest.approx(math.prod(runs) ** (1 / 3))
    # Student's t for three readings, 4.303.
    reach = 4.302653 * statistics.stdev(logs) / math.sqrt(3)
    assert math.log(mean.high / mean.value) == pytest.approx(reach, rel=1e-5)
    assert math.log(mean.value / mean.low) == pytest.approx(reach, rel=1e-5)


def test_runs_that_agree_by_luck_are_no_more_certain_than_their_shapes() -> None:
    mean = geometric_mean([_in_runs((1.0, 1.2, 1.1), "a"), _in_runs((1.2, 1.0, 1.1 * 1.2 / 1.21), "b")])
    assert mean is not None
    assert mean.low is not None
    assert mean.low < 0.95 * mean.value


def test_one_run_has_no_interval_and_says_why() -> None:
    mean = geometric_mean([_in_runs((1.0,), noise=0.01)])
    assert mean is not None
    assert (mean.low, mean.high, mean.reason) == (None, None, "one run")
    assert mean.as_dict()["reason"] == "one run"


def test_a_run_that_lacks_a_shape_does_not_count() -> None:
    """The limit ended the third run after its first shape, which was slow there."""
    mean = geometric_mean([_in_runs((1.0, 1.0, 2.0), "a"), _in_runs((1.0, 1.0), "b")])
    assert mean is not None
    assert (mean.value, mean.low, mean.high) == (pytest.approx(1.5),) * 3
    alone = geometric_mean([_in_runs((1.0, 2.0), "a"), _in_runs((1.0,), "b")])
    assert alone is not None
    assert (alone.low, alone.reason) == (None, "one run")


def test_the_interval_covers_the_truth() -> None:
    """Of measuring again in three other runs, which differ by 1 % as a whole."""
    hits, trials, rng = 0, 400, random.Random(0)
    for seed in range(trials):
        runs = [rng.lognormvariate(0, 0.01) for _ in range(3)]
        mean = geometric_mean([_in_runs(runs, str(i), 0.02, 100 * seed + i) for i in range(6)])
        assert mean is not None
        assert mean.low is not None
        assert mean.high is not None
        hits += mean.low <= 1.5 <= mean.high
    assert 0.92 <= hits / trials <= 0.99


def test_a_single_call_is_accurate_to_a_factor_of_two() -> None:
    calls = tuple(BlockTime(0, 0, 10.0, run) for run in range(3))
    slow = EntrantOutcome(Entrant("im2col", "nchw"), Status.OK, samples=calls, is_single=True)
    found = paired("shape", slow, outcome("torch", "nchw", 1.0, runs_s=(1.0,) * 3))
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
