"""A real browser for the tests of the page; without Playwright or Chromium they are skipped."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.report.page import write
from tests.bench.report.explorer.browser.opened_page import OpenedPage
from tests.bench.report.explorer.explored_runs import evil_run, small_run

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def program() -> str | None:
    """The path of Chromium or Chrome; None without one."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium of the system, closed after each file.

    The gate looks for child processes at work: one of another test's browser would be blamed on what is timed there.
    """
    api = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install -e .[browser]")
    found = program()
    if found is None:
        pytest.skip("no Chromium to open pages in: apt-get install chromium")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def small_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(small_run(), tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def evil_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(evil_run(), tmp_path_factory.mktemp("evil"))


@pytest.fixture
def small(browser: Browser, small_page: Path) -> Iterator[OpenedPage]:
    """The page of the small run; what it asks the network for, or writes to the console, fails the test."""
    with OpenedPage.of(browser, small_page) as opened:
        yield opened
        assert opened.complaints == []
