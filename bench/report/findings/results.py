"""Reads the measurements as typed values; nothing after this uses a data frame.

Only a row with status ok has a `time` here, so a result not proven right cannot reach a timing table.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench import format
from bench.format import count
from bench.gate.data import DEFAULT, Data
from bench.machine.pinning import PINNED_MALLOC
from bench.report.findings.frame_values import is_missing, listed, number, text, whole
from bench.rows.standing import usable
from bench.store.column_types import LayerPlace
from bench.store.status import Flag, Status
from bench.tuning.value import Tuning

if TYPE_CHECKING:
    import pandas as pd

GIGA = 1e9

# Padding is left out because "same" padding follows from kernel and stride; the output follows from everything.
_SIZES = ("batch", "ic", "ih", "iw", "oc", "kh", "kw", "groups")
_PAIRS = ("stride", "dilation")


@dataclass(frozen=True, slots=True)
class Group:
    """The conditions that two times must share to be in one ranking or on one line of a figure."""

    device: str
    precision: str
    layout: str
    threads: int | None = None
    cache: str = "warm"
    data: str = ""
    malloc: str = PINNED_MALLOC
    tuning: Tuning = Tuning()  # noqa: RUF009

    @property
    def label(self) -> str:
        parts = [self.device, self.precision, self.layout]
        if self.threads is not None:
            parts.append(count(self.threads, "thread"))
        if self.cache != "warm":
            parts.append(f"{self.cache} caches")
        if self.malloc != PINNED_MALLOC:
            parts.append(f"{self.malloc} malloc")
        if self.tuning.label:
            parts.append(self.tuning.label)
        return " · ".join([*parts, self.data] if self.data else parts)


@dataclass(frozen=True, slots=True)
class Time:
    """A time in seconds with its 95 % interval; both ends are None without one."""

    value_s: float
    low_s: float | None = None
    high_s: float | None = None

    @property
    def interval_s(self) -> tuple[float, float] | None:
        return None if self.low_s is None or self.high_s is None else (self.low_s, self.high_s)

    def scaled(self, factor: int) -> Time:
        """This time multiplied by `factor`."""
        if self.low_s is None or self.high_s is None:
            return Time(self.value_s * factor)
        return Time(self.value_s * factor, self.low_s * factor, self.high_s * factor)


@dataclass(frozen=True, slots=True)
class OtherCosts:
    """The costs of a row other than its time, and its share of the roofline; None where unknown.

    `roofline_fraction` is unknown where a library may have executed fewer FLOPs than the definition.
    """

    roofline_fraction: float | None = None
    jit_s: float | None = None
    plan_s: float | None = None
    first_call_s: float | None = None
    break_even_calls: int | None = None
    break_even_low_calls: int | None = None
    break_even_high_calls: int | None = None
    break_even_first_time_calls: int | None = None
    workspace_bytes: int | None = None
    plan_bytes: int | None = None
    peak_bytes: int | None = None
    plan_cached_s: float | None = None
    compulsory_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One row of the measurements: one case computed by one implementation, or by the `delegate` it chose.

    `sizes` are those of the problem by column, without padding and output.
    """

    case_key: str
    descriptor: str
    sizes: tuple[tuple[str, object], ...]
    group: Group
    points: tuple[Mapping[str, str], ...]
    layers: tuple[LayerPlace, ...]
    implementation: str
    status: Status
    reason: str
    flags: tuple[Flag, ...]
    time: Time | None
    over_best: float | None
    over_best_low: float | None
    over_best_high: float | None
    direct_flops: int
    error_rms: float | None
    error_rms_limit: float | None
    error_share: float | None
    bound: str
    command: str
    other: OtherCosts = OtherCosts()
    delegate: str = ""

    @property
    def time_s(self) -> float | None:
        return self.time.value_s if self.time else None

    @property
    def interval_s(self) -> tuple[float, float] | None:
        return self.time.interval_s if self.time else None

    @property
    def rate_gflops(self) -> float | None:
        """Effective GFLOP/s: direct FLOPs over time; None without a time or without FLOPs (batch 0)."""
        return self.direct_flops / self.time.value_s / GIGA if self.time and self.direct_flops > 0 else None

    @property
    def rate_interval_gflops(self) -> tuple[float, float] | None:
        ends = self.time.interval_s if self.time else None
        if ends is None or self.direct_flops <= 0:
            return None
        return self.direct_flops / ends[1] / GIGA, self.direct_flops / ends[0] / GIGA


def read(measurements: pd.DataFrame) -> tuple[Result, ...]:
    """Every row of the measurements, in order.

    Raises ValueError for an unknown status or flag.
    """
    return tuple(_result(record) for record in measurements.to_dict("records"))


def add(times: Iterable[Time]) -> Time | None:
    """The sum of some times, None without any; adding low ends and high ends gives a conservative interval.

    The interval is None if one of the terms has none.
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
    """The groups, in order of appearance."""
    return tuple(dict.fromkeys(result.group for result in results))


def implementations(results: Iterable[Result]) -> tuple[str, ...]:
    """The names, in order of appearance."""
    return tuple(dict.fromkeys(result.implementation for result in results))


def by_case(results: Iterable[Result]) -> dict[tuple[Group, str], tuple[Result, ...]]:
    """The results of each case; the group is part of the key, so a case never mixes devices."""
    found: dict[tuple[Group, str], list[Result]] = {}
    for result in results:
        found.setdefault((result.group, result.case_key), []).append(result)
    return {key: tuple(members) for key, members in found.items()}


def _result(record: Mapping[Any, Any]) -> Result:
    status = Status(text(record.get("status")))
    threads = number(record.get("threads"))
    return Result(
        case_key=text(record.get("case_key")),
        descriptor=format.problem(text(record.get("descriptor")), bias=bool(number(record.get("bias")))),
        sizes=(
            *((name, whole(record.get(name))) for name in _SIZES),
            *((name, listed(record.get(name))) for name in _PAIRS),
        ),
        group=Group(
            text(record.get("device")),
            text(record.get("precision")),
            text(record.get("layout")),
            None if threads is None else int(threads),
            text(record.get("cache")) or "warm",
            _data(record),
            text(record.get("malloc")) or PINNED_MALLOC,
            _tuning(record),
        ),
        points=tuple({at["axis"]: at["value"] for at in point} for point in listed(record.get("points"))),
        layers=tuple(LayerPlace(**layer) for layer in listed(record.get("layers"))),
        implementation=text(record.get("implementation")),
        status=status,
        reason=text(record.get("reason")),
        flags=tuple(map(Flag, listed(record.get("flags")))),
        time=_time(record) if status is Status.OK else None,
        over_best=number(record.get("over_best")),
        over_best_low=number(record.get("over_best_low")),
        over_best_high=number(record.get("over_best_high")),
        direct_flops=int(number(record.get("direct_flops")) or 0),
        error_rms=number(record.get("error_rms")),
        error_rms_limit=number(record.get("error_rms_limit")),
        error_share=number(record.get("error_share")),
        bound=text(record.get("bound")),
        command=text(record.get("command")),
        other=_other_costs(record),
        delegate=text(record.get("delegate")),
    )


def _data(record: Mapping[Any, Any]) -> str:
    """The values of inputs and weights, with whole paths: files of one name in two folders are not mixed."""
    return Data(text(record.get("data")) or DEFAULT, text(record.get("weights")) or None).key.removeprefix("data=")


def _tuning(record: Mapping[Any, Any]) -> Tuning:
    """The settings of clock and power; runs up to schema 2.3 have none."""
    clock_mhz, limit_w = whole(record.get("gpu_clock_mhz")), whole(record.get("power_limit_w"))
    return Tuning(clock_mhz, limit_w, text(record.get("governor")) or None)


def _other_costs(record: Mapping[Any, Any]) -> OtherCosts:
    knows_flops = text(record.get("algorithm")) or not is_missing(record.get("executed_flops"))
    return OtherCosts(
        roofline_fraction=number(record.get("roofline_fraction")) if knows_flops else None,
        jit_s=number(record.get("jit_s")),
        plan_s=number(record.get("plan_s")),
        first_call_s=number(record.get("first_call_s")),
        break_even_calls=whole(record.get("break_even_calls")),
        break_even_low_calls=whole(record.get("break_even_low_calls")),
        break_even_high_calls=whole(record.get("break_even_high_calls")),
        break_even_first_time_calls=whole(record.get("break_even_first_time_calls")),
        workspace_bytes=whole(record.get("workspace_bytes")),
        plan_bytes=whole(record.get("plan_bytes")),
        peak_bytes=whole(record.get("peak_bytes")),
        plan_cached_s=number(record.get("plan_cached_s")),
        compulsory_bytes=whole(record.get("compulsory_bytes")),
    )


def _time(record: Mapping[Any, Any]) -> Time | None:
    value = number(record.get("time_s"))
    if value is None or not 0 < value < math.inf:
        return None
    # Half an interval counts as none, and so does one that is too wide, which runs of older versions have.
    ends = usable(number(record.get("time_low_s")), number(record.get("time_high_s")))
    return Time(value) if ends is None else Time(value, *ends)
