"""The row of an implementation on a case, from the outcome of its workers."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from bench.estimates.intervals import pooled_quantile, time_interval
from bench.gate.data import Data
from bench.machine.pinning import PINNED_MALLOC
from bench.rows.ratios import WIDE, by_unit
from bench.rows.standing import usable
from bench.store.column_types import AxisValue, LayerPlace, problem_columns
from bench.store.schema import Row
from bench.store.status import Flag, Status
from bench.tuning.value import Tuning
from bench.worker.protocol import Outcome
from impls import Case

# A row with this share of suspect samples, or more, is suspect itself.
_NOISY = 0.5
# The share of samples below time_fast_s. Interference only adds time, so runs agree at the fast end of their samples;
# their medians differ by the share of each run that fell into a slow phase of the machine.
FAST = 0.05


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of a row: its case, the case's points and layers in the sweep, and the command that repeats the row.

    `threads` are those of the worker, `points` axis values and `layers` (layer set, layer, multiplicity).
    """

    case: Case
    key: str
    threads: int
    cache: str
    points: tuple[tuple[tuple[str, str], ...], ...]
    layers: tuple[tuple[str, str, int], ...]
    seed: int
    command: str
    data: Data = Data()  # noqa: RUF009
    malloc: str = PINNED_MALLOC
    tuning: Tuning = Tuning()  # noqa: RUF009


def make_row(origin: Origin, outcome: Outcome) -> Row:
    """Make the row of an outcome that has the samples of all visits."""
    case, problem = origin.case, origin.case.problem
    return Row(
        case_key=origin.key,
        descriptor=problem.descriptor,
        **problem_columns(problem),
        precision=case.precision,
        layout=case.layout,
        direction=case.direction,
        device=case.device,
        threads=origin.threads if case.device == "cpu" else None,
        cache=origin.cache,
        data=origin.data.x,
        weights=origin.data.weights,
        malloc=origin.malloc if case.device == "cpu" else None,
        gpu_clock_mhz=origin.tuning.gpu_clock_mhz,
        power_limit_w=origin.tuning.power_limit_w,
        governor=origin.tuning.governor,
        points=tuple(tuple(AxisValue(*value) for value in point) for point in origin.points),
        layers=tuple(LayerPlace(*layer) for layer in origin.layers),
        implementation=outcome.implementation,
        algorithm=outcome.algorithm,
        provider=outcome.provider,
        backend=outcome.backend,
        delegate=outcome.delegate,
        status=outcome.status,
        reason=outcome.reason,
        side_effects=outcome.side_effects,
        **_timing(outcome),
        calls_per_sample=outcome.calls_per_sample,
        stopped_by=outcome.stopped_by,
        audit_s=outcome.audit_s,
        known_s=outcome.known_s,
        import_s=outcome.import_s,
        jit_s=outcome.jit_s,
        plan_s=outcome.plan_s,
        plan_cached_s=outcome.plan_cached_s,
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
        seed=origin.seed,
        command=origin.command,
    )


def with_earlier(row: Row, before: Row | None, *, is_new: bool = True) -> Row:
    """The row with the one-time costs and the audits of earlier visits.

    The first process pays for compilation and cold files. So the costs of a plan and a first call are the least of all
    processes, each at its first visit (`is_new`): later ones find what a library kept. Those of loading and compiling
    are the most of all visits.
    """
    if before is None or row.status is not Status.OK:
        return row
    if not is_new:
        row = replace(
            row, plan_s=before.plan_s, plan_cached_s=before.plan_cached_s, first_call_s=before.first_call_s
        )  # fmt: skip
    return replace(
        row,
        plan_s=_of_known(min, row.plan_s, before.plan_s),
        plan_cached_s=_of_known(min, row.plan_cached_s, before.plan_cached_s),
        first_call_s=_of_known(min, row.first_call_s, before.first_call_s),
        import_s=_of_known(max, row.import_s, before.import_s),
        jit_s=_of_known(max, row.jit_s, before.jit_s),
        peak_bytes=_of_known(max, row.peak_bytes, before.peak_bytes),
        side_effects=row.side_effects or before.side_effects,
        flags=tuple(dict.fromkeys((*row.flags, *(f for f in before.flags if f is Flag.SIDE_EFFECTS)))),
        audit_s=(*before.audit_s, *row.audit_s),
        known_s=(*before.known_s, *row.known_s),
        # Only the first visit records the kernels that a vendor launches.
        backend=row.backend if before.backend is None else before.backend,
    )


def _of_known(choose: Callable[..., Any], *values: float | None) -> Any:
    """The least or the most of the values that are known; None if there is none."""
    return choose((value for value in values if value is not None), default=None)


def _timing(outcome: Outcome) -> dict[str, Any]:
    """The columns computed from the samples; none without samples."""
    samples, warning = outcome.samples, outcome.warning
    if not samples:
        return {}
    times = [s.time_s for s in samples]
    quiet = [s.time_s for s in samples if not s.flags]
    on_host = [s.host_s for s in samples if s.host_s is not None]
    units = by_unit(samples)
    in_units = [[s.time_s for s in unit] for unit in units]
    middle, interval = pooled_quantile(in_units, 0.5), time_interval(in_units)
    flags = [Flag.ONE_SAMPLE] if warning is not None and len(times) == 1 else []
    if min(times) <= 0:
        flags.append(Flag.CLOCK)
    if interval is None:
        flags.append(Flag.FEW_BLOCKS)
    elif interval[1] - interval[0] > 2 * WIDE * middle:
        flags.append(Flag.WIDE_INTERVAL)
    # Flagged as wide, but not kept: ends so far apart are no finding.
    kept = None if interval is None else usable(*interval)
    if len(quiet) <= (1 - _NOISY) * len(times):
        flags.append(Flag.NOISY)
    if outcome.side_effects is not None:
        flags.append(Flag.SIDE_EFFECTS)
    return {
        "flags": tuple(flags),
        "time_s": middle,
        "time_low_s": kept[0] if kept else None,
        "time_high_s": kept[1] if kept else None,
        "time_unflagged_s": pooled_quantile([[s.time_s for s in unit if not s.flags] for unit in units], 0.5)
        if quiet
        else None,
        "time_fast_s": pooled_quantile(in_units, FAST) if len(times) >= 1 / FAST else None,
        "host_s": statistics.median(on_host) if on_host else None,
        "processes": len({s.process for s in samples}),
        "blocks": len(times),
        "flagged_blocks": len(times) - len(quiet),
    }
