"""The answer of a run in a terminal: it fits 80 columns, whatever the names."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.report.sections.study import Study
from bench.store.status import Flag
from bench.terminal import winners
from tests.bench.report.synthetic_run import make_run, ok, points, whole_sweep


def test_only_a_terminal_gets_the_answer_of_a_report(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.store.runs.load", lambda folder: whole_sweep())
    winners.show_in_terminal(Path("results/run"))
    assert capsys.readouterr().out == ""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    winners.show_in_terminal(Path("results/run"))
    assert "How sure: " in capsys.readouterr().out


@pytest.fixture(autouse=True)
def _usual_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def _printed(study: Study, capsys: pytest.CaptureFixture[str]) -> list[str]:
    winners.show(study)
    return capsys.readouterr().out.splitlines()


def test_each_group_has_a_table_and_all_lines_fit_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    lines = _printed(Study.of(whole_sweep()), capsys)
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    assert "cpu · fp32 · nchw · 2 threads" in text
    assert "cuda · fp32 · nchw" in text
    for column in ("case", "use", "time", "torch takes", "tied with"):
        assert f" {column} " in text
    (row,) = (line for line in lines if "channels 256" in line and "winograd-f4" in line)
    assert "1.07×" in row


def test_long_labels_and_many_ties_are_cut(capsys: pytest.CaptureFixture[str]) -> None:
    name = "a-layer-with-a-name-as-long-as-those-that-frameworks-make-up"
    place = {"points": points({"kernel": name})}
    tied = [ok("a", n, 1e-3, 1e-4, **place) for n in ("implicit-gemm", "winograd-f2", "winograd-f4", "torch", "fft")]
    rows = [ok("a", "direct", 0.99e-3, 1e-4, **place), *tied]
    lines = _printed(Study.of(make_run(rows, axes={"kernel": ["3"]})), capsys)
    assert max(map(len, lines)) <= 80
    (row,) = (line for line in lines if "kernel a-layer" in line)
    assert "…" in row
    assert "│ torch, fft +3 │" in row


def test_the_rest_of_many_cases_is_left_to_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [ok(str(n), "fft", 1e-3, 1e-5, points=points({"kernel": str(n)})) for n in range(1, 100)]
    lines = _printed(Study.of(make_run(rows, axes={"kernel": list(map(str, range(1, 100)))})), capsys)
    assert len(lines) < 60
    assert "59 more cases of cpu · fp32 · nchw · 2 threads: see the report" in lines


def test_on_a_busy_machine_the_table_has_what_took_the_least_and_no_winner(capsys: pytest.CaptureFixture[str]) -> None:
    """The least time of all, not of those that happen to have an interval."""
    noisy = {"flags": [Flag.NOISY], "points": points({"kernel": "3"})}
    wild = {**noisy, "time_low_s": None, "time_high_s": None}
    rows = [ok("a", "direct", 4e-3, 1e-4, **noisy), ok("a", "fft", 2e-3, 1e-4, **wild)]
    lines = _printed(Study.of(make_run(rows, axes={"kernel": ["3"]})), capsys)
    (header,) = (line for line in lines if " case " in line)
    assert [name.strip() for name in header.strip("┃").split("┃")] == ["case", "took the least", "time"]
    (row,) = (line for line in lines if " ms " in line)
    assert " fft " in row
    assert " 2.000 ms " in row
    assert "No winner is named." in " ".join(" ".join(lines).split())
