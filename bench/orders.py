"""From what a user asked for to an order that can be run: everything is checked here, before anything is started."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.cost.rates import Rates
from bench.energy.model import OPTIONS, PowerModel, from_options
from bench.energy.sockets import allotted_cores
from bench.energy.terms import Terms
from bench.errors import InfrastructureError, UsageError
from bench.machine import devices as device_list
from bench.machine.memory import require_fits
from bench.machine.processors import available_threads, require_threads
from bench.store import runs
from bench.sweep.axes import parse_axis
from bench.sweep.cases import Expansion, PlannedCase, expand
from bench.sweep.config import ENERGY, Config, load
from bench.sweep.duration import seconds
from bench.sweep.order import Order
from bench.timing import CACHES
from bench.worker.settings import STEP_TIMEOUT_S, Settings
from impls import Case, ConvProblem, load_file, registry

# Between them they compute every problem on the CPU, in every precision that it has.
_NEVER_REFUSES = {"direct", "im2col"}
# Somebody waits for the table of `measure`: the budget of its case.
_MEASURE_S = 1.0
# More than any step takes; the system waits no longer than some weeks at once.
_MOST_PATIENCE_S = 86_400.0


@dataclass(frozen=True, slots=True)
class PowerFigures:
    """The user's own figures of the processor; all of them or none."""

    idle_w: float | None = None
    max_w: float | None = None
    socket_cores: int | None = None

    def model(self) -> PowerModel | None:
        """The model that they make, None without any. Raises UsageError for some without the others."""
        if self == PowerFigures():
            return None
        if self.idle_w is None or self.max_w is None or self.socket_cores is None:
            raise UsageError(f"a model of power needs {OPTIONS}, all three")
        return from_options(self.idle_w, self.max_w, self.socket_cores, allotted_cores())


@dataclass(frozen=True, slots=True)
class Choices:
    """What the command line overrides; empty or None leaves the configuration's own."""

    axes: Sequence[str] = ()
    implementations: Sequence[str] = ()
    devices: Sequence[str] = ()
    precisions: Sequence[str] = ()
    layouts: Sequence[str] = ()
    threads: int | None = None
    step_timeout: str | None = None
    max_seconds: float | None = None
    budget: str | None = None
    target_rel_ci: float | None = None
    processes: int | None = None
    cache: str | None = None
    seed: int | None = None
    bias: bool = False
    load: Sequence[Path] = ()
    energy: str | None = None
    energy_window_s: float | None = None
    energy_windows: int | None = None
    power: PowerFigures = PowerFigures()
    rates: Rates = Rates()  # noqa: RUF009


def for_sweep(what: str, choices: Choices, command: str) -> Order:
    """The order of a sweep by name or file. Raises UsageError or impls.ConvError, saying what is allowed."""
    return _order(_overridden(load(what), choices), choices, command)


def for_problem(descriptor: str, choices: Choices, command: str) -> Order:
    """The order of one problem in each chosen precision, layout and device."""
    ConvProblem.parse(descriptor)
    config = Config(name="measure", base=descriptor, max_seconds=_MEASURE_S)
    return _order(_overridden(config, choices), choices, command)


def for_problems(problems: Sequence[ConvProblem], choices: Choices, command: str) -> Order:
    """The order of many problems, each as it is, in each chosen precision, layout and device.

    Problem by problem: where time ends before all are done, every precision has been met.
    """
    config = _overridden(Config(name="validate"), choices)
    cases = tuple(
        PlannedCase(Case(problem, precision, layout, device))
        for device in _devices(config, choices)
        for problem in problems
        for precision in config.precisions
        for layout in config.layouts
    )
    return _finish(config, Expansion(cases, ()), choices, command)


def for_resumed(folder: Path, command: str) -> Order:
    """The order that a run's folder was started with, its candidates those of then.

    Raises UsageError for a folder that is no run, InfrastructureError for one whose run.json lacks something.
    """
    meta = runs.read_meta(folder)
    try:
        settings, configuration = meta["settings"], meta["configuration"]
        choices = Choices(threads=settings["threads"], load=tuple(Path(p) for p in settings["load"]))
        config = replace(Config.from_dict(configuration), implementations=tuple(configuration["candidates"]))
        # Runs of schema 1.2 know neither.
        rates = Rates.from_dict(meta["rates"]) if "rates" in meta else Rates()
        power = Terms.from_dict(meta["energy"]).model if "energy" in meta else None
        # Older ones do not say it.
        patience_s = settings.get("step_timeout_s", STEP_TIMEOUT_S)
    except (KeyError, TypeError) as error:
        raise InfrastructureError(f"{folder / runs.META_NAME} is damaged: {error!r}") from error
    order = _order(config, choices, command)
    return replace(order, rates=rates, power=power, settings=replace(order.settings, step_timeout_s=patience_s))


def _order(config: Config, choices: Choices, command: str) -> Order:
    return _finish(
        config, expand(config, _devices(config, choices), require_threads(choices.threads)), choices, command
    )


def _overridden(config: Config, choices: Choices) -> Config:
    if choices.axes and not config.axes and (config.layers or config.include):
        raise UsageError(f"axes vary a base problem, and {config.name} is a set of layers; leave out -a")
    for text in choices.axes:
        config = config.with_axis(parse_axis(text))
    for option, number in (("--energy-window", choices.energy_window_s), ("--max-seconds", choices.max_seconds)):
        if number is not None and not math.isfinite(number):
            raise UsageError(f"{option} is {number}; allowed: a finite number of seconds")
    for name, value, allowed in (("cache", choices.cache, CACHES), ("energy", choices.energy, ENERGY)):
        if value not in (None, *allowed):
            raise UsageError(f"{name} {value!r} is unknown; allowed: {', '.join(allowed)}")
    given: dict[str, Any] = {
        "implementations": tuple(choices.implementations) or None,
        "devices": tuple(choices.devices) or None,
        "precisions": tuple(choices.precisions) or None,
        "layouts": tuple(choices.layouts) or None,
        "max_seconds": choices.max_seconds,
        "budget_s": None if choices.budget is None else seconds(choices.budget),
        "target_rel_ci": choices.target_rel_ci,
        "processes": choices.processes,
        "cache": choices.cache,
        "seed": choices.seed,
        "bias": choices.bias or None,
        "energy": choices.energy,
        "energy_window_s": choices.energy_window_s,
        "energy_windows": choices.energy_windows,
    }
    return replace(config, **{name: value for name, value in given.items() if value is not None})


def _devices(config: Config, choices: Choices) -> tuple[str, ...]:
    if choices.devices:
        # Named by the user: a device that is not there is an error, not something to leave out.
        return tuple(device_list.require(device) for device in choices.devices)
    return device_list.existing(config.devices)


def _finish(config: Config, expansion: Expansion, choices: Choices, command: str) -> Order:
    for path in choices.load:
        load_file(path)
    for planned in expansion.cases:
        require_fits(planned.case)
        if (planned.threads or 1) > available_threads():
            allowed = f"whole numbers from 1 to {available_threads()}, the processors available here"
            raise UsageError(f"axis threads has the value {planned.threads}; allowed: {allowed}")
    implementations = registry.select(config.implementations)
    _require_something_to_run(expansion.cases, implementations)
    return Order(
        config=config,
        cases=expansion.cases,
        implementations=implementations,
        settings=settings_for(choices.threads, choices.load, choices.step_timeout),
        command=command,
        skipped=expansion.skipped,
        power=choices.power.model(),
        rates=choices.rates,
    )


def settings_for(threads: int | None, load: Sequence[Path] = (), step_timeout: str | None = None) -> Settings:
    """What workers are started with. Raises UsageError for threads that are not to be had, or no duration."""
    patience_s = STEP_TIMEOUT_S if step_timeout is None else seconds(step_timeout)
    if patience_s > _MOST_PATIENCE_S:
        raise UsageError(f"--step-timeout is {step_timeout}; allowed: a day at most, 24h")
    return Settings(require_threads(threads), tuple(load), step_timeout_s=patience_s)


def _require_something_to_run(cases: Sequence[PlannedCase], names: Sequence[str]) -> None:
    """Raise UsageError if every candidate refuses every case. Among all of them one never does: nothing is loaded."""
    if set(names) >= _NEVER_REFUSES and any(p.case.device == "cpu" for p in cases):
        return
    reasons: dict[str, str] = {}
    for name in names:
        implementation = registry.get(name)
        for planned in cases:
            try:
                reason = implementation.why_not(planned.case)
            except Exception:
                # A plug-in's own fault: the worker will say which, as a row that failed.
                return
            if reason is None:
                return
            reasons.setdefault(name, reason)
    why = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
    raise UsageError(f"none of these computes any of the cases: {why}")
