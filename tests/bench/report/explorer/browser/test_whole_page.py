"""The whole page: no request, no message, nothing that axe finds, narrow, dark, without script, with evil names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bench.report.page import write
from tests.bench.report.explorer.browser.opened_page import OpenedPage
from tests.bench.report.explorer.explored_runs import EVIL, long_run
from tests.bench.report.synthetic_run import fault, make_run, ok

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NARROW = {"width": 390, "height": 844}


def test_nothing_is_requested_and_the_console_stays_empty(small: OpenedPage) -> None:
    small.page.wait_for_load_state("networkidle")
    assert small.page.locator("#explore").is_visible()
    assert small.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, small_page: Path, scheme: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe: pip install -e .[browser]")
    with OpenedPage.of(browser, small_page, color_scheme=scheme, bypass_csp=True) as opened:
        for summary in opened.page.locator(".explorer summary").all():
            summary.click()
        opened.page.locator("#explore-over").focus()
        opened.page.keyboard.press("Home")
        found = axe.Axe().run(opened.page)
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("address", ["", "#explore?kind=heat", "#explore?facet=axis.kernel"])
def test_a_telephone_has_no_sideways_scroll(browser: Browser, small_page: Path, address: str) -> None:
    with OpenedPage.of(browser, small_page, address, viewport=NARROW) as opened:
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
        assert opened.drawn["targets"] > 0


def test_a_picture_follows_the_width_of_its_window(small: OpenedPage) -> None:
    small.page.set_viewport_size({"width": 500, "height": 800})
    small.wait_until("document.querySelector('#explore-base').clientWidth < 500")
    assert small.drawn["targets"] == 6


def test_names_that_are_markup_stay_text(browser: Browser, evil_page: Path) -> None:
    with OpenedPage.of(browser, evil_page, "#explore?kind=scatter&hold=0") as opened:
        assert opened.page.evaluate("document.scripts.length") == 2
        assert opened.page.locator("b").count() == 0
        assert EVIL in opened.column("implementation")
        opened.page.locator("#explore-over").focus()
        opened.page.keyboard.press("Home")
        assert EVIL in opened.case
        _, svg = opened.download(lambda: opened.page.get_by_role("button", name="SVG").click())
        assert "<script" not in svg.decode()
        _, text = opened.download(lambda: opened.page.get_by_role("button", name="CSV of these rows").click())
        assert "\n=1+1" not in text.decode()
        assert not re.search(r",=1\+1", text.decode())
        assert opened.complaints == []


def test_without_script_the_static_parts_are_the_page(browser: Browser, small_page: Path) -> None:
    with OpenedPage.of(browser, small_page, java_script_enabled=False) as opened:
        assert not opened.page.locator("#explore").is_visible()
        assert opened.page.locator("img").first.is_visible()
        assert "all 12 rows" in opened.page.locator("body").inner_text()


def test_print_has_the_static_parts_only(small: OpenedPage) -> None:
    small.page.emulate_media(media="print")
    assert not small.page.locator("#explore").is_visible()
    assert not small.page.locator("#rows").is_visible()
    assert small.page.locator("img").first.is_visible()


def test_dark_is_drawn_dark_and_changes_while_the_page_is_open(small: OpenedPage) -> None:
    assert small.drawn["ground"] == "#ffffff"
    small.page.emulate_media(color_scheme="dark")
    small.wait_until("!document.querySelector('#explore-over').dataset.drawn.includes('#ffffff')")


def test_no_animation_where_the_reader_wants_less_motion(browser: Browser, small_page: Path) -> None:
    with OpenedPage.of(browser, small_page, reduced_motion="reduce") as opened:
        assert opened.page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


@pytest.mark.parametrize(
    "run",
    [
        make_run([fault("a", "fft", "failed", "no memory", error_rms=None)]),
        make_run([ok("a", "torch", 1e-3, 1e-5)]),
        make_run([ok("a", "torch", 1e-3)], finished_utc=None),
    ],
    ids=["only failures", "one row", "unfinished"],
)
def test_little_is_shown_and_what_is_missing_is_said(browser: Browser, run: Any, tmp_path: Path) -> None:
    with OpenedPage.of(browser, write(run, tmp_path)) as opened:
        assert len(opened.column("implementation")) == 1
        assert opened.drawn["items"] > 0 or opened.page.locator("#explore-message").inner_text()
        assert opened.complaints == []


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.parametrize(("rows", "mode"), [(10_000, "points"), (21_000, "counts")])
def test_long_runs_open_and_redraw(browser: Browser, rows: int, mode: str, tmp_path: Path) -> None:
    file = write(long_run(rows), tmp_path)
    with OpenedPage.of(browser, file) as opened:
        assert opened.drawn["mode"] == mode
        assert opened.drawn["items"] > 0
        opened.control("y").select_option("gflops")
        assert opened.drawn["mode"] == mode
        if rows == 10_000:
            assert file.stat().st_size <= 8e6
            # A redraw takes 0.1 s on a quiet machine; this one also runs other tests.
            assert opened.drawn["ms"] < 500
        assert opened.complaints == []
