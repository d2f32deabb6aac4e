"""From an outcome of the worker to a row of the tables."""

from __future__ import annotations

import json
import shlex
import statistics
import zlib

from bench.store.schema import Row
from bench.sweep.cases import PlannedCase
from bench.timing.estimates import median_interval, relative_half_width
from bench.worker.protocol import Outcome
from bench.worker.settings import Settings
from impls import Case

# An interval wider than ± this share of the median is flagged: a ranking within it means little.
_WIDE = 0.05
# As long as one digit: the checksum's 32 bits, so that inputs differ from case to case but not from run to run.
_SEED_BITS = 0xFFFFFFFF


def case_key(case: Case, threads: int) -> str:
    """The case as text, unique within a run."""
    place = f"threads{threads}" if case.device == "cpu" else "gpu"
    bias = "bias" if case.problem.bias else "nobias"
    return (
        f"{case.problem.descriptor}|{bias}|{case.precision}|{case.layout}|{case.direction}|{case.device}|{place}|warm"
    )


def case_seed(case: Case, threads: int, run_seed: int) -> int:
    """A seed for the inputs of a case: its own, and the same in every run with the same seed."""
    return (zlib.crc32(case_key(case, threads).encode()) + run_seed) & _SEED_BITS


def make_row(planned: PlannedCase, outcome: Outcome, settings: Settings, run_seed: int) -> Row:
    """One line of measurements.parquet."""
    case, problem, threads = planned.case, planned.case.problem, settings.threads
    times = [sample[0] for sample in outcome.samples]
    interval = median_interval(times)
    return Row(
        case_key=case_key(case, threads),
        descriptor=problem.descriptor,
        bias=problem.bias,
        precision=case.precision,
        layout=case.layout,
        direction=case.direction,
        device=case.device,
        threads=threads if case.device == "cpu" else None,
        points=json.dumps([dict(point) for point in planned.points]),
        layers=json.dumps([list(layer) for layer in planned.layers]),
        implementation=outcome.implementation,
        algorithm=outcome.algorithm,
        provider=outcome.provider,
        backend=outcome.backend,
        status=outcome.status,
        reason=outcome.reason,
        flags=",".join(_flags(times)),
        time_s=statistics.median(times) if times else None,
        time_low_s=interval[0] if interval else None,
        time_high_s=interval[1] if interval else None,
        blocks=len(times) or None,
        calls_per_sample=outcome.calls_per_sample,
        stopped_by=outcome.stopped_by,
        plan_s=outcome.plan_s,
        first_call_s=outcome.first_call_s,
        macs=problem.macs,
        direct_flops=problem.direct_flops,
        executed_flops=outcome.executed_flops,
        compulsory_bytes=case.compulsory_bytes,
        bytes_moved=outcome.bytes_moved,
        workspace_bytes=outcome.workspace_bytes,
        error_rms=outcome.error_rms,
        error_rms_limit=outcome.error_rms_limit,
        error_share=outcome.error_share,
        bound=outcome.bound,
        seed=case_seed(case, threads, run_seed),
        command=command_for(case, outcome.implementation, settings, run_seed),
    )


def command_for(case: Case, implementation: str, settings: Settings, run_seed: int) -> str:
    """What to type to measure this row again, on the same inputs."""
    words = ["convcost", "measure", case.problem.descriptor, "-i", implementation, "-p", case.precision]
    words += ["--layout", case.layout, "--device", case.device]
    if case.device == "cpu":
        words += ["--threads", str(settings.threads)]
    if case.problem.bias:
        words.append("--bias")
    if run_seed:
        words += ["--seed", str(run_seed)]
    for path in settings.load:
        words += ["--load", str(path)]
    return shlex.join(words)


def _flags(times: list[float]) -> list[str]:
    if not times:
        return []
    width = relative_half_width(times)
    if width is None:
        return ["few-blocks"]
    return ["wide-interval"] if width > _WIDE else []
