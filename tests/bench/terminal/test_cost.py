"""The cost of a year in a terminal: whole tables and names at any width, then the paragraph to paste."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cost.rates import Rates
from bench.report.year_costs import of_loaded
from bench.terminal import cost
from tests.bench.report.sections.energy_section import FAST, RATES
from tests.bench.report.synthetic_run import bracketed, make_run, ok, points, whole_sweep, without

FOLDER = Path("results") / "run"


@pytest.mark.parametrize("width", [40, 80, 120])
def test_tables_fit_and_the_paragraph_comes_last(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    other = ok("c", "winograd-f4", 2e-3, 1e-5)
    run = make_run([FAST, other], energy=[bracketed(FAST), without(other, "left out")], rates=RATES)
    cost.show(of_loaded(run, FOLDER, 1e6))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    said = " ".join(line.strip() for line in lines)
    assert said.endswith("Not included: idle time between calls, and the making of the hardware.")
    assert said.index("bracketed, not measured (Forged servers, 20 machines)") < said.index("without joules")
    for text in ("0.31–4.1", "0.16–2.1", "203 (201–205)", "left out"):
        assert text in said


def test_a_file_gets_one_table_of_each_kind(capsys: pytest.CaptureFixture[str]) -> None:
    cost.show(of_loaded(make_run([FAST], energy=[bracketed(FAST)], rates=RATES), FOLDER, 1e6))
    out = capsys.readouterr().out
    assert out.startswith(
        "A year of 1,000,000 calls a day of each case, cpu · fp32 · nchw · 2 threads: bracketed, not measured (Forged "
        "servers, 20 machines)\n"
    )
    (row,) = (line for line in out.splitlines() if "onednn" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")][:4] == ["baseline", "onednn", "1.000 ms", "0.31–4.1"]


def test_without_rates_the_options_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    cost.show(of_loaded(make_run([FAST], energy=[bracketed(FAST)], rates=Rates().as_dict()), FOLDER, 1e6))
    assert "The options for them are --grid or --g-per-kwh" in capsys.readouterr().out


def test_the_rest_of_many_lines_is_left_to_the_json(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [ok(str(n), "fft", 1e-3, 1e-5, points=points({"kernel": str(n)})) for n in range(1, 120)]
    run = make_run(rows, axes={"kernel": list(map(str, range(1, 120)))}, energy=[bracketed(row) for row in rows])
    cost.show(of_loaded(run, FOLDER, 1e6))
    out = capsys.readouterr().out
    assert "The first 100 of 119 lines; --json has all." in out
    assert ("kernel 100 " in out, "kernel 101 " in out) == (True, False)


def test_a_whole_sweep_without_joules_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    cost.show(of_loaded(whole_sweep(), FOLDER, 1e6, every=True))
    assert "not recorded" in capsys.readouterr().out


def test_latex_is_printed_alone(capsys: pytest.CaptureFixture[str]) -> None:
    cost.show_latex(of_loaded(make_run([FAST], energy=[bracketed(FAST)]), FOLDER, 1e6))
    out = capsys.readouterr().out
    assert out.startswith("\\begin{table}\n")
    assert out.endswith("\\end{table}\n")
