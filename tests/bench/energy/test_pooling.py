"""One figure from several processes: equal weights, Student's t over processes, and coverage of a known truth."""

from __future__ import annotations

import json
import math
import random
import statistics
from dataclasses import asdict, replace

import pytest

from bench.energy.figures import EnergyFigure
from bench.energy.flags import EnergyFlag
from bench.energy.measured import MeasuredEnergy
from bench.energy.plan import FULL, QUICK, Windows
from bench.energy.pooling import ProcessShare, pooled
from bench.energy.protocol import measure
from bench.energy.uncertainty import Estimate, Idle, Span, Term, joules_per_call, over_processes
from bench.energy.window import Window
from bench.machine.load import OthersUse
from tests.bench.energy.energy_world import IDLE_W, FakeMeter, FakeWork, World

PLAN = Windows("test", 0.2, 20, 3, 1.0, 2.0, 30.0)
SPAN = Span(100.0, 1.0, 1000.0, (0.0, 0.0))


def _spans(*energies_j: float) -> list[Span]:
    return [replace(SPAN, energy_j=energy) for energy in energies_j]


def test_the_scatter_of_processes_has_students_t_and_equal_weights() -> None:
    """Means of 100, 102 and 104 mJ; the first process has more windows, and no more weight."""
    joules = over_processes([(_spans(100.0, 100.0, 100.0), None), (_spans(102.0), None), (_spans(104.0), None)])
    assert joules.gross.value == pytest.approx(0.102)
    assert joules.gross.u95 == pytest.approx(4.303 * 2e-3 / math.sqrt(3), rel=1e-3)
    assert joules.flags == ()


def test_processes_that_agree_by_luck_have_the_uncertainty_of_their_windows() -> None:
    pair = _spans(99.0, 101.0)
    joules = over_processes([(pair, None), (pair, None)])
    assert joules.gross.term.u == pytest.approx(1e-3 / math.sqrt(2))
    # Of two times one degree of freedom.
    assert joules.gross.term.freedom == pytest.approx(2.0)
    blurred = [replace(SPAN, delta_s=(0.01, 0.01))]
    assert over_processes([(blurred, None), (blurred, None)]).gross.term.u == pytest.approx(
        SPAN.power_w * 0.01 / math.sqrt(6) / 1000 / math.sqrt(2)
    )


def test_idle_power_of_each_process_is_averaged_and_readings_are_not() -> None:
    """80 and 60 J net of 100 J: each process has the idle power of its own time."""
    idles = [Idle(Estimate(watts, Term(0.5)), drift) for watts, drift in ((20.0, 0.01), (40.0, -0.05))]
    joules = over_processes([([replace(SPAN, polling_s=3e-3)], idle) for idle in idles])
    assert joules.net is not None
    assert joules.net.value == pytest.approx(0.07)
    assert joules.idle is not None
    assert (joules.idle.power.value, joules.idle.drift_rel) == (pytest.approx(30.0), -0.05)
    assert joules.flags == ("idle-drift",)
    same = over_processes([([replace(SPAN, polling_s=3e-3)], idles[0])] * 2).net
    assert same is not None
    assert same.term.u == pytest.approx(math.hypot(0.5e-3 / math.sqrt(2), 3e-4 / math.sqrt(3)))


def test_one_process_is_as_before() -> None:
    spans = _spans(99.0, 100.0, 103.0)
    assert over_processes([(spans, None)]) == joules_per_call(spans)
    with pytest.raises(ValueError, match="at least one window"):
        over_processes([])


@pytest.mark.parametrize(("processes", "windows"), [(2, 2), (3, 1), (3, 2), (8, 1)])
def test_the_interval_covers_the_truth_over_processes(processes: int, windows: int) -> None:
    """Processes differ by 1.8 %, windows by 0.3 %. The windows of one process alone cover far less."""
    rng, hits, alone, trials = random.Random(1), 0, 0, 1000
    for _ in range(trials):
        parts = []
        for _ in range(processes):
            level = 100.0 * (1 + 0.018 * rng.gauss(0, 1))
            parts.append((_spans(*(level * (1 + 0.003 * rng.gauss(0, 1)) for _ in range(windows))), None))
        gross = over_processes(parts).gross
        hits += gross.low <= 0.1 <= gross.high
        level = 100.0 * (1 + 0.018 * rng.gauss(0, 1))
        one = joules_per_call(_spans(*(level * (1 + 0.003 * rng.gauss(0, 1)) for _ in range(3)))).gross
        alone += one.low <= 0.1 <= one.high
    assert 0.93 <= hits / trials <= 0.99, hits / trials
    assert alone / trials < 0.4


@pytest.mark.parametrize(
    ("plan", "processes", "windows", "budget_s", "target_rel"),
    [
        (QUICK, 1, 3, 10.0, None),
        (QUICK, 3, 1, 10 / 3, None),
        (QUICK, 8, 1, 10 / 8, None),
        (FULL, 3, 2, 40.0, 0.01 * math.sqrt(3)),
        # One window has no scatter, so that it would reach any target.
        (FULL, 6, 2, 20.0, 0.01 * math.sqrt(6)),
    ],
)
def test_each_process_has_a_share_of_the_plan_and_at_least_one_window(
    plan: Windows, processes: int, windows: int, budget_s: float, target_rel: float | None
) -> None:
    part = plan.part(processes)
    assert (part.windows, part.budget_s, part.label) == (windows, pytest.approx(budget_s), plan.label)
    assert part.target_rel == (None if target_rel is None else pytest.approx(target_rel))


def _process(level_w: float, seed: int, plan: Windows = PLAN, idle_w: float = IDLE_W) -> MeasuredEnergy:
    world = World(seed)
    world.idle_w = idle_w
    works = {"a": lambda: FakeWork(world, 1e-4, level_w)}
    return measure(FakeMeter(world, 0.01), works, plan, world.clock, world.sleep, random.Random(seed))


def _parts(*measured: MeasuredEnergy) -> list[ProcessShare]:
    return [ProcessShare(m.figures["a"]["board"], m.windows["a"], m.idle) for m in measured]


def test_a_pooled_figure_names_its_processes_and_counts_their_windows() -> None:
    levels_w, part = (98.0, 100.0, 102.0), PLAN.part(3)
    figure = pooled(_parts(*(_process(w, seed, part) for seed, w in enumerate(levels_w))), PLAN, 3, "cpu")
    assert (figure.processes, figure.windows, figure.rejected, figure.plan) == (3, 3, 0, "test")
    assert figure.net_j == pytest.approx((100 - IDLE_W) * 1e-4, rel=0.005)
    assert figure.u95_j == pytest.approx(4.303 * 2e-4 / math.sqrt(3), rel=0.1)
    assert (figure.idle_w, figure.power_w) == (pytest.approx(IDLE_W, rel=0.01), pytest.approx(100.0, rel=0.01))
    assert (figure.gain_rel, figure.source, figure.scope) == (0.05, "fake", "board")
    # Each process has one window; the figure has three.
    assert figure.flags == ()


def test_flags_that_count_windows_are_those_of_all_processes() -> None:
    one = _parts(_process(100.0, 1, PLAN.part(3)))
    assert set(pooled(one, PLAN, 3, "cpu").flags) == {"few-windows", "one-window", "few-processes"}
    noisy = [replace(p, figure=replace(p.figure, rejected=2)) for p in one * 3]
    found = pooled(noisy, PLAN, 3, "cpu")
    assert (found.rejected, found.flags) == (6, ("windows-rejected",))


def test_a_target_that_processes_miss_is_flagged_although_each_reached_it() -> None:
    plan = replace(PLAN, target_rel=0.01)
    parts = _parts(*(_process(w, seed, plan.part(2)) for seed, w in enumerate((97.0, 103.0))))
    assert all("target-missed" not in part.figure.flags for part in parts)
    assert "target-missed" in pooled(parts, plan, 2, "cpu").flags


def test_a_process_without_joules_is_the_reason() -> None:
    good, bad = _parts(_process(100.0, 1)), EnergyFigure.from_dict(
        {"method": "unavailable", "source": "fake", "scope": "board", "plan": "test", "flags": [], "reason": "gone"}
    )  # fmt: skip
    assert pooled([*good, ProcessShare(bad, (), ())], PLAN, 2, "cpu").reason == "gone"


def test_neighbours_of_all_processes_are_added() -> None:
    parts = _parts(_process(100.0, 1), _process(100.0, 2))
    with_use = [
        replace(part, windows=tuple(replace(w, neighbours=OthersUse(used, 1.0, 0.0)) for w in part.windows))
        for part, used in zip(parts, (0.02, 0.04), strict=True)
    ]
    found = pooled(with_use, PLAN, 2, "cpu")
    assert (found.neighbours_share, found.idle_neighbours_share) == (pytest.approx(0.03), None)


def test_windows_and_figures_come_back_from_json() -> None:
    measured = _process(100.0, 3)
    figure, window = measured.figures["a"]["board"], measured.windows["a"][0]
    window = replace(window, neighbours=OthersUse(0.1, 2.0, 0.02))
    assert EnergyFigure.from_dict(json.loads(json.dumps(asdict(figure)))) == figure
    assert Window.from_dict(json.loads(json.dumps(asdict(window)))) == window
    assert Window.from_dict(json.loads(json.dumps(asdict(replace(window, neighbours=None))))).neighbours is None


def test_the_mean_of_pooled_processes_is_that_of_their_figures() -> None:
    measured = [_process(w, seed) for seed, w in enumerate((90.0, 100.0, 110.0))]
    nets = [m.figures["a"]["board"].net_j for m in measured]
    assert pooled(_parts(*measured), PLAN, 3, "cpu").net_j == pytest.approx(
        statistics.fmean(j for j in nets if j is not None)
    )


@pytest.mark.parametrize(
    ("shares", "device", "flags"),
    [
        # One window of a process may be over the limit by ticks alone; all of them together are not.
        ((0.012, 0.001, 0.001), "cpu", ()),
        ((0.02, 0.01, 0.01), "cpu", ("busy-neighbours",)),
        ((0.02, 0.01, 0.01), "cuda", ()),
    ],
)
def test_neighbours_are_flagged_by_all_windows_together(
    shares: tuple[float, ...], device: str, flags: tuple[str, ...]
) -> None:
    (part,) = _parts(_process(100.0, 1, PLAN.part(3)))
    parts = []
    for used in shares:
        windows = tuple(replace(w, neighbours=OthersUse(used, 1.0, 0.02)) for w in part.windows)
        own = replace(part.figure, flags=(EnergyFlag.ONE_WINDOW, EnergyFlag.BUSY_NEIGHBOURS))
        parts.append(replace(part, figure=own, windows=windows))
    assert pooled(parts, PLAN, 3, device).flags == flags


@pytest.mark.parametrize(("processes", "measure"), [(1, 1), (3, 3), (6, 3)])
def test_no_more_processes_measure_joules_than_there_are_windows(processes: int, measure: int) -> None:
    assert QUICK.shared_by(processes) == measure
