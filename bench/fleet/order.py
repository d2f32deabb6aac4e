"""An order: a sweep as text, for a machine that makes the job of it or measures some of its cases."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bench.cost.rates import Rates
from bench.errors import InfrastructureError, UsageError, refuse_useless
from bench.machine.processors import available_threads
from bench.sweep.config import Config, load
from bench.sweep.job import Job
from bench.sweep.jobs import for_config
from bench.sweep.overrides import Overrides
from bench.version import __version__
from impls.wording import count


@dataclass(frozen=True, slots=True)
class SweepOrder:
    """A sweep; without `keys` a plan of it is wanted, with them these cases are measured.

    `configuration` and `rates` are JSON-ready. `files` are the checksums (SHA-256) of the user's files by their whole
    paths: they must be the same on every machine. `budget_s` is the share of these cases, `processors` the number that
    the machine had when it planned, and `first_process` the number of the first worker.
    """

    version: str
    command: str
    configuration: Mapping[str, Any]
    rates: Mapping[str, Any]
    files: Mapping[str, str]
    load: tuple[str, ...] = ()
    devices: tuple[str, ...] | None = None
    precisions: tuple[str, ...] | None = None
    threads: int | None = None
    step_timeout_s: float | None = None
    energy_model: str | None = None
    keys: tuple[str, ...] = ()
    budget_s: float | None = None
    processors: int | None = None
    first_process: int = 0

    def to_json(self) -> str:
        return json.dumps(asdict(self), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> SweepOrder:
        """The inverse of `to_json`. Raises UsageError for an order of another version of convcost."""
        plain = json.loads(text)
        if plain.get("version") != __version__:
            raise UsageError(
                f"convcost {__version__} is installed there, and the sweep was started by {plain.get('version')}; "
                "install the same version on every machine"
            )
        found: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()
        }
        return cls(**found)


def order_for(
    what: str, overrides: Overrides, command: str, rates: Rates, energy_model: Path | None = None
) -> SweepOrder:
    """The order that plans a sweep, named as for `for_sweep`.

    Raises UsageError for what no machine would accept, and for figures of one processor.
    """
    if overrides.power is not None:
        refuse_useless("machines of a fleet may have other processors", ["--cpu-idle-w", "--cpu-max-w", "--cpu-cores"])
    config = overrides.merged_into(load(what)).with_whole_paths()
    plugins = [path.resolve() for path in overrides.load]
    model = None if energy_model is None else energy_model.resolve()
    return SweepOrder(
        version=__version__,
        command=command,
        configuration=config.as_dict(),
        rates=rates.with_currency().as_dict(),
        files={str(path): _checksum(path) for path in (*plugins, *_files(config), *filter(None, [model]))},
        load=tuple(map(str, plugins)),
        devices=overrides.devices,
        precisions=overrides.precisions,
        threads=overrides.threads,
        step_timeout_s=overrides.step_timeout_s,
        energy_model=None if model is None else str(model),
    )


def job_of(order: SweepOrder) -> Job:
    """The job of an order on this machine: all cases, or those that are to be measured.

    Raises UsageError for files that are missing or others, and as `for_sweep` does; InfrastructureError if the machine
    is not the one that planned.
    """
    for name, checksum in order.files.items():
        if _checksum(Path(name)) != checksum:
            raise UsageError(f"{name} is another file there than where the sweep was started; copy it to every machine")
    if order.processors not in (None, available_threads()):
        raise InfrastructureError(
            f"{count(available_threads(), 'processor')} there now, and {order.processors} when it was planned"
        )
    overrides = Overrides(
        devices=order.devices,
        precisions=order.precisions,
        load=tuple(map(Path, order.load)),
        threads=order.threads,
        step_timeout_s=order.step_timeout_s,
    )
    config, model = Config.from_dict(dict(order.configuration)), order.energy_model
    job = for_config(
        config, overrides, order.command, Rates.from_dict(order.rates), None if model is None else Path(model)
    )
    return _limited(job, order) if order.keys else job


def _limited(job: Job, order: SweepOrder) -> Job:
    """The job with the cases of the order alone, and their share of the budget."""
    cases = tuple(planned for planned in job.cases if job.key_of(planned) in order.keys)
    if len(cases) != len(order.keys):
        raise InfrastructureError("the machine plans other cases than those that it was asked to measure")
    return replace(job, cases=cases, config=replace(job.config, budget_s=order.budget_s))


def _files(config: Config) -> Iterator[Path]:
    """The files that a configuration with whole paths names: layers, other sweeps, and the values of inputs."""
    named: list[Path] = []

    def keep(path: Path) -> Path:
        named.append(path)
        return path

    config.with_data_files(keep)
    # Names of what is built in, and pasted text, are no whole paths.
    places = [path for name in (*config.layers, *config.include) if (path := Path(name)).is_absolute()]
    yield from dict.fromkeys([*places, *named])


def _checksum(path: Path) -> str:
    """The SHA-256 of a file. Raises UsageError for one that cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read ({error.strerror or error}); every machine needs it under this path"
        ) from None
