"""Times on other data over those on N(0, 1) data, of the same case and implementation only."""

from __future__ import annotations

from typing import Any

import pytest

from bench.rows.data_ratios import data_ratios
from bench.store.schema import Row


def _row(name: str, time_s: float | None, **more: Any) -> Row:
    return Row(implementation=name, time_s=time_s, descriptor="d", threads=1, **more)


def test_ratios_are_those_of_one_case() -> None:
    normal = [_row("a", 1.0), _row("b", 2.0), _row("auto", 1.0, delegate="a"), _row("c", None)]
    slow = [_row("a", 3.0, data="subnormal"), _row("b", 200.0, data="subnormal"), _row("c", 1.0, data="subnormal"),
            _row("auto", 3.0, data="subnormal", delegate="a")]  # fmt: skip
    other = [_row("a", 0.5, data="zeros", precision="fp64"), _row("a", 0.5, data="zeros", governor="powersave")]
    (ratios,) = data_ratios([normal, slow, other]).values()
    assert [(one.implementation, one.data) for one in ratios] == [("a", "subnormal"), ("b", "subnormal")]
    assert [one.ratio for one in ratios] == [pytest.approx(3.0), pytest.approx(100.0)]
    assert data_ratios([normal]) == data_ratios([slow]) == {}
