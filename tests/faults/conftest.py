"""The suite of faults, `nox -s faults`: every test breaks something on purpose, and the session counts the attempts.

A test calls `tried("name")` before each attempt, or `tried("name", times)` before many. At the end of the session a
table has a line for each name: the attempts, and how many of them were survived. A failed test stops at its first
attempt that was not survived, so its last call counts as not survived, and all earlier ones as survived.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Tried = Callable[..., None]
_PROPERTY = "tried"
_HERE = Path(__file__).parent


@pytest.fixture
def tried(request: pytest.FixtureRequest) -> Tried:
    """Count attempts to break something: tried(name: str, times: int = 1) -> None."""

    def count(name: str, times: int = 1) -> None:
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
    width = max(map(len, attempts))
    terminalreporter.write_line(f"{'':{width}}  attempts  survived")
    for name in sorted(attempts):
        terminalreporter.write_line(f"{name:{width}}  {attempts[name]:8,}  {survived[name]:8,}")
    total, kept = sum(attempts.values()), sum(survived.values())
    terminalreporter.write_line(f"{'all':{width}}  {total:8,}  {kept:8,}")


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
