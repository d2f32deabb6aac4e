"""`convcost history`: a sentence and a table of steps, the newest first, or one sentence on too little."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.bench.commands.running import Run
from tests.bench.compare.history.forged_runs import logs, write, write_all

NAMES = [f"impl{n:02}" for n in range(12)]


def test_steps_are_a_table_with_what_changed(convcost: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ruptures", reason="ruptures is not installed: pip install ruptures")
    monkeypatch.setenv("COLUMNS", "200")
    table = logs(np.random.default_rng(8), 20, len(NAMES))
    table[10:, 2] += np.log(1.3)
    write_all(here / "results", table, NAMES, 10, commit="b" * 40)
    write(here / "results", 27, {"x": 1.0}, threads=16)
    done = convcost("history", "--machine", "2 threads")
    assert (done.code, done.err) == (0, "")
    first, *rest = done.out.splitlines()
    assert first == "Example CPU, 8 cores, 2 threads: 1 step in 12 rows of 20 runs, 2026-01-01 to 2026-01-20"
    assert "2026-01-11 12:00" in done.out
    assert "commit unknown → bbbbbbbbbb" in done.out
    assert rest[-1] == "1 run of another machine: --machine 'Example CPU, 8 cores, 16 threads'"
    paged = convcost("history", "--machine", "2 threads", "--json", "--page", "page.html")
    assert paged.err == "page: page.html\n"
    assert "1 step in 12 rows of 20 runs; it is impl02 on k" in (here / "page.html").read_text(encoding="utf-8")
    data = paged.json
    assert [step["implementation"] for step in data["steps"]] == ["impl02"]


def test_no_step_is_a_sentence(convcost: Run, here: Path) -> None:
    pytest.importorskip("ruptures", reason="ruptures is not installed: pip install ruptures")
    write_all(here / "results", logs(np.random.default_rng(9), 20, len(NAMES)), NAMES)
    done = convcost("history")
    assert done.out == ("Example CPU, 8 cores, 2 threads: no step in 12 rows of 20 runs, 2026-01-01 to 2026-01-20\n")


def test_too_few_runs_are_a_usage_error(convcost: Run, here: Path) -> None:
    write(here / "results", 1, {"x": 1.0})
    done = convcost("history")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("convcost: there is 1 run of Example CPU")
