"""The tables of `convcost measure`: one screen of 80 × 24, every width, and one line for each reason without a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from bench.rows.ranking import rank
from bench.run.measure import Measured
from bench.store.schema import Row
from bench.store.status import Flag, Status
from bench.terminal import measure
from impls import registry
from tests.bench.energy.bracket.forged import BRACKET

ALL = registry.select(["*"])
CUDNN = "runs on cuda, not on cpu"


def row(name: str, time_s: float, **more: Any) -> Row:
    known: dict[str, Any] = {
        "descriptor": "mb1ic64ih56oc64kh3ph1",
        "threads": 2,
        "time_low_s": 0.99 * time_s,
        "time_high_s": 1.012 * time_s,
        "over_best": 1000 * time_s,
        "over_best_low": 998 * time_s if time_s > 1e-3 else 1.0,
        "over_best_high": 1002 * time_s if time_s > 1e-3 else 1.0,
        "direct_flops": 231_211_008,
        "workspace_bytes": 1_044_480,
        "peak_bytes": 2_000_000,
        "plan_s": 8.5e-3,
        "error_rms": 9.31e-7,
        "break_even_calls": 5,
        "break_even_first_time_calls": 1997,
    }
    return Row(implementation=name, time_s=time_s, **(known | more))


def unsupported(name: str, reason: str = CUDNN, **more: Any) -> Row:
    return Row(implementation=name, status=Status.UNSUPPORTED, reason=reason, threads=2, **more)


def all_rows(**more: Any) -> list[Row]:
    """Every implementation of a CPU, with the longest name that `auto` can have."""
    names = [n for n in ALL if n not in ("cudnn", "auto", "winograd-f4", "torch")]
    return [
        row("winograd-f4", 1e-3, **more),
        row("auto", 1.001e-3, delegate="implicit-gemm", **more),
        *(row(name, 1e-3 * 1.7**n, jit_s=4.5, **more) for n, name in enumerate(names, 1)),
        row("torch", 2.8e-3, **(more | {"break_even_calls": 1, "break_even_first_time_calls": 1})),
        unsupported("cudnn"),
    ]


def ordered(rows: Sequence[Row]) -> list[Row]:
    return [*rank(rows).timed, *(r for r in rows if r.time_s is None)]


def shown(
    capsys: pytest.CaptureFixture[str], *cases: Sequence[Row], wide: bool = False, between_runs: float | None = None
) -> list[str]:
    measure.show(Measured(tuple(map(ordered, cases)), ()), between_runs=between_runs, wide=wide)
    return capsys.readouterr().out.splitlines()


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.parametrize("state", ["quiet", "busy"])
def test_all_implementations_fit_a_screen(capsys: pytest.CaptureFixture[str], state: str) -> None:
    noisy: dict[str, Any] = {"flags": (Flag.NOISY, Flag.WIDE_INTERVAL), "time_low_s": None, "time_high_s": None}
    lines = shown(capsys, all_rows(**(noisy if state == "busy" else {})), between_runs=0.041)
    assert max(map(len, lines)) <= 80
    # The command itself and the next prompt are on the screen too.
    assert len(lines) <= 24
    table = [line for line in lines if "│" in line]
    assert len(table) == len(ALL) - 1
    assert all(line.split()[0] in ALL for line in table)
    assert lines[-1] == 'import impls; y = impls.conv2d(x, w, padding=1, implementation="winograd-f4")'


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize(("processes", "times"), [(1, 1), (3, 0), (None, 0)])
def test_the_interval_of_one_process_is_said_to_know_no_others(
    capsys: pytest.CaptureFixture[str], processes: int | None, times: int, wide: bool
) -> None:
    lines = shown(capsys, all_rows(processes=processes), all_rows(processes=processes), wide=wide)
    assert lines.count("One process: its interval leaves out how much processes differ.") == times


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize(
    ("between_runs", "line"),
    [
        (0.0412, "95 % of rows repeat within 4.1 % (convcost qualify); a slow phase moves all."),
        (None, "How well rows repeat here: convcost qualify --quick. A slow phase moves all."),
    ],
)
def test_one_line_says_how_far_rows_repeat(
    capsys: pytest.CaptureFixture[str], between_runs: float | None, line: str, wide: bool
) -> None:
    lines = shown(capsys, all_rows(), all_rows(), wide=wide, between_runs=between_runs)
    assert lines.count(line) == 1
    assert line not in shown(capsys, [unsupported("cudnn")], between_runs=between_runs)
    # A busy machine has a sentence of its own.
    assert line not in shown(capsys, all_rows(flags=(Flag.NOISY,)), wide=wide, between_runs=between_runs)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("width", ["40", "80", "120", "200", ""])
def test_every_width_is_readable(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: str, wide: bool
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    rows = all_rows()
    lines = shown(capsys, rows, wide=wide)
    if width:
        assert max(map(len, lines)) <= int(width)
    for name in ALL:
        assert any(name in line for line in lines)
    # Cells are whole.
    for time in ("1.000 ms", "2.800 ms"):
        assert any(time in line for line in lines)
    tables = sum("━╇" in line for line in lines)
    if width == "200" or (not wide and width != "40"):
        assert tables == 1


@pytest.mark.parametrize("wide", [False, True])
def test_without_a_sensor_the_energy_of_the_one_to_use_is_a_range_with_its_class(
    capsys: pytest.CaptureFixture[str], wide: bool
) -> None:
    said = "Energy of a: 3.1–41 mJ a call, bracketed (Forged servers, 20 machines)."
    for rows, times in (([row("a", 1e-3), row("b", 2e-3)], 1), ([row("a", 1e-3, device="cuda", threads=None)], 0)):
        measure.show(Measured((ordered(rows),), (), BRACKET), wide=wide)
        assert capsys.readouterr().out.splitlines().count(said) == times
    assert not any("bracketed" in line for line in shown(capsys, [row("a", 1e-3)], wide=wide))


def test_a_row_has_its_time_its_ratio_and_one_note(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        row("a", 1e-3),
        row("b", 1.05e-3, over_best_low=0.99),
        row("c", 2e-3, jit_s=4.5),
        row("d", 3e-3, break_even_calls=1),
        row("e", 4e-3, flags=(Flag.NOISY,), jit_s=4.5),
        row("f", 5e-3, flags=(Flag.ONE_SAMPLE, Flag.FEW_BLOCKS), time_low_s=None, time_high_s=None),
        row("g", 6e-3, flags=(Flag.IMPOSSIBLE, Flag.NOISY)),
        row("h", 7e-3, flags=(Flag.WIDE_INTERVAL,), jit_s=0.1),
        row("i", 1.07e-3, over_best_low=0.97, over_best_high=1.17, flags=(Flag.WIDE_RATIO,)),
        row("j", 1.4e-3, over_best_low=1.3, over_best_high=1.5, flags=(Flag.WIDE_RATIO,), jit_s=4.5),
        row("k", 8e-3, over_best=None, over_best_low=None, over_best_high=None, flags=(Flag.WIDE_RATIO,)),
    ]
    title, *lines = shown(capsys, rows)
    assert title == "mb1ic64ih56oc64kh3ph1, fp32, nchw, cpu (2 threads), warm caches; more: --wide"
    cells = [[cell.strip() for cell in line.split("│")] for line in lines if "│" in line]
    assert cells == [
        ["a", "1.000 ms ± 1.2 %", "1.00×", ""],
        ["b", "1.050 ms ± 1.2 %", "1.05×", "tied with the best"],
        ["i", "1.070 ms ± 1.2 %", "1.07×", "tied, ratio ± 9.3 %"],
        ["j", "1.400 ms ± 1.2 %", "1.40×", "ratio ± 7.1 %"],
        ["c", "2.000 ms ± 1.2 %", "2.00×", "compiled once: 4.5 s"],
        ["d", "3.000 ms ± 1.2 %", "3.00×", "least plan + first call"],
        ["e", "4.000 ms ± 1.2 %", "4.00×", "noisy"],
        ["f", "5.000 ms", "5.00×", "one sample"],
        ["g", "6.000 ms ± 1.2 %", "6.00×", "faster than possible"],
        ["h", "7.000 ms ± 1.2 %", "7.00×", ""],
        ["k", "8.000 ms ± 1.2 %", "8.00×", "too wide a ratio"],
    ]


@pytest.mark.parametrize(
    ("more", "start"),
    [
        ({"bias": True}, "mb1ic64ih56oc64kh3ph1 with bias, fp32, nchw, cpu (2 threads), warm caches"),
        ({"threads": 1, "cache": "cold"}, "mb1ic64ih56oc64kh3ph1, fp32, nchw, cpu (1 thread), cold caches"),
        ({"threads": None, "device": "cuda"}, "mb1ic64ih56oc64kh3ph1, fp32, nchw, cuda (GPU), warm caches"),
    ],
)
def test_the_title_names_the_case(capsys: pytest.CaptureFixture[str], more: dict[str, Any], start: str) -> None:
    assert " ".join(shown(capsys, [row("a", 1e-3, **more)])).startswith(start)


def test_the_wide_table_has_both_break_even_numbers(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    rows = [
        row("a", 1e-3, flags=(Flag.NOISY, Flag.WIDE_INTERVAL)),
        row("b", 2e-3, break_even_first_time_calls=None),
        row("c", 3e-3, break_even_calls=None, break_even_first_time_calls=None),
        row("d", 2.5e-3, break_even_calls=1, break_even_first_time_calls=1),
    ]
    lines = shown(capsys, rows, wide=True)
    legend = " ".join(lines)
    for word in ("Workspace: ", "Peak: ", "Pays from: ", "First time: ", "never: ", "–: "):
        assert legend.count(word) == 1
    cells = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines if line.startswith("│")]
    assert [line[-3:] for line in cells] == [
        ["5 calls", "1,997 calls", "noisy, wide-interval"],
        # All code was compiled before: the first time is unknown.
        ["5 calls", "–", ""],
        ["1 call", "1 call", ""],
        ["never", "never", ""],
    ]


def test_an_unknown_starter_of_the_first_time_leaves_no_never(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    rows = [
        row("a", 1e-3, break_even_calls=1, break_even_first_time_calls=None),
        row("b", 2e-3, break_even_calls=None, break_even_first_time_calls=None),
    ]
    lines = [line for line in shown(capsys, rows, wide=True) if line.startswith("│")]
    assert [cell.strip() for cell in lines[-1].strip("│").split("│")][-2:] == ["never", "–"]


def test_a_library_that_hides_its_flops_has_no_share_of_the_roofline(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [row("a", 1e-3, roofline_fraction=0.125, peak_fraction=1.5), row("b", 2e-3, peak_fraction=0.75)]
    out = "\n".join(shown(capsys, rows, wide=True))
    assert all(share in out for share in ("12 %", "150 %", "75 %"))
    assert "over 100 % where fewer are executed" in " ".join(out.split())
    assert "≥" not in out


def test_thirty_unsupported_rows_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"mine-{n}" for n in range(30)]
    case = [row("a", 1e-3), *(unsupported(name) for name in names)]
    lines = shown(capsys, case)
    assert "".join(lines).count(CUDNN) == 1
    assert " ".join(" ".join(lines).split()).count(f"unsupported: {', '.join(names)} ({CUDNN})") == 1


def test_a_reason_shared_by_several_cases_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    first = [row("a", 1e-3), unsupported("x"), unsupported("y"), unsupported("z", "no fp16")]
    second = [row("a", 1e-3, precision="fp16"), unsupported("x"), unsupported("y"), row("z", 2e-3, precision="fp16")]
    crashed = Row(implementation="b", status=Status.CRASHED, reason="signal 11", threads=2)
    lines = shown(capsys, [*first, crashed], second)
    assert [line for line in lines if line.startswith(("unsupported", "crashed"))] == [
        f"unsupported: x, y ({CUDNN})",
        "unsupported for fp32 nchw cpu: z (no fp16)",
        "crashed for fp32 nchw cpu: b (signal 11)",
    ]


def test_a_case_without_a_time_has_no_table(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = Row(implementation="a", status=Status.WRONG, reason="error 3 times its bound")
    assert shown(capsys, [wrong, unsupported("b")]) == [
        "wrong: a (error 3 times its bound)",
        f"unsupported: b ({CUDNN})",
    ]


@pytest.mark.parametrize(("time_s", "is_said"), [(1.2e-3, True), (2.0e-3, False)])
def test_a_ratio_far_from_that_of_the_times_is_explained(
    capsys: pytest.CaptureFixture[str], time_s: float, is_said: bool
) -> None:
    best = row("direct", 1.0e-3, over_best=1.0, over_best_low=1.0, over_best_high=1.0)
    other = row("onednn", time_s, over_best=2.0, over_best_low=1.9, over_best_high=2.1)
    out = " ".join(shown(capsys, [best, other]))
    assert ("Ratios compare calls side by side" in out) is is_said
