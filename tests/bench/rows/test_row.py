"""Rows: the columns of an outcome, the time of its samples, and what earlier visits leave in them."""

from __future__ import annotations

import pytest

from bench.rows.row import Origin, make_row, with_earlier
from bench.rows.standing import Standing, doubt
from bench.store.column_types import AxisValue, LayerPlace
from bench.store.schema import Row
from bench.store.status import Flag, Status
from bench.worker.protocol import Outcome
from impls import Case, ConvProblem
from tests.bench.rows.made_samples import PLAIN, drawn, row_of, row_of_samples, timed


def _row(*times_s: float, flagged: int = 0, processes: int = 1) -> Row:
    return row_of(Outcome("direct", Status.OK, samples=timed(*times_s, flagged=flagged, processes=processes)))


@pytest.mark.parametrize(
    ("times_s", "time_s", "interval", "blocks", "flags"),
    [
        ((), None, (None, None), None, ()),
        ((3.0,), 3.0, (None, None), 1, (Flag.FEW_BLOCKS,)),
        ((1.0, 3.0), 2.0, (None, None), 2, (Flag.FEW_BLOCKS,)),
        ((1.0,) * 6, 1.0, (1.0, 1.0), 6, ()),
        ((1.0, 1.01, 1.02, 1.03, 1.04, 1.05), 1.025, (1.0, 1.05), 6, ()),
        ((1.0, 1.0, 1.0, 1.0, 1.0, 1.2), 1.0, (1.0, 1.2), 6, (Flag.WIDE_INTERVAL,)),
        ((0.0,) * 6, 0.0, (None, None), 6, (Flag.CLOCK, Flag.FEW_BLOCKS)),
    ],
)
def test_the_time_is_the_median_of_the_samples_with_its_interval(
    times_s: tuple[float, ...],
    time_s: float | None,
    interval: tuple[float | None, float | None],
    blocks: int | None,
    flags: tuple[Flag, ...],
) -> None:
    row = _row(*times_s)
    assert row.time_s == (None if time_s is None else pytest.approx(time_s))
    assert ((row.time_low_s, row.time_high_s), row.blocks, row.flags) == (interval, blocks, flags)


def test_suspect_samples_are_counted_and_kept() -> None:
    row = _row(9.0, 9.0, 1.0, 1.0, 1.0, 2.0, flagged=2)
    assert (row.time_s, row.time_unflagged_s, row.flagged_blocks) == (1.5, 1.0, 2)
    assert Flag.NOISY not in row.flags


@pytest.mark.parametrize(("flagged", "unflagged_s"), [(3, 1.0), (6, None)])
def test_a_row_with_half_its_samples_suspect_is_noisy_and_keeps_its_time(
    flagged: int, unflagged_s: float | None
) -> None:
    row = _row(*[1.0] * 6, flagged=flagged)
    assert (row.time_s, row.time_unflagged_s, row.flags) == (1.0, unflagged_s, (Flag.NOISY,))


def test_processes_that_disagree_widen_the_interval() -> None:
    times = [1.0, 1.05, 1.1] * 20
    together, apart = _row(*times), _row(*times, processes=3)
    assert (together.processes, apart.processes) == (1, 3)
    assert apart.time_low_s is not None
    assert apart.time_high_s is not None
    assert apart.time_low_s < 1.0 < 1.1 < apart.time_high_s
    assert Flag.WIDE_INTERVAL in apart.flags


def test_draws_that_disagree_widen_the_interval() -> None:
    row = row_of_samples(drawn([1.0] * 20, [1.05] * 20, [1.1] * 20))
    assert (row.processes, row.blocks) == (1, 60)
    assert row.time_low_s is not None
    assert row.time_high_s is not None
    assert row.time_low_s < 1.0 < 1.1 < row.time_high_s


def test_an_interval_wider_than_a_factor_of_two_is_null_and_flagged() -> None:
    """Three draws that disagree by a factor of two: Student's t stretches the interval far beyond them."""
    row = row_of_samples(drawn([1.0] * 20, [1.5] * 20, [2.0] * 20))
    assert (row.time_s, row.time_low_s, row.time_high_s, row.flags) == (1.5, None, None, (Flag.WIDE_INTERVAL,))
    assert doubt(row) is Standing.NOISY


@pytest.mark.parametrize(
    ("samples", "flags"),
    [(timed(1.0), (Flag.ONE_SAMPLE, Flag.FEW_BLOCKS)), (timed(1.0, 1.0), (Flag.FEW_BLOCKS,))],
)
def test_the_warning_of_a_long_call_is_a_flag_of_a_single_sample_only(samples: object, flags: tuple[Flag, ...]) -> None:
    outcome = Outcome("loops", Status.OK, warning="one call takes longer", samples=samples)  # type: ignore[arg-type]
    assert row_of(outcome).flags == flags


def test_a_slow_phase_moves_the_median_but_not_the_fast_end() -> None:
    quick, slow = [1.0 + 0.001 * i for i in range(20)], [1.4 + 0.001 * i for i in range(40)]
    undisturbed, disturbed = _row(*quick), _row(*quick, *slow)
    assert disturbed.time_s is not None
    assert undisturbed.time_s is not None
    assert disturbed.time_s > 1.3 * undisturbed.time_s
    assert (undisturbed.time_fast_s, disturbed.time_fast_s) == (pytest.approx(1.00095), pytest.approx(1.00295))


def test_a_row_has_the_columns_of_its_case_and_its_outcome() -> None:
    case = Case(ConvProblem.parse("mb2ic4ih8oc6kh3ph1", bias=True), "bf16", "nhwc")
    place = {"points": ((("kernel", "3"), ("padding", "same")),), "layers": (("net", "conv1", 4),)}
    outcome = Outcome(
        "mine", Status.WRONG, "why", "fft", "me", "backend", 1, 2, 3, 4, 0.1, 0.2, "fft", 0.3, 0.4, 1.5,
        import_s=0.6, jit_s=0.7, plan_cached_s=0.05, peak_bytes=5, delegate="other",
    )  # fmt: skip
    row = make_row(Origin(case, "key", 2, "cold", **place, seed=77, command="again"), outcome)  # type: ignore[arg-type]
    assert row.points == ((AxisValue("kernel", "3"), AxisValue("padding", "same")),)
    assert row.layers == (LayerPlace("net", "conv1", 4),)
    assert (row.case_key, row.descriptor, row.bias) == ("key", "mb2ic4ih8oc6kh3ph1", True)
    assert (row.batch, row.ic, row.oc, row.ih, row.ow, row.kw, row.padding) == (2, 4, 6, 8, 8, 3, (1, 1, 1, 1))
    assert (row.precision, row.layout, row.direction, row.device, row.threads) == ("bf16", "nhwc", "forward", "cpu", 2)
    assert (row.macs, row.direct_flops) == (case.problem.macs, 2 * case.problem.macs)
    assert (row.compulsory_bytes, row.seed, row.cache) == (case.compulsory_bytes, 77, "cold")
    for name in ("implementation", "status", "reason", "algorithm", "provider", "backend", "executed_flops",
                 "bytes_moved", "workspace_bytes", "plan_bytes", "plan_s", "first_call_s", "bound", "error_rms",
                 "error_rms_limit", "error_share", "import_s", "jit_s", "plan_cached_s", "peak_bytes",
                 "delegate"):  # fmt: skip
        assert getattr(row, name) == getattr(outcome, name), name


def test_a_gpu_row_has_no_threads() -> None:
    assert row_of(Outcome("direct", Status.OK), Case(PLAIN.problem, device="cuda")).threads is None


PAID_LEAST, PAID_MOST = ("plan_s", "plan_cached_s", "first_call_s"), ("import_s", "jit_s", "peak_bytes")


@pytest.mark.parametrize(
    ("before", "now", "least", "most"),
    [(3, 2, 2, 3), (2, 3, 2, 3), (None, 2, 2, 2), (None, None, None, None), (0, 5, 0, 5)],
)
def test_repeated_costs_are_the_least_of_all_visits_and_one_time_costs_the_most(
    before: int | None, now: int | None, least: int | None, most: int | None
) -> None:
    names = (*PAID_LEAST, *PAID_MOST)
    row = with_earlier(Row(**dict.fromkeys(names, now)), Row(**dict.fromkeys(names, before)))
    assert [getattr(row, name) for name in names] == [least] * len(PAID_LEAST) + [most] * len(PAID_MOST)


@pytest.mark.parametrize(("before", "now", "kept"), [("first", None, "first"), (None, "now", "now"), ("a", "b", "a")])
def test_the_first_visit_names_the_backend(before: str | None, now: str | None, kept: str) -> None:
    assert with_earlier(Row(backend=now), Row(backend=before)).backend == kept


def test_a_row_that_is_not_ok_keeps_nothing_of_earlier_visits() -> None:
    wrong = Row(status=Status.WRONG)
    assert with_earlier(wrong, Row(plan_s=1.0, peak_bytes=5)) == wrong


def test_a_process_that_comes_again_does_not_plan_for_the_first_time() -> None:
    """It finds what a library kept: only its first visit tells what a plan and a first call cost."""
    before, now = Row(plan_s=3.0, first_call_s=2.0, peak_bytes=5), Row(plan_s=1.0, first_call_s=1.0, peak_bytes=7)
    again = with_earlier(now, before, is_new=False)
    assert (again.plan_s, again.first_call_s, again.peak_bytes) == (3.0, 2.0, 7)
    assert with_earlier(now, before).plan_s == 1.0
