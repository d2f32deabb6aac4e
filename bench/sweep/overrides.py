"""The values of the command line that replace those of a configuration, and the rule that merges them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from bench.energy.model import PowerModel, socket_power
from bench.errors import UsageError, refuse_useless
from bench.gate.data import AS_X, require_known
from bench.machine.pinning import MALLOCS
from bench.machine.processors import allotted_cores
from bench.sweep.axes import THREADS, parse_axis
from bench.sweep.config import Config
from bench.sweep.config_keys import ENERGY
from bench.sweep.duration import seconds
from bench.timing import CACHES
from bench.tuning.value import TUNING_AXES


@dataclass(frozen=True, slots=True)
class Overrides:
    """Values that replace a configuration's own. None, or empty for `axes` and `load`, if the user gave none.

    The fields up to `energy_windows` are fields of Config. `axes` are texts such as kernel=1,3,5. `threads`, `load`
    (files of plug-ins), `step_timeout_s` and `max_memory_bytes` are settings of the workers. `power` is the user's
    own model of the processor.
    """

    implementations: tuple[str, ...] | None = None
    devices: tuple[str, ...] | None = None
    precisions: tuple[str, ...] | None = None
    layouts: tuple[str, ...] | None = None
    data: tuple[str, ...] | None = None
    weights: str | None = None
    bias: bool | None = None
    cache: str | None = None
    malloc: str | None = None
    seed: int | None = None
    budget_s: float | None = None
    max_seconds: float | None = None
    target_rel_ci: float | None = None
    processes: int | None = None
    energy: str | None = None
    energy_window_s: float | None = None
    energy_windows: int | None = None
    axes: tuple[str, ...] = ()
    load: tuple[Path, ...] = ()
    threads: int | None = None
    step_timeout_s: float | None = None
    max_memory_bytes: int | None = None
    power: PowerModel | None = None

    def __post_init__(self) -> None:
        for option, number in (
            ("--energy-window", self.energy_window_s),
            ("--max-seconds", self.max_seconds),
            ("--target-ci", self.target_rel_ci),
        ):
            if number is not None and not math.isfinite(number):
                raise UsageError(f"{option} is {number}; allowed: a finite number")
        for name in (*(self.data or ()), *filter(None, [self.weights])):
            if name != AS_X:
                require_known(name)
        for name, value, allowed in (
            ("cache", self.cache, CACHES),
            ("malloc", self.malloc, MALLOCS),
            ("energy", self.energy, ENERGY),
        ):
            if value not in (None, *allowed):
                raise UsageError(f"{name} {value!r} is unknown; allowed: {', '.join(allowed)}")

    def merged_into(self, config: Config) -> Config:
        """The configuration with every value that the user gave, and the user's axes in place of its own.

        Raises UsageError for axes of a layer set, an axis that is not understood, and values without an effect.
        """
        if self.axes and not config.axes and (config.has_layers or config.include):
            where = f"{config.name} is a set of layers"
            raise UsageError(f"axes vary a base problem, and {where}; leave out -a (for data type --data)")
        for text in self.axes:
            config = config.with_axis(parse_axis(text))
        self._refuse_set_by_axes(config)
        named = {f.name for f in fields(config)} - {"axes"}
        given = {
            f.name: value for f in fields(self) if f.name in named and (value := getattr(self, f.name)) is not None
        }
        merged = replace(config, **given)
        self._refuse_without_energy(merged)
        return merged

    def _refuse_set_by_axes(self, config: Config) -> None:
        """Raise UsageError for an option whose value an axis sets in every case."""
        varied = {axis.name for axis in config.axes}
        for axis, option, value in (
            ("precision", "--precision", self.precisions),
            ("layout", "--layout", self.layouts),
            ("bias", "--bias", self.bias),
            (THREADS, "--threads", self.threads),
        ):
            if value is not None and axis in varied:
                refuse_useless(f"the axis {axis} sets it in every case", [option])

    def _refuse_without_energy(self, merged: Config) -> None:
        """Raise UsageError for options about windows of energy in a configuration that has none."""
        windows = {"--energy-window": self.energy_window_s, "--energy-windows": self.energy_windows}
        given = [option for option, value in windows.items() if value is not None]
        if merged.energy == "none":
            refuse_useless("no energy is measured (energy none)", given)
        if merged.cache == "cold":
            asked = ["--energy"] if self.energy in ("base", "all") else []
            refuse_useless("with cold caches no energy is measured", [*asked, *given])


def from_options(
    *,
    bias: bool = False,
    budget: str | None = None,
    step_timeout: str | None = None,
    max_worker_memory: float | None = None,
    energy: str | None = None,
    no_energy: bool = False,
    cpu_idle_w: float | None = None,
    cpu_max_w: float | None = None,
    cpu_cores: int | None = None,
    axes: Sequence[str] | None = None,
    load: Sequence[Path] | None = None,
    settings: Sequence[str] | None = None,
    **others: Any,
) -> Overrides:
    """Overrides from the options of a command; options in `others` are fields of Overrides, `settings` those of --set.

    Raises UsageError for text that is not a duration, or for some of the figures of the processor's power.
    """
    # A repeatable option is a list, empty if it was not given.
    given: dict[str, Any] = {n: (tuple(v) or None) if isinstance(v, list) else v for n, v in others.items()}
    figures = socket_power(cpu_idle_w, cpu_max_w, cpu_cores)
    return Overrides(
        bias=bias or None,
        budget_s=None if budget is None else seconds(budget),
        step_timeout_s=None if step_timeout is None else seconds(step_timeout),
        max_memory_bytes=None if max_worker_memory is None else int(max_worker_memory * 2**30),
        energy="none" if no_energy else energy,
        power=None if figures is None else figures.allotted(allotted_cores()),
        axes=(*(axes or ()), *map(_one_setting, settings or ())),
        load=tuple(load or ()),
        **given,
    )


def _one_setting(text: str) -> str:
    """A setting of clock or power as the axis with this one value. Raises UsageError for anything else."""
    axis = parse_axis(text)
    if axis.name not in TUNING_AXES or len(axis.values) > 1:
        raise UsageError(
            f"--set {text} is no single setting of clock or power; allowed: gpu_clock=1200 (MHz), power_limit=200 (W) "
            "or governor=performance; for several values: convcost sweep quick -a gpu_clock=1200,1500"
        )
    return text
