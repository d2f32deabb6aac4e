"""Makes jobs from names, files and options; everything is checked here, before anything is started."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.cost.layer import LayerSet
from bench.cost.rates import Rates
from bench.energy.executed import files as executed_files
from bench.energy.executed.model import ExecutedModel
from bench.errors import InfrastructureError, UsageError, refuse_useless
from bench.gate.data import Data
from bench.machine import devices as device_list
from bench.machine.memory import require_fit, worker_bytes
from bench.machine.processors import available_threads, require_threads
from bench.store import runs
from bench.store.run_json import require_same_schema
from bench.sweep import problem_texts
from bench.sweep.cases import Expansion, PlannedCase, expand, within_processors
from bench.sweep.config import Config, load
from bench.sweep.duration import seconds
from bench.sweep.job import Job
from bench.sweep.overrides import Overrides
from bench.tuning.possible import require_possible
from bench.tuning.value import TUNING_AXES
from bench.worker import elsewhere
from bench.worker.settings import START_TIMEOUT_S, STEP_TIMEOUT_S, Settings
from bench.worker.shared_settings import of_the_parent
from bench.worker.shared_state import undisturbed
from impls import Case, ConvProblem, registry

# Together these compute every problem on the CPU, in each of its precisions.
_NEVER_REFUSES = {"direct", "im2col"}
# The time budget of the one case of `measure`: short, as its user waits for the table.
_MEASURE_S = 1.0
# Each takes two seconds of a processor to start, and someone waits for the answer.
_MEASURE_PROCESSES = 3
# A day is longer than any step; the system cannot wait for more than some weeks at once.
_MOST_PATIENCE_S = 86_400.0


def for_sweep(
    name: str,
    overrides: Overrides,
    command: str,
    rates: Rates = Rates(),  # noqa: B008
    energy_model: Path | None = None,
) -> Job:
    """The job of a sweep, by name or file, with the user's carbon intensity, prices and model of executed work.

    Raises UsageError or impls.ConvError that say what is allowed.
    """
    return for_config(load(name), overrides, command, rates, energy_model)


def for_layers(
    layers: LayerSet,
    overrides: Overrides,
    command: str,
    rates: Rates = Rates(),  # noqa: B008
    energy_model: Path | None = None,
) -> Job:
    """The job of the layers of a network that was read: a sweep of each of them, once.

    Raises UsageError or impls.ConvError that say what is allowed.
    """
    return for_config(Config(name=layers.name, listed=layers), overrides, command, rates, energy_model)


def for_config(config: Config, overrides: Overrides, command: str, rates: Rates, energy_model: Path | None) -> Job:
    """The job of a sweep whose configuration is read already. Raises as `for_sweep` does."""
    job = _job(overrides.merged_into(config), overrides, command)
    problem_texts.require_precisions([planned.case.precision for planned in job.cases], overrides.precisions)
    return replace(job, rates=rates.with_currency(), executed=_executed(job, energy_model))


def _executed(job: Job, named: Path | None) -> ExecutedModel | None:
    """The model of the user's file, else of one for this microarchitecture that comes with convcost, else None."""
    is_measured = job.config.energy != "none" and job.config.cache == "warm"
    devices = tuple(dict.fromkeys(planned.case.device for planned in job.cases))
    if named is not None:
        if not is_measured:
            refuse_useless("joules are modelled in warm caches, and not with energy none", [executed_files.OPTION])
        return executed_files.of_user(named, devices)
    # Figures of the user come before a file of ours.
    wanted = [device for device in devices if is_measured and not (device == "cpu" and job.power)]
    return next(filter(None, map(executed_files.committed, wanted)), None)


def for_problem(descriptor: str, overrides: Overrides, command: str) -> Job:
    """The job of one problem in each chosen precision, layout and device.

    The descriptor may be pasted text; its precision is taken, and a different one of the user refused.
    """
    found = problem_texts.one_layer(descriptor)
    (layer,) = found.layers
    problem_texts.require_precisions([layer.precision], overrides.precisions)
    config = Config(
        name="measure",
        base=layer.problem.descriptor,
        bias=layer.problem.bias,
        max_seconds=_MEASURE_S,
        processes=_MEASURE_PROCESSES,
        visits=1,
    )
    if layer.precision is not None:
        config = replace(config, precisions=(layer.precision,))
    job = _job(overrides.merged_into(config), overrides, command)
    return replace(job, skipped=(*found.left_out, *job.skipped))


def for_problems(problems: Sequence[ConvProblem], overrides: Overrides, command: str) -> Job:
    """The job of many problems, in each chosen precision, layout and device.

    Each problem has all its precisions before the next problem: a limit of time leaves out no precision.
    """
    config = overrides.merged_into(Config(name="validate"))
    data = [Data.of(name, config.weights) for name in config.data]
    cases = tuple(
        PlannedCase(Case(problem, precision, layout, device), data=values)
        for device in _devices(config, overrides)
        for problem in problems
        for precision in config.precisions
        for layout in config.layouts
        for values in data
    )
    return _finish(config, Expansion(cases, ()), overrides, command)


def for_resumed(folder: Path, command: str) -> Job:
    """The job that a run was begun with, with the same candidates.

    Raises UsageError for a folder that is not a run and for a run of an earlier schema, InfrastructureError for a
    run.json with missing entries.
    """
    require_same_schema(folder)
    meta = runs.read_meta(folder)
    try:
        settings, configuration = meta["settings"], meta["configuration"]
        # The run goes on as it began.
        require_threads(settings["threads"], "resume the run on the machine where it began, or begin another")
        overrides = Overrides(threads=settings["threads"], load=tuple(Path(p) for p in settings["load"]))
        config = replace(Config.from_dict(configuration), implementations=tuple(configuration["candidates"]))
        rates, terms = Rates.from_dict(meta["rates"]), runs.energy_terms(folder, {"energy": meta["energy"]})
        patience_s, most = settings["step_timeout_s"], settings.get("max_memory_bytes")
    except (KeyError, TypeError) as error:
        raise InfrastructureError(f"{folder / runs.META_NAME} is damaged: {error!r}") from error
    job = _job(config, overrides, command)
    settings = replace(job.settings, step_timeout_s=patience_s, max_memory_bytes=most or worker_bytes())
    return replace(job, rates=rates, power=terms.model, executed=terms.executed, settings=settings)


def _job(config: Config, overrides: Overrides, command: str) -> Job:
    devices = _devices(config, overrides)
    _require_devices_of_settings(config, devices)
    missing: tuple[str, ...] = ()
    if "cpu" in devices:
        config, missing = within_processors(config, available_threads())
    expansion = expand(config, devices, require_threads(overrides.threads), available_threads())
    require_possible(planned.tuning for planned in expansion.cases)
    return _finish(config, replace(expansion, skipped=(*missing, *expansion.skipped)), overrides, command)


def _require_devices_of_settings(config: Config, devices: Sequence[str]) -> None:
    """Raise UsageError for an axis of clock or power whose device is not measured: it would have no effect."""
    for axis in config.axes:
        device = TUNING_AXES.get(axis.name)
        if device is not None and device not in devices:
            raise UsageError(
                f"{axis.name} is a setting of {device}, and only {', '.join(devices) or 'no device'} is measured here; "
                f"leave out {axis.name}, or see `convcost doctor`"
            )


def _devices(config: Config, overrides: Overrides) -> tuple[str, ...]:
    if overrides.devices:
        # Named by the user: a missing device is an error. Those of a configuration are left out if missing.
        return tuple(device_list.require(device) for device in overrides.devices)
    return device_list.existing(config.devices)


def _finish(config: Config, expansion: Expansion, overrides: Overrides, command: str) -> Job:
    elsewhere.load(overrides.load, overrides.step_timeout_s or START_TIMEOUT_S)
    # Implementations of installed packages are asked here too, and the workers inherit what they change.
    with undisturbed(of_the_parent()):
        require_fit(planned.case for planned in expansion.cases)
        for planned in expansion.cases:
            if planned.data.contents:
                _require_own_tensors(planned)
        implementations = registry.select(config.implementations)
        _require_something_to_run(expansion.cases, implementations)
    return Job(
        config=config,
        cases=expansion.cases,
        implementations=implementations,
        settings=replace(
            _settings(overrides.threads, overrides.load, overrides.step_timeout_s, overrides.max_memory_bytes),
            malloc=config.malloc,
        ),
        command=command,
        skipped=expansion.skipped,
        power=overrides.power,
    )


def _require_own_tensors(planned: PlannedCase) -> None:
    """Raise UsageError for the user's own tensors that do not fit a case. Loads torch."""
    from bench.gate.inputs import tensors

    tensors(planned.case, 0, planned.data)


def settings_for(threads: int | None, load: Sequence[Path] = (), step_timeout: str | None = None) -> Settings:
    """The settings of workers, from options. Raises UsageError for too many threads, or text that is not a duration."""
    return _settings(threads, load, None if step_timeout is None else seconds(step_timeout))


def _settings(
    threads: int | None, load: Sequence[Path], step_timeout_s: float | None, max_memory_bytes: int | None = None
) -> Settings:
    patience_s = STEP_TIMEOUT_S if step_timeout_s is None else step_timeout_s
    if patience_s > _MOST_PATIENCE_S:
        raise UsageError(f"--step-timeout is {patience_s:g} s; allowed: a day at most, 24h")
    most = worker_bytes() if max_memory_bytes is None else max_memory_bytes
    return Settings(require_threads(threads), tuple(load), step_timeout_s=patience_s, max_memory_bytes=most)


def _require_something_to_run(cases: Sequence[PlannedCase], names: Sequence[str]) -> None:
    """Raise UsageError if every candidate refuses every case. Loads nothing if one of them computes every case."""
    if set(names) >= _NEVER_REFUSES and any(p.case.device == "cpu" for p in cases):
        return
    reasons: dict[str, str] = {}
    for name in names:
        implementation = registry.get(name)
        for planned in cases:
            try:
                reason = implementation.why_not(planned.case)
            except Exception:
                # A fault of a plug-in: the worker will report it, as a row that failed.
                return
            if reason is None:
                return
            reasons.setdefault(name, reason)
    why = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
    raise UsageError(f"none of these computes any of the cases: {why}")
