"""The measurements as typed values, read once; everything after this knows no data frame.

Only a row whose status is ok has a `time` here: what was not proven right cannot reach a timing table.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.report.findings import frames

if TYPE_CHECKING:
    import pandas as pd

GIGA = 1e9


@dataclass(frozen=True, slots=True)
class Group:
    """What has to agree before two times may stand in one ranking or one line of a figure."""

    device: str
    precision: str
    layout: str
    threads: int | None = None
    cache: str = "warm"

    @property
    def label(self) -> str:
        parts = [self.device, self.precision, self.layout]
        if self.threads is not None:
            parts.append(f"{self.threads} thread{'' if self.threads == 1 else 's'}")
        if self.cache != "warm":
            parts.append(f"{self.cache} caches")
        return " · ".join(parts)


@dataclass(frozen=True, slots=True)
class Time:
    """A time in seconds with its 95 % interval, both ends None where there is none."""

    value_s: float
    low_s: float | None = None
    high_s: float | None = None

    @property
    def interval_s(self) -> tuple[float, float] | None:
        return None if self.low_s is None or self.high_s is None else (self.low_s, self.high_s)

    def scaled(self, factor: int) -> Time:
        """This time spent `factor` times over."""
        if self.low_s is None or self.high_s is None:
            return Time(self.value_s * factor)
        return Time(self.value_s * factor, self.low_s * factor, self.high_s * factor)


@dataclass(frozen=True, slots=True)
class Layer:
    """A place of a case in a network: which, and how often it occurs there."""

    layer_set: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Beside:
    """What a row costs beside its time; None where it is not known.

    `roofline_fraction` is a lower bound where a library chooses its algorithm (`is_least`).
    """

    roofline_fraction: float | None = None
    is_least: bool = False
    jit_s: float | None = None
    plan_s: float | None = None
    first_call_s: float | None = None
    break_even_calls: int | None = None
    workspace_bytes: int | None = None
    plan_bytes: int | None = None
    peak_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One row of the measurements: one case computed by one implementation, or by its `delegate` for it."""

    case_key: str
    descriptor: str
    group: Group
    points: tuple[Mapping[str, str], ...]
    layers: tuple[Layer, ...]
    implementation: str
    status: str
    reason: str
    flags: tuple[str, ...]
    time: Time | None
    over_best: float | None
    over_best_low: float | None
    direct_flops: int
    error_rms: float | None
    error_rms_limit: float | None
    error_share: float | None
    bound: str
    command: str
    beside: Beside = Beside()
    delegate: str = ""

    @property
    def time_s(self) -> float | None:
        return self.time.value_s if self.time else None

    @property
    def interval_s(self) -> tuple[float, float] | None:
        return self.time.interval_s if self.time else None

    @property
    def rate_gflops(self) -> float | None:
        """Effective GFLOP/s, direct FLOPs over time; None without a time or without FLOPs (batch 0)."""
        return self.direct_flops / self.time.value_s / GIGA if self.time and self.direct_flops > 0 else None

    @property
    def rate_interval_gflops(self) -> tuple[float, float] | None:
        ends = self.time.interval_s if self.time else None
        if ends is None or self.direct_flops <= 0:
            return None
        return self.direct_flops / ends[1] / GIGA, self.direct_flops / ends[0] / GIGA


def read(measurements: pd.DataFrame) -> tuple[Result, ...]:
    """Every line of the measurements, in order."""
    return tuple(_result(record) for record in measurements.to_dict("records"))


def add(times: Iterable[Time]) -> Time | None:
    """The sum of some times, None of none; low ends add up and high ends do, which is conservative.

    The interval is None as soon as one of the terms has none.
    """
    terms = tuple(times)
    if not terms:
        return None
    ends = [term.interval_s for term in terms]
    known = [pair for pair in ends if pair is not None]
    value_s = math.fsum(term.value_s for term in terms)
    if len(known) < len(ends):
        return Time(value_s)
    return Time(value_s, math.fsum(low for low, _ in known), math.fsum(high for _, high in known))


def groups(results: Iterable[Result]) -> tuple[Group, ...]:
    """The groups that occur, in order of appearance."""
    return tuple(dict.fromkeys(result.group for result in results))


def implementations(results: Iterable[Result]) -> tuple[str, ...]:
    """The names that occur, in order of appearance."""
    return tuple(dict.fromkeys(result.implementation for result in results))


def by_case(results: Iterable[Result]) -> dict[tuple[Group, str], tuple[Result, ...]]:
    """The results of each case; the group is part of the key, so that devices cannot meet in one."""
    found: dict[tuple[Group, str], list[Result]] = {}
    for result in results:
        found.setdefault((result.group, result.case_key), []).append(result)
    return {key: tuple(members) for key, members in found.items()}


def _result(record: Mapping[Any, Any]) -> Result:
    status = frames.text(record.get("status"))
    threads = frames.number(record.get("threads"))
    return Result(
        case_key=frames.text(record.get("case_key")),
        descriptor=frames.text(record.get("descriptor")) + (" +bias" if frames.number(record.get("bias")) else ""),
        group=Group(
            frames.text(record.get("device")),
            frames.text(record.get("precision")),
            frames.text(record.get("layout")),
            None if threads is None else int(threads),
            frames.text(record.get("cache")) or "warm",
        ),
        points=tuple(
            {str(axis): str(value) for axis, value in point.items()} for point in frames.json_list(record.get("points"))
        ),
        layers=tuple(
            Layer(str(layer_set), str(name), int(count))
            for layer_set, name, count in frames.json_list(record.get("layers"))
        ),
        implementation=frames.text(record.get("implementation")),
        status=status,
        reason=frames.text(record.get("reason")),
        flags=frames.words(record.get("flags")),
        time=_time(record) if status == "ok" else None,
        over_best=frames.number(record.get("over_best")),
        over_best_low=frames.number(record.get("over_best_low")),
        direct_flops=int(frames.number(record.get("direct_flops")) or 0),
        error_rms=frames.number(record.get("error_rms")),
        error_rms_limit=frames.number(record.get("error_rms_limit")),
        error_share=frames.number(record.get("error_share")),
        bound=frames.text(record.get("bound")),
        command=frames.text(record.get("command")),
        beside=_beside(record),
        delegate=frames.text(record.get("delegate")),
    )


def _beside(record: Mapping[Any, Any]) -> Beside:
    return Beside(
        roofline_fraction=frames.number(record.get("roofline_fraction")),
        is_least=not frames.text(record.get("algorithm")) and frames.is_missing(record.get("executed_flops")),
        jit_s=frames.number(record.get("jit_s")),
        plan_s=frames.number(record.get("plan_s")),
        first_call_s=frames.number(record.get("first_call_s")),
        break_even_calls=frames.whole(record.get("break_even_calls")),
        workspace_bytes=frames.whole(record.get("workspace_bytes")),
        plan_bytes=frames.whole(record.get("plan_bytes")),
        peak_bytes=frames.whole(record.get("peak_bytes")),
    )


def _time(record: Mapping[Any, Any]) -> Time | None:
    value = frames.number(record.get("time_s"))
    if value is None or not 0 < value < math.inf:
        return None
    low, high = frames.number(record.get("time_low_s")), frames.number(record.get("time_high_s"))
    # Half an interval, or one that reaches 0, is none: a logarithmic axis could not show it either.
    return Time(value) if low is None or high is None or low <= 0 else Time(value, low, high)
