"""From what the workers found to a row of the tables."""

from __future__ import annotations

import itertools
import json
import math
import operator
import shlex
import statistics
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from bench.delegation import competing
from bench.estimates.intervals import paired_ratio, time_interval
from bench.store.schema import Row
from bench.sweep.cases import PlannedCase
from bench.worker.protocol import Outcome
from bench.worker.settings import Settings
from impls import Case

# An interval wider than ± this share of the median is flagged: a ranking within it means little.
_WIDE = 0.05
# From this share of suspect samples on, the row itself is.
_NOISY = 0.5
# The share of samples below time_fast_s. Interference only ever adds time: the fast end of the samples is what runs
# have in common, where their medians differ by how much of each fell into a slow phase of the machine.
FAST = 0.05
# The checksum's 32 bits: inputs differ from case to case but not from run to run.
_SEED_BITS = 0xFFFFFFFF
# Nobody calls one convolution so often: 10^12 calls of a microsecond are twelve days.
_NEVER_CALLS = 10**12

Samples = Sequence[dict[str, Any]]


def case_key(case: Case, threads: int, cache: str = "warm") -> str:
    """The case as text, unique within a run."""
    place = f"threads{threads}" if case.device == "cpu" else "gpu"
    bias = "bias" if case.problem.bias else "nobias"
    parts = (case.problem.descriptor, bias, case.precision, case.layout, case.direction, case.device, place, cache)
    return "|".join(parts)


def case_seed(case: Case, threads: int, run_seed: int) -> int:
    """A seed for the inputs of a case: its own, and the same in every run with the same seed."""
    return (zlib.crc32(case_key(case, threads).encode()) + run_seed) & _SEED_BITS


def make_row(planned: PlannedCase, outcome: Outcome, settings: Settings, run_seed: int, cache: str = "warm") -> Row:
    """One line of measurements.parquet, of an outcome with the samples of all visits."""
    case, problem, threads = planned.case, planned.case.problem, settings.threads
    return Row(
        case_key=case_key(case, threads, cache),
        descriptor=problem.descriptor,
        bias=problem.bias,
        precision=case.precision,
        layout=case.layout,
        direction=case.direction,
        device=case.device,
        threads=threads if case.device == "cpu" else None,
        cache=cache,
        points=json.dumps([dict(point) for point in planned.points]),
        layers=json.dumps([list(layer) for layer in planned.layers]),
        implementation=outcome.implementation,
        algorithm=outcome.algorithm,
        provider=outcome.provider,
        backend=outcome.backend,
        delegate=outcome.delegate,
        status=outcome.status,
        reason=outcome.reason,
        **_timing(outcome.samples, outcome.warning),
        calls_per_sample=outcome.calls_per_sample,
        stopped_by=outcome.stopped_by,
        import_s=outcome.import_s,
        jit_s=outcome.jit_s,
        plan_s=outcome.plan_s,
        first_call_s=outcome.first_call_s,
        macs=problem.macs,
        direct_flops=problem.direct_flops,
        executed_flops=outcome.executed_flops,
        compulsory_bytes=case.compulsory_bytes,
        bytes_moved=outcome.bytes_moved,
        workspace_bytes=outcome.workspace_bytes,
        peak_bytes=outcome.peak_bytes,
        plan_bytes=outcome.plan_bytes,
        error_rms=outcome.error_rms,
        error_rms_limit=outcome.error_rms_limit,
        error_share=outcome.error_share,
        bound=outcome.bound,
        seed=case_seed(case, threads, run_seed),
        command=command_for(case, outcome.implementation, settings, run_seed, cache),
    )


def with_earlier(row: Row, before: Row | None) -> Row:
    """The row with what was paid on an earlier visit, in another process.

    Compilation and cold files are paid by the first process: what a user pays every time is the least, and what they
    cost is the most.
    """
    if before is None or row.status != "ok":
        return row
    return replace(
        row,
        plan_s=_of_known(min, row.plan_s, before.plan_s),
        first_call_s=_of_known(min, row.first_call_s, before.first_call_s),
        import_s=_of_known(max, row.import_s, before.import_s),
        jit_s=_of_known(max, row.jit_s, before.jit_s),
        peak_bytes=_of_known(max, row.peak_bytes, before.peak_bytes),
        # The first process alone looks which kernels a vendor launches.
        backend=row.backend if before.backend is None else before.backend,
    )


def _of_known(choose: Callable[..., Any], *values: float | None) -> Any:
    """The least or the most of what is known."""
    return choose((value for value in values if value is not None), default=None)


def by_process(samples: Samples, column: str = "time_s") -> list[list[Any]]:
    """One column of the samples, a list a process and draw: within one, samples are alike."""
    groups: dict[tuple[int, int], list[Any]] = {}
    for sample in samples:
        groups.setdefault(_draw_of(sample), []).append(sample[column])
    return list(groups.values())


def _draw_of(sample: dict[str, Any]) -> tuple[int, int]:
    return sample["process"], sample.get("draw", 0)


def with_ratios(rows: Sequence[Row], samples: dict[str, list[dict[str, Any]]]) -> list[Row]:
    """The rows of one case with their time over that of the fastest, paired within the blocks of both."""
    timed = [row for row in rows if row.time_s is not None]
    if not timed:
        return list(rows)
    best = samples[min(competing(timed), key=lambda row: row.time_s or 0.0).implementation]
    return [row if row.time_s is None else _over(row, samples[row.implementation], best) for row in rows]


def _over(row: Row, own: Samples, best: Samples) -> Row:
    above = {(_draw_of(s), s["block"]): s["time_s"] for s in own}
    below = {(_draw_of(s), s["block"]): s["time_s"] for s in best}
    shared = sorted(above.keys() & below.keys())
    if not shared or min(*above.values(), *below.values()) <= 0:
        return replace(row, over_best=None, over_best_low=None, over_best_high=None)
    groups = [list(group) for _, group in itertools.groupby(shared, key=operator.itemgetter(0))]
    ratio = paired_ratio([[above[at] for at in g] for g in groups], [[below[at] for at in g] for g in groups])
    return replace(row, over_best=ratio.estimate, over_best_low=ratio.low, over_best_high=ratio.high)


def with_break_even(rows: Sequence[Row]) -> list[Row]:
    """The rows of one case with the number of calls from which each is worth its plan.

    The starter is the ok row that has done its first call soonest, by plan_s + time_s, and has 1. Another row pays from
    the least whole n on with plan_s + n · time_s below that of the starter; one that never catches up has None. One
    that only chose another row has what that one has: it is the same plan.
    """
    known = [row for row in rows if row.status == "ok" and row.plan_s is not None and row.time_s is not None]
    if not known:
        return list(rows)
    runners = competing(known)
    starter = min(runners, key=lambda row: (row.plan_s or 0.0) + (row.time_s or 0.0))
    computing = {row.implementation: row for row in runners}
    return [replace(row, break_even_calls=_break_even_calls(_planned_by(row, computing), starter)) for row in rows]


def _planned_by(row: Row, computing: Mapping[str, Row]) -> Row:
    """The row whose plan it runs: its own, or that of what it chose."""
    if row.time_s is None or row.delegate is None or row.implementation in computing:
        return row
    return computing.get(row.delegate, row)


def _break_even_calls(row: Row, starter: Row) -> int | None:
    if row is starter:
        return 1
    if row.status != "ok" or row.plan_s is None or row.time_s is None:
        return None
    assert starter.plan_s is not None
    assert starter.time_s is not None
    gain_s, more_s = starter.time_s - row.time_s, row.plan_s - starter.plan_s
    # Above so many calls a gain is rounding, and a whole number more than a table holds.
    if gain_s <= 0 or more_s >= _NEVER_CALLS * gain_s:
        return None
    return max(1, math.floor(more_s / gain_s) + 1)


def command_for(case: Case, implementation: str, settings: Settings, run_seed: int, cache: str = "warm") -> str:
    """What to type to measure this row again, on the same inputs."""
    words = ["convcost", "measure", case.problem.descriptor, "-i", implementation, "-p", case.precision]
    words += ["--layout", case.layout, "--device", case.device]
    if case.device == "cpu":
        words += ["--threads", str(settings.threads)]
    if case.problem.bias:
        words.append("--bias")
    if cache != "warm":
        words += ["--cache", cache]
    if run_seed:
        words += ["--seed", str(run_seed)]
    for path in settings.load:
        words += ["--load", str(path.resolve())]
    return shlex.join(words)


def _timing(samples: Samples, warning: str | None) -> dict[str, Any]:
    """The columns that follow from the samples; all null without any."""
    if not samples:
        return {}
    times = [s["time_s"] for s in samples]
    quiet = [s["time_s"] for s in samples if not s["flags"]]
    on_host = [s["host_s"] for s in samples if s["host_s"] is not None]
    middle, interval = statistics.median(times), time_interval(by_process(samples))
    flags = ["one-sample"] if warning is not None and len(times) == 1 else []
    if min(times) <= 0:
        flags.append("clock")
    if interval is None:
        flags.append("few-blocks")
    elif interval[1] - interval[0] > 2 * _WIDE * middle:
        flags.append("wide-interval")
    if len(quiet) <= (1 - _NOISY) * len(times):
        flags.append("noisy")
    return {
        "flags": ",".join(flags),
        "time_s": middle,
        "time_low_s": interval[0] if interval else None,
        "time_high_s": interval[1] if interval else None,
        "time_unflagged_s": statistics.median(quiet) if quiet else None,
        "time_fast_s": float(np.quantile(times, FAST)) if len(times) >= 1 / FAST else None,
        "host_s": statistics.median(on_host) if on_host else None,
        "processes": len({s["process"] for s in samples}),
        "blocks": len(times),
        "flagged_blocks": len(times) - len(quiet),
    }
