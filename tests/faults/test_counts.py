"""The counts that the suite prints."""

from __future__ import annotations

from typing import Literal

import pytest

from tests.faults.conftest import Tried, counts, table
from tests.faults.points import POINTS


def _report(outcome: Literal["passed", "failed"], *calls: tuple[str, int]) -> pytest.TestReport:
    properties = [("tried", call) for call in calls]
    return pytest.TestReport("test", ("", 0, ""), {}, outcome, None, "call", user_properties=properties)


def test_the_last_attempt_of_a_failed_test_was_not_survived() -> None:
    attempts, survived = counts(
        [
            _report("passed", ("journal: cut", 3), ("journal: flip", 1)),
            _report("failed", ("journal: cut", 2), ("journal: cut", 1)),
        ]
    )
    assert attempts == {"journal: cut": 6, "journal: flip": 1}
    assert survived == {"journal: cut": 5, "journal: flip": 1}


def test_each_point_has_a_line_and_an_attempt_without_a_point_is_refused(tried: Tried) -> None:
    head, *lines, total = table(*counts([_report("passed", ("journal: cut", 3), ("axes", 1))]))
    assert head.split() == ["attempts", "survived"]
    assert [line[:3].strip() for line in lines if line[:3].strip()] == list(map(str, POINTS))
    assert "     journal: cut" in "\n".join(lines)
    assert total.split() == ["all", "4", "4"]
    with pytest.raises(KeyError, match="'novel' has no point"):
        tried("novel")


def test_attempts_travel_with_the_report_of_their_test(tried: Tried, request: pytest.FixtureRequest) -> None:
    tried("axes")
    assert request.node.user_properties == [("tried", ("axes", 1))]
    # It was no attempt: the session counts only those.
    request.node.user_properties.clear()
