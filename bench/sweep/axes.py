"""The axes of a sweep: their names, the values they allow, and the effect of a value on a problem."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from bench.bounds import LARGEST
from bench.errors import UsageError
from bench.gate.data import ALLOWED, AS_X, DEFAULT, is_allowed
from bench.tuning.value import AS_IS, GOVERNOR, GOVERNORS, GPU_CLOCK, POWER_LIMIT, Tuning
from impls import ConvProblem
from impls.descriptor import MAX_DIGITS
from impls.errors import did_you_mean
from impls.interface import LAYOUTS
from impls.padding import PaddingLike, Pair, resolve
from impls.precision import PRECISIONS

Value: TypeAlias = int | str
THREADS = "threads"
DATA_AXES = ("data", "weights")
_PAIR = re.compile(r"([0-9]{1,18})x([0-9]{1,18})$")
_NUMBER = re.compile(r"[0-9]+$")
_RANGE = re.compile(r"\[(-?[0-9]+):(-?[0-9]+)(?::(-?[0-9]+))?\]$")
_SPEC = re.compile(r"(?P<name>[a-z_-]+)(?:\[(?P<scale>[a-z0-9]+)\])?=(?P<values>.+)$")
_MAX_VALUES = 10_000
_LISTS = "name=value,value or name=[first:last:step] or name[pow2]=[first:last:step], as in kernel=1,3,5"


@dataclass(frozen=True, slots=True)
class Axis:
    """A name and its values in order; the first is the baseline."""

    name: str
    values: tuple[Value, ...]

    @property
    def baseline(self) -> Value:
        return self.values[0]


@dataclass(frozen=True, slots=True)
class Draft:
    """A problem while axes are applied to it: words for padding and groups are kept until all sizes are final."""

    batch: int
    in_channels: int
    size: Pair
    out_channels: int
    kernel: Pair
    stride: Pair
    padding: PaddingLike
    dilation: Pair
    groups: Value
    bias: bool
    precision: str
    layout: str
    # Threads of the worker; None for those of the sweep.
    threads: int | None = None
    # Names of bench.gate.data.
    data: str = DEFAULT
    weights: str = AS_X
    # Clock and power while the case is measured.
    tuning: Tuning = Tuning()  # noqa: RUF009

    @classmethod
    def of(cls, p: ConvProblem, precision: str, layout: str) -> Draft:
        return cls(
            p.batch, p.in_channels, p.size, p.out_channels, p.kernel, p.stride, p.padding,
            p.dilation, p.groups, p.bias, precision, layout,
        )  # fmt: skip

    def problem(self) -> ConvProblem:
        """The finished problem. Raises ProblemError if the sizes do not fit together."""
        groups = self.in_channels if self.groups == "depthwise" else int(self.groups)
        padding = resolve(self.padding, self.size, self.kernel, self.stride, self.dilation)
        return ConvProblem(
            self.batch, self.in_channels, self.size, self.out_channels, self.kernel,
            self.stride, padding, self.dilation, groups, self.bias,
        )  # fmt: skip


def _pair_of(value: Value) -> Pair:
    if isinstance(value, int):
        return value, value
    match = _PAIR.match(value)
    assert match, "values were checked when the axis was made"
    return int(match[1]), int(match[2])


def _channels(draft: Draft, value: Value) -> Draft:
    return replace(draft, in_channels=int(value), out_channels=int(value))


@dataclass(frozen=True, slots=True)
class _Kind:
    """The values that an axis allows, in words and as a check, and the effect of a value on a draft."""

    allowed: str
    accepts: Callable[[Value], bool]
    apply: Callable[[Draft, Value], Draft]


def _whole(least: int) -> Callable[[Value], bool]:
    return lambda v: isinstance(v, int) and least <= v <= LARGEST


def _whole_or_pair(value: Value) -> bool:
    if isinstance(value, int):
        return 1 <= value <= LARGEST
    match = _PAIR.match(value) if isinstance(value, str) else None
    return match is not None and min(int(match[1]), int(match[2])) >= 1


def _one_of(words: tuple[str, ...]) -> Callable[[Value], bool]:
    return lambda v: v in words


def _set_to(value: Value) -> int | None:
    """A number, None for as the machine is set."""
    return None if value == AS_IS else int(value)


_POSITIVE = "whole numbers of at least 1"
_SIZES = "whole numbers of at least 1, or heightxwidth as in 3x5"

AXES: dict[str, _Kind] = {
    "kernel": _Kind(_SIZES, _whole_or_pair, lambda d, v: replace(d, kernel=_pair_of(v))),
    "stride": _Kind(_SIZES, _whole_or_pair, lambda d, v: replace(d, stride=_pair_of(v))),
    "padding": _Kind(
        "same, valid, or whole numbers of at least 0",
        lambda v: v in ("same", "valid") or _whole(0)(v),
        lambda d, v: replace(d, padding=v),
    ),
    "channels": _Kind(_POSITIVE, _whole(1), _channels),
    "in-channels": _Kind(_POSITIVE, _whole(1), lambda d, v: replace(d, in_channels=int(v))),
    "out-channels": _Kind(_POSITIVE, _whole(1), lambda d, v: replace(d, out_channels=int(v))),
    "size": _Kind(_SIZES, _whole_or_pair, lambda d, v: replace(d, size=_pair_of(v))),
    "batch": _Kind("whole numbers of at least 0", _whole(0), lambda d, v: replace(d, batch=int(v))),
    "dilation": _Kind(_SIZES + " (1 is dense)", _whole_or_pair, lambda d, v: replace(d, dilation=_pair_of(v))),
    "groups": _Kind(
        _POSITIVE + ", or depthwise",
        lambda v: v == "depthwise" or _whole(1)(v),
        lambda d, v: replace(d, groups=v),
    ),
    "bias": _Kind("0 or 1", lambda v: v in (0, 1), lambda d, v: replace(d, bias=bool(v))),
    "precision": _Kind(", ".join(PRECISIONS), _one_of(tuple(PRECISIONS)), lambda d, v: replace(d, precision=str(v))),
    THREADS: _Kind(_POSITIVE, _whole(1), lambda d, v: replace(d, threads=int(v))),
    "data": _Kind(ALLOWED, is_allowed, lambda d, v: replace(d, data=str(v))),
    "weights": _Kind(
        f"{AS_X} (as data says), {ALLOWED}",
        lambda v: v == AS_X or is_allowed(v),
        lambda d, v: replace(d, weights=str(v)),
    ),
    "layout": _Kind(", ".join(LAYOUTS), _one_of(LAYOUTS), lambda d, v: replace(d, layout=str(v))),
    GPU_CLOCK: _Kind(
        f"whole numbers of MHz that the GPU has, or {AS_IS}",
        lambda v: v == AS_IS or _whole(1)(v),
        lambda d, v: replace(d, tuning=replace(d.tuning, gpu_clock_mhz=_set_to(v))),
    ),
    POWER_LIMIT: _Kind(
        f"whole numbers of W that the GPU allows, or {AS_IS}",
        lambda v: v == AS_IS or _whole(1)(v),
        lambda d, v: replace(d, tuning=replace(d.tuning, power_limit_w=_set_to(v))),
    ),
    GOVERNOR: _Kind(
        f"{', '.join(GOVERNORS)} as far as the processor has them, or {AS_IS}",
        _one_of((*GOVERNORS, AS_IS)),
        lambda d, v: replace(d, tuning=replace(d.tuning, governor=None if v == AS_IS else str(v))),
    ),
}


class _TooLong(ValueError):
    """A number with more digits than any size has."""


def make_axis(name: str, values: tuple[Value, ...]) -> Axis:
    """An axis with a known name and allowed values. Raises UsageError with what is allowed."""
    if name not in AXES:
        raise UsageError(f"axis {name!r} is unknown{did_you_mean(name, AXES)}; allowed: {', '.join(AXES)}")
    if not values:
        raise UsageError(f"axis {name} has no values; allowed: {AXES[name].allowed}")
    for value in values:
        if isinstance(value, bool) or not isinstance(value, (int, str)) or not AXES[name].accepts(value):
            raise UsageError(f"axis {name} has the value {value!r}; allowed: {AXES[name].allowed}")
    if len(set(values)) != len(values):
        raise UsageError(f"axis {name} names a value twice: {', '.join(map(str, values))}")
    return Axis(name, values)


def parse_axis(text: str) -> Axis:
    """An axis from a command line: "kernel=1,3,5", "kernel=[1,3,5]", "kernel=[1:9:2]" or "channels[pow2]=[4:9:1]".

    Ranges include both ends. Raises UsageError with the forms that are allowed.
    """
    match = _SPEC.match(text)
    if not match or match["scale"] not in (None, "pow2"):
        raise UsageError(f"axis {text!r} is not understood; allowed: {_LISTS}")
    try:
        values = _expand_range(text, match["values"])
    except _TooLong as error:
        raise UsageError(f"axis {match['name']}: a value has {error.args[0]} digits; allowed: {MAX_DIGITS}") from error
    if match["scale"] == "pow2":
        values = tuple(_power_of_two(text, v) for v in values)
    return make_axis(match["name"], values)


def _expand_range(text: str, values: str) -> tuple[Value, ...]:
    match = _RANGE.match(values)
    if not match:
        return tuple(parse_value(v.strip()) for v in _listed(text, values).split(","))
    first, last, step = (_integer(part or "1") for part in match.groups())
    if step < 1 or last < first or (last - first) // step >= _MAX_VALUES:
        raise UsageError(
            f"axis {text!r}: the range must go up in steps of at least 1 and have at most {_MAX_VALUES} values"
        )
    return tuple(range(first, last + 1, step))


def _listed(text: str, values: str) -> str:
    """Values without the brackets of a list as in TOML: kernel=[1,3]."""
    bare = values.strip()
    if bare.startswith("[") and bare.endswith("]"):
        bare = bare[1:-1]
    if "[" in bare or "]" in bare:
        raise UsageError(f"axis {text!r}: brackets are nested or not closed; allowed: {_LISTS} or kernel=[1,3,5]")
    return bare


def _power_of_two(text: str, value: Value) -> int:
    if not isinstance(value, int) or not 0 <= value <= 40:
        raise UsageError(f"axis {text!r}: pow2 takes exponents from 0 to 40, not {value!r}")
    return int(2**value)


def parse_value(text: str) -> Value:
    """The text, or the whole number that it is."""
    return _integer(text) if _NUMBER.match(text) else text


def _integer(text: str) -> int:
    digits = len(text.lstrip("-"))
    if digits > MAX_DIGITS:
        raise _TooLong(digits)
    return int(text)
