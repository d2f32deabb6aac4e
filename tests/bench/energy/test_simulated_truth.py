"""Simulated energy of known truth: how often the 95 % interval covers it, and how much edges improve windows."""

from __future__ import annotations

import math
import random
import statistics

import pytest

from bench.energy.period import Period
from bench.energy.plan import QUICK, Windows
from bench.energy.protocol import measure
from bench.energy.uncertainty import Span, idle_power, joules_per_call, ratio
from bench.energy.window import Setup, aligned, free_running
from bench.energy.work import Rest
from tests.bench.energy.energy_world import IDLE_W, FakeMeter, FakeWork, World

TRIALS = 1000
# Bounds for the coverage of a 95 % interval: neither too narrow nor uselessly wide.
LOW, HIGH = 0.92, 0.99
POWER_W, ONE_S = 100.0, 0.3e-3
# The possible change of idle power from before to after; while the work runs it is in between.
IDLE_STEP = 0.02
IDLE_SCATTER = 0.005


def _length_s(tau_s: float) -> float:
    return QUICK.length_s(tau_s)


def _setup(world: World, tau_s: float) -> Setup:
    return Setup(FakeMeter(world, tau_s), Period(tau_s, 0.1 * tau_s, 20e-6), world.clock)


def _idle_side(world: World, setup: Setup, level_w: float) -> list[Span]:
    spans = []
    for _ in range(4):
        world.idle_w = level_w * (1 + IDLE_SCATTER * world.rng.gauss(0, 1))
        spans.append(aligned(setup, Rest(world.sleep), 0.25, observe=False).span("board"))
    return spans


def _trial(seed: int, tau_s: float, scatter: float, most: int) -> tuple[list[Span], list[Span], list[Span], float]:
    """Windows of one candidate, idle windows before and after, and the true net joules of a call."""
    world = World(seed, ripple_w=10.0)
    setup, rng = _setup(world, tau_s), world.rng
    after_w = IDLE_W * (1 + rng.uniform(-IDLE_STEP, IDLE_STEP))
    before = _idle_side(world, setup, IDLE_W)
    world.idle_w = rng.uniform(min(IDLE_W, after_w), max(IDLE_W, after_w))
    truth_j = (POWER_W - world.idle_w) * ONE_S
    work = FakeWork(world, ONE_S, POWER_W, scatter=scatter)
    windows = [
        aligned(setup, work, _length_s(tau_s), lead_s=rng.uniform(0, tau_s), observe=False).span("board")
        for _ in range(most)
    ]
    return windows, before, _idle_side(world, setup, after_w), truth_j


# One window cannot show scatter, so it is tested only without scatter.
@pytest.mark.parametrize(
    ("tau_s", "scatter", "counts"),
    [
        pytest.param(0.02, 0.0, (1, 3, 5, 10), marks=pytest.mark.full),
        (0.02, 0.001, (3, 5, 10)),
        pytest.param(0.1, 0.01, (3, 5, 10), marks=pytest.mark.full),
        pytest.param(0.001, 0.003, (3, 5, 10), marks=pytest.mark.full),
    ],
    ids=["20 ms, edges alone", "20 ms, as much scatter as edges", "100 ms, scatter", "1 ms, scatter"],
)
def test_the_interval_covers_the_truth(
    tau_s: float, scatter: float, counts: tuple[int, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    hits = dict.fromkeys(counts, 0)
    for seed in range(TRIALS):
        windows, before, after, truth_j = _trial(seed, tau_s, scatter, max(counts))
        idle = idle_power(before, after)
        for n in counts:
            net = joules_per_call(windows[:n], idle).net
            assert net is not None
            hits[n] += net.low <= truth_j <= net.high
    with capsys.disabled():
        print(f"\ntau {tau_s:g} s, scatter {scatter:g}:", {n: h / TRIALS for n, h in hits.items()}, end=" ")
    assert all(LOW <= h / TRIALS <= HIGH for h in hits.values()), hits


@pytest.mark.parametrize("tau_s", [0.001, 0.02, 0.1])
def test_edges_are_better_than_free_windows(tau_s: float, capsys: pytest.CaptureFixture[str]) -> None:
    world = World(1)
    setup, rng = _setup(world, tau_s), world.rng
    work, truth_j = FakeWork(world, 0.01e-3, POWER_W), POWER_W * 0.01e-3
    spans: dict[str, list[Span]] = {"edges": [], "free": []}
    for _ in range(300):
        # Not a whole number of periods, because the errors of both ends of a free window would cancel.
        lead_s, length_s = rng.uniform(0, tau_s), rng.uniform(50, 51) * tau_s
        spans["edges"].append(aligned(setup, work, length_s, lead_s=lead_s, observe=False).span("board"))
        spans["free"].append(free_running(setup, work, length_s, lead_s=lead_s).span("board"))
    errors = {name: _rms([s.energy_j / s.calls / truth_j - 1 for s in some]) for name, some in spans.items()}
    claimed = {name: _rms([s.edge_j / s.energy_j for s in some]) for name, some in spans.items()}
    with capsys.disabled():
        print(f"\ntau {tau_s:g} s: rms error", {n: f"{e:.2e}" for n, e in errors.items()}, end=" ")
        print(f"edges are {errors['free'] / errors['edges']:.0f} times better", end=" ")
    # If readings are slow compared with the period, fewer fit into it: five at 1 ms, else twenty.
    assert errors["free"] > (3 if tau_s < 0.01 else 12) * errors["edges"]
    assert all(0.5 < errors[n] / claimed[n] < 1.5 for n in errors), (errors, claimed)


def _rms(values: list[float]) -> float:
    return math.sqrt(statistics.fmean(v * v for v in values))


def test_the_ratio_covers_the_truth() -> None:
    """Two candidates share idle power, whose error affects their ratio less than their joules."""
    hits, widths = 0, []
    for seed in range(300):
        world = World(seed)
        setup = _setup(world, 0.02)
        before = _idle_side(world, setup, IDLE_W)
        world.idle_w = IDLE_W
        found = []
        for power_w in (POWER_W, 0.9 * POWER_W):
            work = FakeWork(world, ONE_S, power_w, scatter=0.002)
            spans = [aligned(setup, work, 0.4, observe=False).span("board") for _ in range(5)]
            found.append((spans, (power_w - IDLE_W) / (POWER_W - IDLE_W)))
        idle = idle_power(before, _idle_side(world, setup, IDLE_W))
        above, below = (joules_per_call(spans, idle) for spans, _ in reversed(found))
        result = ratio(above, below)
        hits += result.low <= found[1][1] <= result.high
        widths.append(result.rel_u95 / math.hypot(above.best.rel_u95, below.best.rel_u95))
    assert LOW <= hits / 300 <= HIGH
    assert statistics.median(widths) < 1


@pytest.mark.full
@pytest.mark.parametrize("target_rel", [None, 0.004], ids=["five windows", "until narrow"])
def test_the_whole_measurement_covers_the_truth(target_rel: float | None, capsys: pytest.CaptureFixture[str]) -> None:
    """Idle power, warm-up, rounds and the stopping rule, for two candidates."""
    plan = Windows("test", 0.5, 20, 5, 1.0, 2.0, 60.0, target_rel)
    hits, windows, truth_j = 0, [], (POWER_W - IDLE_W) * ONE_S
    for seed in range(500):
        world = World(seed)
        meter = FakeMeter(world, 0.001)
        works = {n: lambda w=world: FakeWork(w, ONE_S, POWER_W, scatter=0.004) for n in "ab"}
        measured = measure(meter, works, plan, world.clock, world.sleep, random.Random(seed))
        for name in "ab":
            net = measured.joules[name]["board"].net
            assert net is not None
            hits += net.low <= truth_j <= net.high
            windows.append(measured.figures[name]["board"].windows)
    with capsys.disabled():
        print(
            f"\nwhole measurements, target {target_rel}:",
            hits / 1000,
            f"{statistics.fmean(windows):.1f} windows",
            end=" ",
        )
    assert LOW <= hits / 1000 <= HIGH, hits / 1000
    assert statistics.fmean(windows) > 5 if target_rel else set(windows) == {5}
