"""The split of scatter between processes and visits, found again in values that were drawn with one."""

from __future__ import annotations

import numpy as np
import pytest

from tests.bench.estimates.measured_split import split


@pytest.mark.parametrize(("between", "within"), [(0.03, 0.01), (0.0, 0.02), (0.01, 0.03)])
def test_a_split_is_found_again(between: float, within: float) -> None:
    rng = np.random.default_rng(7)
    tables = []
    for _ in range(400):
        process = rng.normal(scale=between, size=6)
        tables.append({(p, v): process[p] + rng.normal(scale=within) for p in range(6) for v in range(3)})
    assert split(tables) == pytest.approx((between, within), abs=0.002)
