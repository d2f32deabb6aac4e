"""Pages of a comparison, a history and a study in a browser: no request, no script, nothing that axe finds, narrow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bench.compare.comparison import ComparisonTerms, compare_folders
from bench.report.changes import page as changes
from bench.report.changes.told import ToldChanges
from bench.report.flops_study import page as flops_study
from bench.report.flops_study.origin import StudyOrigin
from bench.report.histories import page as histories
from tests.bench.compare.made_runs import CASES, ENVIRONMENT, slower, write_run
from tests.bench.predict.study import made_study
from tests.bench.report.explorer.browser.opened_page import OpenedPage
from tests.bench.report.histories.made_history import stepped_history

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NARROW = {"width": 390, "height": 844}
PAGES = ("changes.html", "history.html", "study.html")
EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pages")
    new = write_run(made, 2, factor=slower("direct", 1.3, CASES[0]), environment=ENVIRONMENT | {"torch": EVIL})
    found = compare_folders([write_run(made, 1)], [new], ComparisonTerms(across=("torch",)))
    changes.write(found, ToldChanges.of_runs(found, 1), made / PAGES[0])
    histories.write(stepped_history(made / "runs"), made / PAGES[1])
    run = made_study.write(made, {"torch": made_study.by_place}, joules=10.0, cpu=EVIL)
    with pytest.MonkeyPatch.context() as patch:
        # Fits take seconds, and the page has the same parts without them.
        patch.setattr("bench.predict.study.measures._left_out", lambda predictor, table: None)
        flops_study.write(flops_study.results_of([run]), StudyOrigin.of([run]), made / PAGES[2])
    return made


@pytest.mark.sample(every=2)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(browser: Browser, folder: Path, name: str, scheme: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe: pip install -e .[browser]")
    with OpenedPage.of(browser, folder / name, color_scheme=scheme, bypass_csp=True) as opened:
        for summary in opened.page.locator("summary").all():
            summary.click()
        found = axe.Axe().run(opened.page)
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("name", PAGES)
def test_a_telephone_shows_all_without_sideways_scroll_and_without_script(
    browser: Browser, folder: Path, name: str
) -> None:
    with OpenedPage.of(browser, folder / name, viewport=NARROW, java_script_enabled=False) as opened:
        assert opened.page.locator("img.narrow").is_visible()
        assert not opened.page.locator("img.wide").is_visible()
    with OpenedPage.of(browser, folder / name, viewport=NARROW) as opened:
        opened.page.wait_for_load_state("networkidle")
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
        assert opened.page.evaluate("document.scripts.length") == 0
        assert EVIL in opened.page.locator("body").inner_text()
        assert opened.complaints == []
        opened.page.emulate_media(media="print")
        assert not opened.page.locator("nav").is_visible()
