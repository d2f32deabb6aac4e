"""The suite of faults, `nox -s faults`: every test breaks something on purpose, and the session counts the attempts.

A test calls `tried("name")` before each attempt, or `tried("name", times)` before many. At the end of the session a
table has a line for each point of tests/faults/points.py and for each name: the attempts, and how many of them were
survived. A failed test stops at its first attempt that was not survived, so its last call counts as not survived, and
all earlier ones as survived.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults.points import ELSEWHERE, POINTS, point_of

Tried = Callable[..., None]
_PROPERTY = "tried"
_HERE = Path(__file__).parent


@pytest.fixture
def tried(request: pytest.FixtureRequest) -> Tried:
    """Count attempts to break something: tried(name: str, times: int = 1) -> None."""

    def count(name: str, times: int = 1) -> None:
        point_of(name)
        # Properties travel with the report of a test, also from the processes of pytest-xdist.
        request.node.user_properties.append((_PROPERTY, (name, times)))

    return count


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.faults)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [
        report
        for known in terminalreporter.stats.values()
        for report in known
        if isinstance(report, pytest.TestReport) and report.when == "call"
    ]
    attempts, survived = counts(reports)
    if not attempts:
        return
    terminalreporter.section("attempts to break something")
    for line in table(attempts, survived):
        terminalreporter.write_line(line)


def table(attempts: Counter[str], survived: Counter[str]) -> list[str]:
    """Lines of the table: each point with its sums, below it the names of its attempts; the last line is the sum."""
    names = {number: sorted(name for name in attempts if point_of(name) == number) for number in POINTS}
    rows = []
    for number, words in POINTS.items():
        sums = [sum(each[name] for name in names[number]) for each in (attempts, survived)]
        rows.append((f"{number:2} {words}", sums if names[number] else [ELSEWHERE.get(number, "not in this session")]))
        rows += [(f"     {name}", [attempts[name], survived[name]]) for name in names[number]]
    rows.append(("all", [attempts.total(), survived.total()]))
    width = max(len(words) for words, _ in rows)
    lines = [
        f"{words:{width}}  " + "  ".join(f"{n:8,}" if isinstance(n, int) else n for n in rest) for words, rest in rows
    ]
    return [f"{'':{width}}  attempts  survived", *lines]


def counts(reports: list[pytest.TestReport]) -> tuple[Counter[str], Counter[str]]:
    """The attempts by name, and those survived, of these reports of calls."""
    attempts: Counter[str] = Counter()
    survived: Counter[str] = Counter()
    for report in reports:
        calls: list[Any] = [value for key, value in report.user_properties if key == _PROPERTY]
        for number, (name, times) in enumerate(calls, 1):
            attempts[name] += times
            if not (report.failed and number == len(calls)):
                survived[name] += times
    return attempts, survived
