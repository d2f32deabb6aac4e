"""The page of a history: series that step first, each step with what changed, and a page without any step."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.compare.history import history as searching
from bench.compare.history.history import History, HistoryStep
from bench.compare.history.timeline import read
from bench.report.histories import page
from bench.report.histories.panels import EVERY, goes_with, panels
from tests.bench.compare.history.forged_runs import logs, write_all
from tests.bench.report.histories.made_history import EVIL, NAMES, made, stepped_history
from tests.bench.report.opened import checked


@pytest.fixture(scope="module")
def stepped(tmp_path_factory: pytest.TempPathFactory) -> History:
    return stepped_history(tmp_path_factory.mktemp("runs"))


def _data(found: History, number: int) -> tuple[Any, ...]:
    gallery: Any = next(part for part in page.sections(found, panels(found)) if part.anchor == "series").blocks[0]
    return tuple(gallery.images[number].drawing.data.rows)


def test_series_that_step_are_drawn_first_with_their_steps(stepped: History) -> None:
    drawn = panels(stepped)
    assert [one.name for one in drawn[:3]] == [NAMES[5], NAMES[2], EVERY]
    assert [[at for at, _ in one.steps] for one in drawn[:3]] == [[14], [10], []]
    # Every other implementation has one panel, of its rows without a step.
    assert sorted(one.name for one in drawn[3:]) == sorted(set(NAMES) - {NAMES[2], NAMES[5]})
    rows = _data(stepped, 1)
    assert [row[3] for row in rows if row[3] is not None] == [1.3]
    assert rows[10][0] == "2026-01-11"
    before, after = (np.mean([math.log(row[1]) for row in part]) for part in (rows[:10], rows[10:]))
    assert after - before == pytest.approx(math.log(1.3), abs=0.03)
    # The raw time has what all rows share in it.
    assert stepped.levels is not None
    assert rows[3][2] / rows[3][1] == pytest.approx(math.exp(stepped.levels[3]))


def test_the_page_begins_with_the_newest_step_and_what_came_with_it(stepped: History, tmp_path: Path) -> None:
    text = checked(page.write(stepped, tmp_path / "new" / "history.html"))
    said = "2 steps in 12 rows of 20 runs; the newest is impl05 on k, −17 % (−18 % to −15 %) since 2026-01-15."
    assert text.index(said) < text.index("commit aaaaaaaaaa → bbbbbbbbbb+changes") < text.index("<img")
    assert "&lt;script&gt;" in text
    assert text.count("<img") == 2 + 13
    assert "2 of 13 panels have a step." in text


def test_a_step_of_all_rows_is_the_first_panel(stepped: History) -> None:
    old, new = stepped.timeline.runs[6], stepped.timeline.runs[7]
    step = HistoryStep(None, None, 1.1, 1.05, 1.15, 1e-5, old.path, new.path, new.created_utc, ())
    found = replace(stepped, steps=(*stepped.steps, step))
    drawn = panels(found)
    assert (drawn[0].name, drawn[0].steps) == (EVERY, ((7, step),))
    assert goes_with(step) == "nothing that runs record"
    assert page.headline(replace(found, steps=(step,))) == (
        "1 step in 12 rows of 20 runs; it is all rows together, +10 % (+5.0 % to +15 %) since 2026-01-08."
    )


def test_no_step_is_an_answer(tmp_path: Path) -> None:
    found = made(tmp_path / "runs", logs(np.random.default_rng(9), 8, len(NAMES)), NAMES)
    text = checked(page.write(found, tmp_path / "history.html"))
    assert "No step in 12 rows of 8 runs." in text
    assert 'id="steps"' not in text
    assert panels(found)[0].name == EVERY


@pytest.mark.parametrize("steps", [(), ((4, "x", 1.5),)])
def test_one_row_has_a_page(tmp_path: Path, steps: tuple[tuple[int, str, float], ...]) -> None:
    table = logs(np.random.default_rng(1), 8, 1)
    table[4:] += math.log(1.5) * bool(steps)
    found = made(tmp_path / "runs", table, ["x"], *steps)
    text = checked(page.write(found, tmp_path / "history.html"))
    assert "too few rows to share anything" in text
    assert [(one.name, len(one.steps)) for one in panels(found)] == [("x", len(steps))]
    assert ("1 step in 1 row of 8 runs; it is x on k, +50 %" in text) == bool(steps)


def test_missing_times_are_missing(tmp_path: Path) -> None:
    names = [EVIL, "y"]
    table = logs(np.random.default_rng(2), 8, 2)
    found = made(tmp_path / "runs", table, names, (5, EVIL, 1.2))
    found.timeline.logs[2, 0] = math.nan
    found.timeline.logs[:, 1] = math.nan
    found.timeline.logs[3, 1] = 0.0
    checked(page.write(found, tmp_path / "history.html"))
    assert [row[1] is None for row in _data(found, 0)] == [n == 2 for n in range(8)]
    assert [row[1] for row in _data(found, 1)] == [None, None, None, 1.0, None, None, None, None]


def test_runs_left_out_and_other_machines_are_said(stepped: History, tmp_path: Path) -> None:
    timeline = replace(stepped.timeline, left_out=("results/x is a side of a duet",), others={"Other CPU": 2})
    text = checked(page.write(replace(stepped, timeline=timeline), tmp_path / "history.html"))
    assert "What this history leaves out" in text
    assert "Left out: results/x is a side of a duet." in text
    assert "2 runs of another machine: Other CPU." in text


def test_the_search_gives_the_steps_of_the_page(tmp_path: Path) -> None:
    pytest.importorskip("ruptures", reason="ruptures is not installed: pip install ruptures")
    table = logs(np.random.default_rng(8), 20, len(NAMES))
    table[10:, 2] += math.log(1.3)
    found = searching.of_timeline(read(write_all(tmp_path, table, NAMES)))
    assert [(one.name, len(one.steps)) for one in panels(found)[:2]] == [(NAMES[2], 1), (EVERY, 0)]
