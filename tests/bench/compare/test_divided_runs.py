"""p-values by divisions are exact: of unchanged runs they are uniform, whatever the scatter of rows."""

from __future__ import annotations

import numpy as np

from bench.compare.change import SideFigures
from bench.compare.divided_runs import divided_statistics, p_by_divisions
from bench.compare.run_variance import WithinRuns


def _figures(value: np.ndarray, old_runs: int) -> SideFigures:
    nothing = np.zeros(value.shape[1])
    return SideFigures(value, WithinRuns(nothing, nothing), nothing.astype(bool), old_runs)


def test_any_false_alarm_is_as_rare_as_promised() -> None:
    """With 252 divisions p of 0.05 is reached by 4.8 % of families; of 400 no more than 8 % for sure."""
    rng, alarms = np.random.default_rng(0), 0
    for _ in range(400):
        # Rows that scatter unlike each other, and depend on each other.
        value = rng.normal(size=(10, 1)) * 0.5 + rng.normal(size=(10, 30)) * np.exp(rng.normal(size=30))
        alarms += bool((p_by_divisions(_figures(value, 5), np.zeros(10), 0.01) <= 0.05).any())
    assert alarms <= 32


def test_a_changed_row_is_found_and_a_missing_one_has_no_value() -> None:
    rng = np.random.default_rng(1)
    value = rng.normal(size=(10, 12)) * 0.01
    value[5:, 3] += 0.2
    value[:5, 7] = np.nan
    p = p_by_divisions(_figures(value, 5), np.zeros(10), 0.01)
    # The observed division, and its mirror image.
    assert p[3] == 2 / 252
    assert np.isnan(p[7])
    assert (np.delete(p, [3, 7]) > 0.05).all()


def test_a_row_without_scatter_did_not_change() -> None:
    found = divided_statistics(np.zeros((4, 3)), np.array([[0, 0, 1, 1]], dtype=bool))
    assert found.tolist() == [[0.0, 0.0, 0.0]]
