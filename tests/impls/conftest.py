"""A plan cache of its own for a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from impls import plan_cache, registry
from impls.plan_cache import PlanCache


@pytest.fixture
def own_cache(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """`impls.conv2d` begins with an empty cache; implementations that the test registers are forgotten afterwards."""
    cache = PlanCache()
    monkeypatch.setattr(plan_cache, "SHARED", cache)
    monkeypatch.setattr("impls.functional.SHARED", cache)
    registered = dict(registry._registered)
    yield
    registry._registered.clear()
    registry._registered.update(registered)
