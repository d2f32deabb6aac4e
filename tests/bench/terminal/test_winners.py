"""The answer of a run in a terminal: it fits 80 columns, whatever the names."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cost import carbon
from bench.cost.rates import Rates
from bench.report.sections.study import Study
from bench.store.status import Flag
from bench.terminal import winners
from tests.bench.report.synthetic_run import bracketed, make_run, ok, points, whole_sweep


def test_only_a_terminal_gets_the_answer_of_a_report(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.store.runs.load", lambda folder, *given: whole_sweep())
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


def test_the_answer_ends_with_the_bracket_its_class_and_count(capsys: pytest.CaptureFixture[str]) -> None:
    row = ok("a", "torch", 1e-3, 1e-5)
    rates = Rates(carbon.own(500.0), price_per_kwh=0.2, currency="USD").as_dict()
    lines = _printed(Study.of(make_run([row], energy=[bracketed(row)], rates=rates)), capsys)
    assert max(map(len, lines)) <= 80
    said = " ".join(line.strip() for line in lines)
    assert said.endswith(
        "Energy is bracketed, not measured: 3.1–41 mJ a call of torch on a; a million "
        "such calls 0.43–5.7 g CO₂e and 0.00017–0.0023 USD of electricity (Forged servers, 20 machines)."
    )
    assert "bracketed" not in "\n".join(_printed(Study.of(make_run([row])), capsys))


LONG = "g144mb1ic144ih56iw57oc144oh28ow29kh3kw3sh2sw2ph1pw1"
LABELS = {
    "an axis": points({"kernel": "a-layer-with-a-name-as-long-as-those-that-frameworks-make-up"}),
    "a descriptor": (),
}


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("flags", [(), (Flag.NOISY,)], ids=["quiet", "busy"])
def test_the_names_of_cases_are_whole_and_many_ties_are_counted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int, kind: str, flags: tuple[Flag, ...]
) -> None:
    """A user copies the name of a case: it is never cut, and its words are on one line each."""
    monkeypatch.setenv("COLUMNS", str(width))
    more = {"points": LABELS[kind], "descriptor": LONG, "flags": flags}
    tied = [ok("a", n, 1e-3, 1e-4, **more) for n in ("implicit-gemm", "winograd-f2", "winograd-f4", "torch", "fft")]
    rows = [ok("a", "direct", 0.99e-3, 1e-4, **more), *tied]
    lines = _printed(Study.of(make_run(rows, axes={"kernel": ["3"]})), capsys)
    assert "…" not in "\n".join(lines)
    word = LONG if kind == "a descriptor" else "a-layer-with-a-name-as-long-as-those-that-frameworks-make-up"
    (row,) = (line for line in lines if word in line)
    assert not [line for line in lines if len(line) > width and line.strip() != word]
    assert flags or "torch, fft +3" in " ".join(lines)
    if width == 80:
        # On a line of its own, or with the word of its axis.
        assert row.removeprefix("kernel ") == word


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


def test_an_undecided_case_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [ok("a", "x", 1.0, 0.2), ok("a", "y", 1.3, 0.2)]
    lines = _printed(Study.of(make_run(rows)), capsys)
    (row,) = (line for line in lines if " 1.000 s " in line)
    assert [cell.strip() for cell in row.strip("│").split("│")][1:] == [
        "x",
        "1.000 s",
        "–",
        "undecided: within the noise",
    ]


def test_of_two_groups_only_the_busy_one_has_no_winner(capsys: pytest.CaptureFixture[str]) -> None:
    noisy = [ok("a", n, t, t / 100, flags=(Flag.NOISY,), threads=8) for n, t in (("x", 1e-3), ("y", 2e-3))]
    quiet = [ok("a", n, t, t / 100, threads=1) for n, t in (("x", 1e-3), ("y", 2e-3))]
    text = " ".join(" ".join(_printed(Study.of(make_run([*noisy, *quiet])), capsys)).split())
    assert "┃ case ┃ took the least ┃ time ┃" in text
    assert "┃ case ┃ use ┃ time ┃" in text
    assert "The machine was busy: 2 of 2 times are uncertain (disturbed, or with too wide an interval)." in text
    assert "No winner of cpu · fp32 · nchw · 8 threads is named." in text
    assert "Use x, 1.000 ms: it is fastest." in text
