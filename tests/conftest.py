"""Hypothesis runs the same examples every time, so that a red test is red for everyone."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "convcost", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60
)
settings.load_profile("convcost")
