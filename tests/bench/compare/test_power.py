"""The simulation behind the figures of docs/compare.md: few alarms of unchanged code, and slowdowns that are found."""

from __future__ import annotations

import numpy as np
import pytest

from bench.compare import power
from bench.compare.quantities import TIME
from bench.compare.simulated import Family, RunScatter


def test_simulated_runs_scatter_as_measured() -> None:
    """The middle row between runs, what all share left out: 0.0186 in nine sweeps."""
    rng = np.random.default_rng(0)
    family = Family.drawn(rng, 200, RunScatter())
    value = np.array([family.run(rng, number).figures[TIME].value for number in range(60)])
    levels = np.median(value - value.mean(axis=0), axis=1)
    assert np.median((value - levels[:, None]).std(axis=0, ddof=1)) == pytest.approx(0.0186, rel=0.15)
    assert levels.std(ddof=1) == pytest.approx(RunScatter().hour, rel=0.3)


@pytest.mark.parametrize("runs", power.RUNS)
def test_unchanged_code_raises_few_alarms(runs: int) -> None:
    """One in twenty at most; of 60 comparisons 7 or more would have one in a thousand such tests."""
    assert power.false_alarms(60, runs, seed=1).value * 60 <= 7


@pytest.mark.full
@pytest.mark.parametrize("runs", power.RUNS)
def test_unchanged_code_raises_an_alarm_in_one_comparison_of_twenty_at_most(runs: int) -> None:
    found = power.false_alarms(power.FAMILIES, runs)
    assert found.value <= 0.05


@pytest.mark.parametrize(
    ("slowdown", "runs", "factor", "scattered", "least"),
    [(0.05, 1, 0.2, False, 0.9), (0.03, 3, 0.5, False, 0.8), (0.2, 1, 1.0, False, 0.9), (0.05, 3, 0.5, True, 0.9)],
)
def test_slowdowns_are_found(slowdown: float, runs: int, factor: float, scattered: bool, least: float) -> None:
    found = power.power(slowdown, runs, 10, RunScatter().times(factor), scattered=scattered)
    assert found.pairs.value >= least
    assert found.false.value <= 0.2


def test_the_tables_are_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(power, "FAMILIES", 20)
    monkeypatch.setattr(power, "POINTS", 8)
    monkeypatch.setattr(power, "MACHINES", {"a machine": 0.2})
    monkeypatch.setattr(power, "ROWS", 20)
    assert power.main(["--quick"]) == 0
    said = capsys.readouterr().out
    assert "1 a side: 0.0%" in said
    assert "a machine, any rows:" in said
