"""Every table of the terminal at every width: no line is wider, and no word is broken."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench import cli
from bench.calibration.value import FMA, Calibration, Level, Peak
from bench.commands.app import app
from bench.doctor.examination import Examination
from bench.doctor.finding import Finding, Rating
from bench.doctor.sensors import Outlook
from bench.energy.overhead import MeterOverhead, Overhead
from bench.estimates.binomial import Figure
from bench.estimates.intervals import Ratio
from bench.kernels.benchmark import Benchmark
from bench.kernels.suite import SUITES
from bench.qualify.between import Difference
from bench.qualify.questions import SLOWDOWNS
from bench.report.year_costs import of_loaded
from bench.run.validate import Validation
from bench.store.schema import Row
from bench.store.status import Status
from bench.terminal import ceilings, console, cost, doctor, kernels, overhead, qualify, regret, validate
from impls import ConvProblem
from tests.bench.kernels.forged_kernels import shape_result
from tests.bench.report.sections.energy_section import FAST, RATES, THRIFTY
from tests.bench.report.synthetic_run import bracketed, make_run, without

KEPT = Path("results") / "kept.json"
LONG = "needs a stride of 1 and a kernel of at most 15 in both directions, of this implementation only"
OPEN = Figure(0.06694, 0.0669, None, 12)
# (condition, method) of the qualification, with an interval that has no upper end.
SUMMARY: Any = SimpleNamespace(
    condition="busy", method="convcost", error_p50=OPEN, error_p95=OPEN, error_max=0.5, false_alarms=OPEN,
    coverage=OPEN, half_width=None, wide=OPEN, power=dict.fromkeys(SLOWDOWNS, OPEN),
)  # fmt: skip
LIMIT: Any = SimpleNamespace(
    name="quiet: cases whose intervals all hold the truth", figure=OPEN, least=0.92, most=0.99, verdict="met"
)
QUALIFICATION: Any = SimpleNamespace(
    summaries=[SUMMARY], runs=[], limits=[LIMIT], others=None, faults=[f"twin-a on mb1: crashed, {LONG}"],
    differences=[Difference("time_fast_s", OPEN, OPEN), Difference("time_s", OPEN, OPEN)],
)  # fmt: skip
REGRET: Any = SimpleNamespace(
    result=SimpleNamespace(
        shape=SimpleNamespace(problem=ConvProblem.parse("g2mb2ic6ih9iw11oc4kh3kw1sh2sw1ph1pw0dh1dw0"), precision="fp32")
    ),
    layout="nchw", ratio=1.5, picked="implicit-gemm", fastest="winograd-f4",
)  # fmt: skip
REGRETS: Any = SimpleNamespace(
    quantiles={0.5: OPEN},
    ratios=[1.5],
    regrets=(REGRET,),
    are_random=True,
    faults=(),
    within=OPEN,
    verdict="met",
    wall_s=60.0,
    others=None,
)


def _row(name: str, status: Status, **more: Any) -> Row:
    descriptor = "g2mb2ic6ih9iw11oc4kh3kw1sh2sw1ph1pw0dh1dw0"
    return Row(implementation=name, descriptor=descriptor, status=status, **more)


def _command(*words: str) -> Callable[[], object]:
    cli.load_commands()
    return lambda: app(list(words), standalone_mode=False)


def _kernels() -> None:
    times = {
        (name, layout): 1.0 for name in ("direct", "winograd-f4", "onednn", "torch") for layout in ("nchw", "nhwc")
    }
    results = (shape_result(times, noise=0.01), shape_result(times, name="other", kind="depthwise", noise=0.02))
    kernels.show(Benchmark({}, None, ("direct", "winograd-f4"), results, 61.0, SUITES["cpu"]), KEPT)


def _cost() -> None:
    run = make_run([FAST, THRIFTY], energy=[bracketed(FAST), without(THRIFTY, LONG)], rates=RATES)
    cost.show(of_loaded(run, KEPT, 1e6, every=True))


SHOWN: dict[str, Callable[[], object]] = {
    "count": _command("count", "mb1ic64ih56oc64kh3ph1"),
    "count of a network": _command("count", "mobilenet-v1"),
    "count --wide": _command("count", "resnet-50", "--wide"),
    "choose": _command("choose", "resnet-50", "mobilenet-v1"),
    "impls": _command("impls"),
    "doctor": lambda: doctor.show(
        Examination(
            (
                Finding("devices", "microarchitecture", LONG, Rating.FINE),
                Finding("devices", "GPU", None, Rating.MISSING, LONG),
            ),
            (Outlook("time", "measured", LONG, "measured"),),
        )
    ),
    "validate": lambda: validate.show(
        Validation((_row("direct", Status.OK), _row("winograd-f4", Status.WRONG, reason=LONG))), verbose=True
    ),
    "qualify": lambda: qualify.show(QUALIFICATION, KEPT),
    "kernels": _kernels,
    "regret": lambda: regret.show(REGRETS, KEPT),
    "cost": _cost,
    "overhead": lambda: overhead.show([MeterOverhead("rapl-perf", True, Overhead(Ratio(1.01, 1.0, 1.02), 0.01))]),
    "ceilings": lambda: ceilings.show(
        [Calibration("cpu", 2, (Peak("fp32", 1e12, FMA),), (Level("memory", None, 1e10, "read"),))]
    ),
    "sweep list": _command("sweep", "--list"),
    "sweep cases": _command("sweep", "quick", "--dry-run", "--threads", "1"),
}


@pytest.mark.parametrize("width", ["40", "80", "120", "200", ""])
@pytest.mark.parametrize("name", SHOWN)
def test_no_line_is_wider_than_the_terminal_and_no_word_is_broken(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str, width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    cells: list[str] = []
    original = console.print_table

    def noting(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], **options: Any) -> None:
        # Columns to spare may be left out.
        shown = [i for i in range(len(columns)) if i not in options.get("spare", ())]
        cells.extend(line[i] for line in (columns, *rows) for i in shown)
        original(title, columns, rows, **options)

    monkeypatch.setattr(console, "print_table", noting)
    SHOWN[name]()
    out = capsys.readouterr().out
    limit = int(width or 160)
    words = set(re.split(r"[\s│┃]+", out))
    assert cells
    # A name before its value in a paragraph has a colon.
    broken = {w for c in cells for w in c.split() if len(w) < limit - 4 and not {w, f"{w}:"} & words}
    assert not broken
    tables = [line for line in out.splitlines() if line.startswith(("┏", "│", "└")) or width]
    # A file name or a link may itself be longer.
    assert not [line for line in tables if len(line) > limit and " " in line.strip()]


def test_an_interval_without_an_upper_end_says_at_least(capsys: pytest.CaptureFixture[str]) -> None:
    SHOWN["qualify"]()
    SHOWN["regret"]()
    out = capsys.readouterr().out
    assert "[≥ 6.69 %]" in out
    assert "?" not in out
