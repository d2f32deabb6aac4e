"""From outcomes to rows: what identifies a case, and what its samples come to."""

from __future__ import annotations

import itertools
import json
import math
import shlex
from typing import Any

import pytest

from bench.rows.break_even import with_break_even
from bench.rows.ratios import by_process, with_ratios
from bench.rows.row import make_row, with_earlier
from bench.store.schema import Row
from bench.sweep.cases import PlannedCase
from bench.sweep.identity import case_key, case_seed, command_for, origin
from bench.worker.protocol import Outcome
from bench.worker.settings import Settings
from impls import Case, ConvProblem

PLAIN = Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1"))
DIFFERENT = [
    PLAIN,
    Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1", bias=True)),
    Case(ConvProblem.parse("mb2ic4ih8oc4kh3ph1")),
    Case(ConvProblem(1, 4, (8, 8), 4, (2, 2), padding=((0, 1), (0, 1)))),
    Case(ConvProblem(1, 4, (8, 8), 4, (2, 2), padding=((1, 0), (1, 0)))),
    Case(PLAIN.problem, "fp64"),
    Case(PLAIN.problem, layout="nhwc"),
    Case(PLAIN.problem, device="cuda"),
]


def _made(planned: PlannedCase, outcome: Outcome, settings: Settings, run_seed: int) -> Row:
    return make_row(origin(planned, outcome.implementation, settings, run_seed), outcome)


def test_keys_and_seeds_tell_cases_apart() -> None:
    assert len({case_key(case, 2) for case in DIFFERENT}) == len(DIFFERENT)
    assert len({case_seed(case, 2, 0) for case in DIFFERENT}) == len(DIFFERENT)


@pytest.mark.parametrize(("device", "same"), [("cpu", False), ("cuda", True)])
def test_threads_are_part_of_a_case_on_the_cpu_only(device: str, same: bool) -> None:
    case = Case(PLAIN.problem, device=device)
    assert (case_key(case, 1) == case_key(case, 2)) is same
    assert (case_seed(case, 1, 0) == case_seed(case, 2, 0)) is same


def test_seeds_are_the_same_in_every_run() -> None:
    assert case_key(PLAIN, 2) == "mb1ic4ih8oc4kh3ph1|nobias|fp32|nchw|forward|cpu|threads2|warm"
    assert case_seed(PLAIN, 2, 0) == 3137558945
    assert case_seed(PLAIN, 2, 1) == case_seed(PLAIN, 2, 0) + 1


@pytest.mark.parametrize("run_seed", [0, 1, 2**31, 2**32 - 1, 2**40, -1])
def test_seeds_fit_a_generator(run_seed: int) -> None:
    assert all(0 <= case_seed(case, 1, run_seed) < 2**32 for case in DIFFERENT)


def _timed(*times_s: float, flagged: int = 0, processes: int = 1) -> Outcome:
    samples = tuple(
        {"process": i % processes, "block": i, "time_s": t, "host_s": None, "flags": "steal" if i < flagged else ""}
        for i, t in enumerate(times_s)
    )
    return Outcome("direct", "ok", samples=samples)


@pytest.mark.parametrize(
    ("times_s", "time_s", "interval", "blocks", "flags"),
    [
        ((), None, (None, None), None, ""),
        ((3.0,), 3.0, (None, None), 1, "few-blocks"),
        ((1.0, 3.0), 2.0, (None, None), 2, "few-blocks"),
        ((1.0,) * 6, 1.0, (1.0, 1.0), 6, ""),
        ((1.0, 1.01, 1.02, 1.03, 1.04, 1.05), 1.025, (1.0, 1.05), 6, ""),
        ((1.0, 1.0, 1.0, 1.0, 1.0, 1.2), 1.0, (1.0, 1.2), 6, "wide-interval"),
    ],
)
def test_samples_become_a_time(
    times_s: tuple[float, ...],
    time_s: float | None,
    interval: tuple[float | None, float | None],
    blocks: int | None,
    flags: str,
) -> None:
    row = _made(PlannedCase(PLAIN), _timed(*times_s), Settings(2), 0)
    assert row.time_s == (None if time_s is None else pytest.approx(time_s))
    assert ((row.time_low_s, row.time_high_s), row.blocks, row.flags) == (interval, blocks, flags)


def test_suspect_samples_are_counted_and_kept() -> None:
    row = _made(PlannedCase(PLAIN), _timed(9.0, 9.0, 1.0, 1.0, 1.0, 2.0, flagged=2), Settings(2), 0)
    assert (row.time_s, row.time_unflagged_s, row.flagged_blocks) == (1.5, 1.0, 2)
    assert "noisy" not in row.flags


@pytest.mark.parametrize(("flagged", "unflagged_s"), [(3, 1.0), (6, None)])
def test_a_row_of_mostly_suspect_samples_is_noisy_and_not_empty(flagged: int, unflagged_s: float | None) -> None:
    row = _made(PlannedCase(PLAIN), _timed(*[1.0] * 6, flagged=flagged), Settings(2), 0)
    assert (row.time_s, row.time_unflagged_s, row.flags) == (1.0, unflagged_s, "noisy")


def test_processes_that_disagree_widen_the_interval() -> None:
    times = [1.0, 1.5, 2.0] * 20
    together = _made(PlannedCase(PLAIN), _timed(*times), Settings(2), 0)
    apart = _made(PlannedCase(PLAIN), _timed(*times, processes=3), Settings(2), 0)
    assert (together.processes, apart.processes) == (1, 3)
    assert apart.time_low_s is not None
    assert apart.time_high_s is not None
    assert apart.time_low_s < 1.0 < 2.0 < apart.time_high_s
    assert "wide-interval" in apart.flags


def test_a_row_has_what_the_case_and_the_outcome_know() -> None:
    case = Case(ConvProblem.parse("mb2ic4ih8oc6kh3ph1", bias=True), "bf16", "nhwc")
    planned = PlannedCase(case, ((("kernel", "3"), ("padding", "same")),), (("net", "conv1", 4),))
    outcome = Outcome(
        "mine", "wrong", "why", "fft", "me", "backend", 1, 2, 3, 4, 0.1, 0.2, "fft", 0.3, 0.4, 1.5,
        import_s=0.6, jit_s=0.7, peak_bytes=5, delegate="other",
    )  # fmt: skip
    row = _made(planned, outcome, Settings(2), 77)
    assert json.loads(row.points) == [{"kernel": "3", "padding": "same"}]
    assert json.loads(row.layers) == [["net", "conv1", 4]]
    assert (row.case_key, row.descriptor, row.bias) == (case_key(case, 2), "mb2ic4ih8oc6kh3ph1", True)
    assert (row.precision, row.layout, row.direction, row.device, row.threads) == ("bf16", "nhwc", "forward", "cpu", 2)
    assert (row.macs, row.direct_flops) == (case.problem.macs, 2 * case.problem.macs)
    assert (row.compulsory_bytes, row.seed) == (case.compulsory_bytes, case_seed(case, 2, 77))
    for name in ("implementation", "status", "reason", "algorithm", "provider", "backend", "executed_flops",
                 "bytes_moved", "workspace_bytes", "plan_bytes", "plan_s", "first_call_s", "bound", "error_rms",
                 "error_rms_limit", "error_share", "import_s", "jit_s", "peak_bytes", "delegate"):  # fmt: skip
        assert getattr(row, name) == getattr(outcome, name), name


# (plan_s, time_s) of each row, and from which call on it pays.
@pytest.mark.parametrize(
    ("costs", "calls"),
    [
        ([], []),
        ([(1.0, 1.0)], [1]),
        # 10 + n < 0 + 2 n from the eleventh call on: at the tenth they are level.
        ([(0.0, 2.0), (10.0, 1.0)], [1, 11]),
        ([(10.0, 1.0), (0.0, 2.0)], [11, 1]),
        ([(0.0, 2.0), (9.5, 1.0)], [1, 10]),
        # Slower in both, or as fast a call and a longer plan: never.
        ([(0.0, 2.0), (1.0, 3.0), (1.0, 2.0)], [1, None, None]),
        # A longer call that starts sooner is the starter.
        ([(5.0, 1.0), (1.0, 3.0)], [3, 1]),
        # Level on the first call, cheaper from the second on.
        ([(1.0, 2.0), (2.0, 1.0)], [1, 2]),
        ([(0.0, 1.0), (1.0, math.nextafter(1.0, 0.0))], [1, None]),
        ([(None, 1.0), (1.0, None), (1.0, 1.0)], [None, None, 1]),
    ],
)
def test_break_even(costs: list[tuple[float | None, float | None]], calls: list[int | None]) -> None:
    rows = [Row(plan_s=plan_s, time_s=time_s) for plan_s, time_s in costs]
    assert [row.break_even_calls for row in with_break_even(rows)] == calls


def test_what_only_chose_another_is_worth_its_plan_when_that_is() -> None:
    """The chooser's own plan and calls are noise about the same: else it would be the starter, or never pay."""
    rows = [
        Row(implementation="a", plan_s=0.0, time_s=2.0),
        Row(implementation="b", plan_s=10.0, time_s=1.0),
        Row(implementation="auto", delegate="a", plan_s=0.0, time_s=1.9),
        Row(implementation="mine", delegate="b", plan_s=11.0, time_s=1.1),
        Row(implementation="far", delegate="not measured", plan_s=10.0, time_s=1.0),
    ]
    assert [row.break_even_calls for row in with_break_even(rows)] == [1, 11, 1, 11, 11]


def test_only_what_is_right_breaks_even() -> None:
    rows = [Row(plan_s=0.0, time_s=1.0, status="wrong"), Row(plan_s=1.0, time_s=1.0)]
    assert [row.break_even_calls for row in with_break_even(rows)] == [None, 1]


def test_a_gpu_row_has_no_threads() -> None:
    row = _made(PlannedCase(Case(PLAIN.problem, device="cuda")), _timed(), Settings(2), 0)
    assert row.threads is None
    assert "--threads" not in row.command


@pytest.mark.parametrize(
    ("case", "command"),
    [
        (PLAIN, "mb1ic4ih8oc4kh3ph1 -i mine -p fp32 --layout nchw --device cpu --threads 2"),
        (DIFFERENT[1], "mb1ic4ih8oc4kh3ph1 -i mine -p fp32 --layout nchw --device cpu --threads 2 --bias"),
        (DIFFERENT[7], "mb1ic4ih8oc4kh3ph1 -i mine -p fp32 --layout nchw --device cuda"),
    ],
)
def test_command(case: Case, command: str) -> None:
    assert command_for(case, "mine", Settings(2), 0) == f"convcost measure {command}"


def test_commands_quote_names() -> None:
    assert shlex.split(command_for(PLAIN, "my own; rm -rf", Settings(2), 0))[4] == "my own; rm -rf"


def test_commands_tell_cases_apart() -> None:
    commands = [
        command_for(case, name, Settings(1), 0) for case, name in itertools.product(DIFFERENT, ("direct", "torch"))
    ]
    assert len(set(commands)) == len(commands)


def _drawn(times_s: list[list[float]]) -> list[dict[str, Any]]:
    """Samples of one process, a list a draw, blocks numbered from 0 in each."""
    return [
        {"process": 0, "draw": d, "block": b, "time_s": t, "host_s": None, "flags": ""}
        for d, draw in enumerate(times_s)
        for b, t in enumerate(draw)
    ]


def test_draws_are_groups_like_processes() -> None:
    samples = _drawn([[1.0] * 20, [1.5] * 20, [2.0] * 20])
    assert [len(group) for group in by_process(samples)] == [20, 20, 20]
    row = _made(PlannedCase(PLAIN), Outcome("direct", "ok", samples=tuple(samples)), Settings(2), 0)
    assert (row.processes, row.blocks) == (1, 60)
    assert row.time_low_s is not None
    assert row.time_high_s is not None
    assert row.time_low_s < 1.0 < 2.0 < row.time_high_s


def test_ratios_pair_the_blocks_of_one_draw() -> None:
    """Block 0 of the second draw is not block 0 of the first: there the machine was twice as slow."""
    samples = {"a": _drawn([[1.0] * 4, [2.0] * 4]), "b": _drawn([[3.0] * 4, [6.0] * 4])}
    rows = [
        _made(PlannedCase(PLAIN), Outcome(name, "ok", samples=tuple(taken)), Settings(2), 0)
        for name, taken in samples.items()
    ]
    ratios = [(row.over_best, row.over_best_low, row.over_best_high) for row in with_ratios(rows, samples)]
    assert ratios == [(1.0, 1.0, 1.0), (pytest.approx(3.0),) * 3]


@pytest.mark.parametrize(("delegate", "ratios"), [("a", [1.0, 2.0, 0.5]), (None, [2.0, 4.0, 1.0])])
def test_ratios_are_over_the_fastest_that_competes(delegate: str | None, ratios: list[float]) -> None:
    samples = {"a": _drawn([[1.0] * 6]), "b": _drawn([[2.0] * 6]), "auto": _drawn([[0.5] * 6])}
    rows = [
        _made(
            PlannedCase(PLAIN),
            Outcome(name, "ok", samples=tuple(taken), delegate=delegate if name == "auto" else None),
            Settings(2), 0,
        )
        for name, taken in samples.items()
    ]  # fmt: skip
    assert [row.over_best for row in with_ratios(rows, samples)] == pytest.approx(ratios)


def test_one_sample_is_not_a_matter_of_the_clock() -> None:
    outcome = Outcome("loops", "ok", warning="one call takes longer", samples=_timed(1.0, 1.0).samples)
    assert _made(PlannedCase(PLAIN), outcome, Settings(2), 0).flags == "few-blocks"


def test_a_slow_phase_moves_the_median_but_not_the_fast_end() -> None:
    quick, slow = [1.0 + 0.001 * i for i in range(20)], [1.4 + 0.001 * i for i in range(40)]
    rows = [_made(PlannedCase(PLAIN), _timed(*times), Settings(2), 0) for times in (quick, quick + slow)]
    undisturbed, disturbed = rows
    assert disturbed.time_s is not None
    assert undisturbed.time_s is not None
    assert disturbed.time_s > 1.3 * undisturbed.time_s
    assert (undisturbed.time_fast_s, disturbed.time_fast_s) == (pytest.approx(1.00095), pytest.approx(1.00295))


PAID_LEAST, PAID_MOST = ("plan_s", "first_call_s"), ("import_s", "jit_s", "peak_bytes")


@pytest.mark.parametrize(
    ("before", "now", "least", "most"),
    [(3, 2, 2, 3), (2, 3, 2, 3), (None, 2, 2, 2), (None, None, None, None), (0, 5, 0, 5)],
)
def test_what_recurs_is_the_least_and_what_is_paid_once_the_most_of_all_visits(
    before: int | None, now: int | None, least: int | None, most: int | None
) -> None:
    names = (*PAID_LEAST, *PAID_MOST)
    row = with_earlier(Row(**dict.fromkeys(names, now)), Row(**dict.fromkeys(names, before)))
    assert [getattr(row, name) for name in names] == [least] * len(PAID_LEAST) + [most] * len(PAID_MOST)


def test_a_row_that_is_not_ok_keeps_nothing_of_earlier_visits() -> None:
    assert with_earlier(Row(status="wrong"), Row(plan_s=1.0, peak_bytes=5)) == Row(status="wrong")
