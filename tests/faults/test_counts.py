"""The counts that the suite prints."""

from __future__ import annotations

from typing import Literal

import pytest

from tests.faults.conftest import Tried, counts


def _report(outcome: Literal["passed", "failed"], *calls: tuple[str, int]) -> pytest.TestReport:
    properties = [("tried", call) for call in calls]
    return pytest.TestReport("test", ("", 0, ""), {}, outcome, None, "call", user_properties=properties)


def test_the_last_attempt_of_a_failed_test_was_not_survived() -> None:
    attempts, survived = counts([_report("passed", ("cut", 3), ("flip", 1)), _report("failed", ("cut", 2), ("cut", 1))])
    assert attempts == {"cut": 6, "flip": 1}
    assert survived == {"cut": 5, "flip": 1}


def test_attempts_travel_with_the_report_of_their_test(tried: Tried, request: pytest.FixtureRequest) -> None:
    tried("count of this suite")
    assert request.node.user_properties == [("tried", ("count of this suite", 1))]
