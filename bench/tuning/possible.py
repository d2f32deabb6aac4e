"""What can be set here: asked before a sweep starts, and told by the doctor. Nothing is changed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.energy.availability import Unavailable
from bench.energy.meter import MeterError
from bench.errors import UsageError
from bench.machine.processors import available_cpus
from bench.tuning.governors import governors_of
from bench.tuning.gpu_controls import open_controls
from bench.tuning.value import GOVERNOR, GPU_CLOCK, POWER_LIMIT, TUNING_AXES, Tuning


@dataclass(frozen=True, slots=True)
class Possibility:
    """Whether one setting can be set here: `allowed` in words, and `accepts` for a value; else the reason.

    `allowed` is None where there is nothing to set: no GPU, or no frequency driver.
    """

    name: str
    allowed: str | None
    accepts: Callable[[Any], bool] = lambda _: False
    why_not: str | None = None
    remedy: str | None = None


def possibilities(
    names: Iterable[str] = tuple(TUNING_AXES),
    root: Path = Path("/"),
    processors: Sequence[int] | None = None,
    nvml: Any = None,
    *,
    tries: bool = True,
) -> tuple[Possibility, ...]:
    """Whether each of these settings can be set here. Raises nothing of the hardware.

    `tries` is whether the driver of a GPU is asked for the right, by setting the power limit that it has; else nothing
    is written, and root alone counts as permitted.
    """
    wanted = [name for name in TUNING_AXES if name in set(names)]
    on_gpu = [name for name in wanted if TUNING_AXES[name] == "cuda"]
    found = [*_on_gpu(on_gpu, nvml, tries=tries)] if on_gpu else []
    if GOVERNOR in wanted:
        found.append(_governor(root, sorted(available_cpus()) if processors is None else processors))
    return tuple(found)


def require_possible(
    tunings: Iterable[Tuning], root: Path = Path("/"), processors: Sequence[int] | None = None, nvml: Any = None
) -> None:
    """Raise UsageError for a setting that cannot be set here, with what it takes, or a value that is not allowed."""
    values: dict[str, dict[int | str, None]] = {}
    for tuning in tunings:
        for name, value in tuning.values.items():
            values.setdefault(name, {})[value] = None
    for one in possibilities(values, root, processors, nvml) if values else ():
        if one.why_not is not None:
            remedy = f"; {one.remedy}" if one.remedy else ""
            raise UsageError(f"{one.name} cannot be set here: {one.why_not}{remedy}")
        for value in values[one.name]:
            if not one.accepts(value):
                raise UsageError(f"{one.name} has the value {value}; allowed on this machine: {one.allowed}")


def _on_gpu(names: Sequence[str], nvml: Any, *, tries: bool) -> Iterator[Possibility]:
    try:
        gpu = open_controls(nvml=nvml)
    except MeterError as error:
        yield from (Possibility(name, None, why_not=str(error), remedy=_remedy(error)) for name in names)
        return
    readers = {GPU_CLOCK: (_clock, gpu.require_permission_for_clock),
               POWER_LIMIT: (_power_limit, gpu.require_permission_for_power)}  # fmt: skip
    by_user = gpu.require_root
    try:
        for name in names:
            ask, require_permission = readers[name]
            allowed: str | None = None
            try:
                allowed, accepts = ask(gpu)
                (require_permission if tries else by_user)()
            except MeterError as error:
                yield Possibility(name, allowed, why_not=str(error), remedy=_remedy(error))
            else:
                yield Possibility(name, allowed, accepts)
    finally:
        gpu.close()


def _clock(gpu: Any) -> tuple[str, Callable[[Any], bool]]:
    clocks_mhz = gpu.clocks_mhz()
    steps = {after - before for before, after in itertools.pairwise(clocks_mhz)}
    in_steps = f" in steps of {steps.pop()}" if len(steps) == 1 else f", {len(clocks_mhz)} clocks"
    return f"{clocks_mhz[0]} to {clocks_mhz[-1]} MHz{in_steps}", lambda mhz: mhz in clocks_mhz


def _power_limit(gpu: Any) -> tuple[str, Callable[[Any], bool]]:
    low_w, high_w = gpu.power_limits_w()
    return f"{low_w:g} to {high_w:g} W", lambda limit_w: low_w <= limit_w <= high_w


def _governor(root: Path, processors: Sequence[int]) -> Possibility:
    allowed: str | None = None
    try:
        governors = governors_of(root, processors)
        allowed = ", ".join(governors.allowed)
        governors.require_permission()
    except Unavailable as error:
        return Possibility(GOVERNOR, allowed, why_not=str(error), remedy=error.remedy)
    return Possibility(GOVERNOR, allowed, lambda name: name in governors.allowed)


def _remedy(error: MeterError) -> str | None:
    return error.remedy if isinstance(error, Unavailable) else None
