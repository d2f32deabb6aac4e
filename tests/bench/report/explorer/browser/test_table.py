"""The table holds every row; it is sorted, searched, paged, has the columns wanted, and is handed out as CSV."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from bench.report.page import write
from tests.bench.report.explorer.browser.opened_page import OpenedPage
from tests.bench.report.explorer.explored_runs import long_run

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_every_row_is_there_with_its_command(small: OpenedPage) -> None:
    assert len(small.column("implementation")) == 12
    assert all(text.startswith("convcost measure") for text in small.column("measure again"))
    assert small.column("status").count("wrong") == 4


def test_a_head_sorts_in_both_directions_and_missing_values_are_last(small: OpenedPage) -> None:
    head = small.page.locator("#explore-table thead").get_by_role("button", name="time of a call")
    head.click()
    up = small.column("time of a call")
    assert up[-4:] == ["–"] * 4
    assert small.page.locator('[aria-sort="ascending"]').count() == 1
    head.press("Enter")
    assert small.column("time of a call") == [*reversed(up[:8]), *up[8:]]
    assert "sort=time_s" in small.address
    head.click()
    assert "sort" not in small.address


def test_search_finds_words_of_any_column(small: OpenedPage) -> None:
    search = small.page.get_by_role("searchbox")
    search.fill("TORCH kh5")
    small.wait_until("location.hash.includes('find=')")
    assert small.column("problem") == ["mb1ic64ih8oc64kh5"]
    search.fill("nothing has this")
    small.wait_until("location.hash.includes('nothing')")
    assert "No row" in small.page.locator("#explore-table .count").inner_text()


def test_columns_are_chosen_and_csv_has_them(small: OpenedPage) -> None:
    small.page.locator("#explore-table summary").click()
    boxes = small.page.get_by_role("group", name="columns of the table")
    boxes.get_by_label("rms error", exact=True).check()
    boxes.get_by_label("device", exact=True).uncheck()
    assert "device" not in small.page.locator("#explore-table thead").inner_text().split()
    _, text = small.download(lambda: small.page.get_by_role("button", name="CSV of these rows").click())
    rows = list(csv.DictReader(io.StringIO(text.decode())))
    assert len(rows) == 12
    assert "error_rms" in rows[0]
    assert "device" not in rows[0]
    assert {"energy_bracketed_low_j", "energy_bracketed_high_j"} <= set(rows[0])
    assert [row["time_s"] for row in rows if row["status"] == "wrong"] == [""] * 4


def test_the_kinds_of_energy_look_different(small: OpenedPage) -> None:
    def looks(kind: str) -> str:
        cells = small.page.locator(f"#explore-table .joules-{kind}")
        assert cells.count() == 1
        return str(cells.evaluate("cell => getComputedStyle(cell).color"))

    assert len({looks(kind) for kind in ("measured", "modelled", "bracketed")}) == 3


def test_pages(browser: Browser, tmp_path: Path) -> None:
    with OpenedPage.of(browser, write(long_run(120), tmp_path)) as opened:
        assert len(opened.column("implementation")) == 50
        opened.page.get_by_role("button", name="Last").click()
        assert len(opened.column("implementation")) == 20
        assert "page=3" in opened.address
        opened.page.get_by_label("rows a page").select_option("25")
        assert "page 1 of 5" in opened.page.locator("#explore-table .pages").inner_text()
        assert opened.complaints == []
