"""The explorer draws what is chosen, keeps it in the address, shows cases, and hands out files."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from tests.bench.report.explorer.browser.opened_page import OpenedPage

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_the_first_picture_is_time_over_the_longest_axis(small: OpenedPage) -> None:
    expected = {"mode": "points", "items": 6, "targets": 6, "series": ["onednn", "torch"], "panels": 1}
    assert small.drawn | expected == small.drawn
    assert small.control("x").input_value() == "axis.kernel"
    assert small.control("y").input_value() == "time_s"


def test_rows_off_the_baseline_come_when_asked_for(small: OpenedPage) -> None:
    small.control("hold").uncheck()
    assert small.drawn["items"] == 8


@pytest.mark.parametrize(
    ("choice", "drawn"),
    [
        ({"x": "axis.channels"}, {"mode": "points", "items": 4}),
        ({"y": "gflops"}, {"items": 6}),
        ({"colour": "axis.kernel"}, {"series": ["1", "3", "5"]}),
        ({"facet": "axis.kernel"}, {"panels": 3}),
        ({"kind": "scatter"}, {"mode": "points", "items": 6}),
        ({"kind": "heat"}, {"mode": "cells", "items": 6}),
        ({"y": "energy_measured_j"}, {"items": 1}),
        ({"y": "energy_bracketed_j"}, {"items": 1, "targets": 1}),
    ],
)
def test_a_choice_changes_the_picture_and_the_address_restores_it(
    small: OpenedPage, choice: dict[str, str], drawn: dict[str, object]
) -> None:
    before = small.page.locator("#explore-base").screenshot()
    for name, value in choice.items():
        small.control(name).select_option(value)
    after = small.drawn
    if "colour" in choice:
        after["series"] = [str(name) for name in after["series"]]
    assert after | drawn == after
    assert small.page.locator("#explore-base").screenshot() != before
    assert all(f"{name}={value}" in small.address for name, value in choice.items())
    address = small.address
    small.page.goto("about:blank")
    small.page.goto(small.file.as_uri() + address)
    assert small.drawn | {"ms": 0, "series": 0} == after | {"ms": 0, "series": 0}
    assert small.address == address


def test_an_address_with_words_that_mean_nothing_is_the_first_view(browser: Browser, small_page: Path) -> None:
    address = "#explore?x=nothing&y=time_low_s&kind=pie&zoom=1,a&page=-3&size=7&only.nothing=1&col=nothing"
    with OpenedPage.of(browser, small_page, address) as opened:
        assert opened.drawn["items"] == 6
        assert opened.control("kind").input_value() == "line"
        assert opened.complaints == []


def test_filters_hold_for_picture_and_table(small: OpenedPage) -> None:
    small.page.locator("#explore-filters summary", has_text=re.compile("^implementation$")).click()
    small.page.get_by_role("group", name="implementation").get_by_label("torch").check()
    small.page.get_by_role("group", name="implementation").get_by_label("fft").uncheck()
    small.page.get_by_role("group", name="implementation").get_by_label("onednn").uncheck()
    assert small.drawn["series"] == ["torch"]
    assert set(small.column("implementation")) == {"torch"}
    assert "only.implementation=torch" in small.address
    small.page.get_by_role("button", name="all of implementation").click()
    assert small.drawn["items"] == 6


def test_hover_shows_the_case_and_its_command(small: OpenedPage) -> None:
    canvas = small.page.locator("#explore-over")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    assert "convcost measure" not in small.case
    # Along the right edge, from the top: the first point there is the slowest.
    for y in range(40, int(box["height"]) - 60, 10):
        small.page.mouse.move(box["x"] + box["width"] - 50, box["y"] + y)
        if "convcost measure" in small.case:
            break
    assert "convcost measure mb1ic64ih8oc64kh5 -i torch" in small.case
    assert "1.000 ms (999.0 µs to 1.001 ms)" in small.case


def test_keys_show_the_case_and_its_command(small: OpenedPage) -> None:
    small.page.locator("#explore-over").focus()
    small.page.keyboard.press("Home")
    assert "convcost measure mb1ic64ih8oc64kh1 -i onednn" in small.case
    small.page.keyboard.press("ArrowRight")
    assert "kh3" in small.case
    small.page.keyboard.press("ArrowUp")
    assert "kh3 -i torch" in small.case
    small.page.keyboard.press("End")
    assert "convcost measure mb1ic64ih8oc64kh5 -i torch" in small.case


def test_arrow_keys_reach_every_point(small: OpenedPage) -> None:
    small.page.locator("#explore-over").focus()
    seen = set()
    for _ in range(6):
        small.page.keyboard.press("ArrowRight")
        found = re.search(r"convcost measure \S+ -i \S+", small.case)
        seen.add(found and found[0])
    assert len(seen) == 6
    assert "time of a call" in small.page.locator("#explore-said").inner_text()


def test_zoom_by_keys_by_a_frame_and_back(small: OpenedPage) -> None:
    canvas = small.page.locator("#explore-over")
    canvas.focus()
    small.page.keyboard.press("+")
    assert "zoom=" in small.address
    small.page.keyboard.press("0")
    assert "zoom=" not in small.address
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    small.page.mouse.move(box["x"] + 120, box["y"] + 60)
    small.page.mouse.down()
    small.page.mouse.move(box["x"] + 400, box["y"] + 300, steps=4)
    small.page.mouse.up()
    assert "zoom=" in small.address
    assert small.drawn["targets"] < 6
    small.page.get_by_role("button", name="Whole").click()
    assert small.drawn["targets"] == 6


def test_kinds_of_energy_share_no_series_and_no_colour(small: OpenedPage) -> None:
    colours = {}
    for kind in ("measured", "modelled", "bracketed"):
        small.control("y").select_option(f"energy_{kind}_j")
        _, svg = small.download(lambda: small.page.get_by_role("button", name="SVG").click())
        marks = re.findall(r'<(?:polygon|circle|polyline)[^>]*stroke="([^"]+)"[^>]*>', svg.decode())
        fills = re.findall(r'<(?:polygon|circle)[^>]*fill="([^"]+)"', svg.decode())
        colours[kind] = {colour for colour in (*marks, *fills) if colour.startswith("rgb")}
        assert colours[kind]
    assert not colours["measured"] & colours["modelled"]
    assert not colours["modelled"] & colours["bracketed"]
    assert not colours["measured"] & colours["bracketed"]
    small.control("x").select_option("energy_modelled_j")
    assert small.drawn["items"] == 0
    assert "one kind of energy" in small.page.locator("#explore-message").inner_text()


def test_downloads_of_picture_and_points(small: OpenedPage) -> None:
    name, svg = small.download(lambda: small.page.get_by_role("button", name="SVG").click())
    assert name == "synthetic-time_s-over-axis.kernel.svg"
    root = ElementTree.fromstring(svg)
    assert root.tag.endswith("svg")
    assert len(root.findall(".//{*}polygon")) + len(root.findall(".//{*}circle")) == 6 + 2
    name, png = small.download(lambda: small.page.get_by_role("button", name="PNG").click())
    assert name.endswith(".png")
    assert png.startswith(b"\x89PNG")
    name, text = small.download(lambda: small.page.get_by_role("button", name="CSV of these points").click())
    rows = list(csv.DictReader(io.StringIO(text.decode())))
    assert len(rows) == 6
    assert {row["kernel"] for row in rows} == {"1", "3", "5"}
    assert all(float(row["time_low_s"]) < float(row["time_s"]) < float(row["time_high_s"]) for row in rows)
    assert all(row["command"].startswith("convcost measure") for row in rows)
