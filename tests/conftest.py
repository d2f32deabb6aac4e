"""Hypothesis runs the same examples every time, so that a red test is red for everyone; long tests come first."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "convcost", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60
)
settings.load_profile("convcost")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of several processes, none is left alone with a long test at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
