"""The cases of a configuration, in the order in which they are measured."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.cost.layer import merged
from bench.errors import UsageError
from bench.format import count
from bench.gate.data import AS_X, Data
from bench.networks.pasted import formats
from bench.sweep import layers as layer_files
from bench.sweep.axes import AXES, THREADS, Axis, Draft, Value
from bench.sweep.config import Config, load
from bench.tuning.value import Tuning
from impls import Case, ConvError, ConvProblem

Point = tuple[tuple[str, str], ...]
# One case takes seconds: more would take weeks, and their names alone gigabytes.
MOST_COMBINATIONS, _MOST_PARTS = 100_000, 1_000


@dataclass(frozen=True, slots=True)
class PlannedCase:
    """A case with its axis points (one value for every axis) and the layers of networks that have it.

    `threads` are those of its worker; None, without an axis of threads, for those of the sweep. `data` are the values
    of its inputs; implementations do not see their kind. `tuning` are the settings of clock and power of its device.
    """

    case: Case
    points: tuple[Point, ...] = ()
    layers: tuple[tuple[str, str, int], ...] = ()
    threads: int | None = None
    data: Data = Data()  # noqa: RUF009
    tuning: Tuning = Tuning()  # noqa: RUF009


@dataclass(frozen=True, slots=True)
class Expansion:
    """The cases of a configuration, and the impossible combinations, each with its reason."""

    cases: tuple[PlannedCase, ...]
    skipped: tuple[str, ...]


@dataclass(slots=True)
class _Places:
    """The points and layers of one case, in order, each once."""

    points: dict[Point, None] = field(default_factory=dict)
    layers: dict[tuple[str, str, int], None] = field(default_factory=dict)


def _combinations(config: Config, devices: Sequence[str]) -> int:
    """The combinations of the values of a configuration, without its layers: they are not made to be counted."""
    conditions = math.prod(map(len, (devices, config.precisions, config.layouts, config.data)))
    lengths = [len(axis.values) for axis in config.axes]
    if config.design == "product":
        return conditions * math.prod(lengths)
    threads = math.prod(len(axis.values) for axis in config.axes if axis.name == THREADS)
    grid = math.prod(len(axis.values) for axis in config.grid) if config.grid else 0
    return conditions * threads * (1 + sum(lengths) + grid)


def _require_few(config: Config, combinations: int, parts: int) -> None:
    """Raise UsageError for more combinations than can be measured, and for configurations that include too many."""
    if combinations > MOST_COMBINATIONS:
        raise UsageError(
            f"the configuration {config.name!r} has {combinations:,} combinations of values; allowed: "
            f"{MOST_COMBINATIONS:,}; give fewer values, or the design one-at-a-time"
        )
    if parts > _MOST_PARTS:
        raise UsageError(f"the configuration {config.name!r} includes more than {_MOST_PARTS:,} configurations")


def within_processors(config: Config, processors: int) -> tuple[Config, tuple[str, ...]]:
    """The configuration without numbers of threads that the machine lacks, and a sentence that names these.

    Raises UsageError if no number of threads is left.
    """
    axis = next((axis for axis in config.axes if axis.name == THREADS), None)
    kept = tuple(value for value in axis.values if int(value) <= processors) if axis else ()
    if axis is None or kept == axis.values:
        return config, ()
    missing = ", ".join(str(value) for value in axis.values if value not in kept)
    if not kept:
        allowed = f"whole numbers from 1 to {processors}, the processors available here"
        raise UsageError(f"axis threads has the value {missing}; allowed: {allowed}")
    here = count(processors, "processor")
    return config.with_axis(Axis(THREADS, kept)), (f"threads={missing}: only {here} available here",)


def expand(
    config: Config, devices: Iterable[str], threads: int | None = None, processors: int | None = None
) -> Expansion:
    """All cases on `devices`, each once, with all its points and layers.

    `threads` are those of the cases on the CPU without an axis of threads. With a number of `processors`, cases with
    more threads are left out.

    Raises UsageError if no case is left, or a point of a one-at-a-time design is impossible.
    """
    found: dict[tuple[Case, int | None, Data, Tuning], _Places] = {}
    # Files are read once.
    read: dict[Data, Data] = {}
    skipped: list[str] = []
    usable = tuple(devices)
    combinations = 0
    for number, whole in enumerate(_parts(config, ()), 1):
        combinations += _combinations(whole, usable)
        _require_few(config, combinations, number)
        part = whole
        if processors is not None and "cpu" in usable:
            part, missing = within_processors(whole, processors)
            skipped += missing
        for planned in itertools.chain(_from_axes(part, usable, skipped), _from_layers(part, usable, skipped)):
            # The threads of the processor make no difference on a GPU.
            own = _threads_of(planned, threads) if planned.case.device == "cpu" else None
            if planned.data not in read:
                read[planned.data] = Data.of(planned.data.x, planned.data.weights or AS_X)
            data = read[planned.data]
            # A governor makes no difference on a GPU, nor does the GPU's clock on the CPU.
            tuning = planned.tuning.on(planned.case.device)
            key = planned.case, own, data, tuning
            places = found.setdefault(key, _Places())
            places.points.update(dict.fromkeys(planned.points))
            places.layers.update(dict.fromkeys(planned.layers))
    if not found:
        why = f": {skipped[0]}" if skipped else ""
        raise UsageError(f"the configuration {config.name!r} matches no case{why}")
    cases = (
        PlannedCase(case, tuple(places.points), tuple(places.layers), own, data, tuning)
        for (case, own, data, tuning), places in found.items()
    )
    return Expansion(tuple(cases), tuple(dict.fromkeys(skipped)))


def _threads_of(planned: PlannedCase, threads: int | None) -> int | None:
    return threads if planned.threads is None else planned.threads


def _parts(config: Config, seen: tuple[str, ...]) -> Iterator[Config]:
    """The configuration itself, if it has cases of its own, and those it includes."""
    if config.axes or config.has_layers or not config.include:
        yield config
    for name in config.include:
        if name in seen:
            raise UsageError(f"the configuration {name!r} includes itself: {' → '.join((*seen, name))}")
        included = load(name)
        # The including file sets devices, precisions, layouts, data and bias; the included one sets axes and layers.
        part = replace(
            included,
            devices=config.devices,
            precisions=config.precisions,
            layouts=config.layouts,
            data=config.data,
            weights=config.weights,
            bias=config.bias,
        )
        yield from _parts(part, (*seen, name))


def _from_axes(config: Config, devices: tuple[str, ...], skipped: list[str]) -> Iterator[PlannedCase]:
    if config.has_layers and not config.axes:
        return
    base = ConvProblem.parse(config.base, bias=config.bias)
    for device, precision, layout, data in itertools.product(devices, config.precisions, config.layouts, config.data):
        for point in _points(config):
            draft = replace(Draft.of(base, precision, layout), data=data, weights=config.weights)
            for name, value in point:
                draft = AXES[name].apply(draft, value)
            try:
                problem = draft.problem()
            except ConvError as error:
                text = f"{', '.join(f'{n}={v}' for n, v in point)}: {error}"
                if config.design == "one-at-a-time":
                    raise UsageError(f"the point {text}") from error
                skipped.append(f"not a convolution: {text}")
                continue
            named = tuple((name, str(value)) for name, value in point)
            case = Case(problem, draft.precision, draft.layout, device)
            values = _named(draft.data, draft.weights)
            yield PlannedCase(case, points=(named,), threads=draft.threads, data=values, tuning=draft.tuning)


def _named(data: str, weights: str) -> Data:
    """The values by their names alone: `expand` reads the files."""
    return Data(data, None if weights == AS_X else weights)


def _points(config: Config) -> Iterator[tuple[tuple[str, Value], ...]]:
    if config.design == "product":
        for values in itertools.product(*(axis.values for axis in config.axes)):
            yield tuple(zip((axis.name for axis in config.axes), values, strict=True))
        return
    baseline = tuple((axis.name, axis.baseline) for axis in config.axes)
    # Threads are a condition, not a size: every case has each of their numbers, or no other axis would say how it
    # scales.
    for start in _on_each_number_of_threads(config.axes, baseline):
        yield start
        for axis in config.axes:
            if axis.name != THREADS:
                for value in axis.values[1:]:
                    yield _with(start, axis, value)
        yield from _grid(config, start)


def _grid(config: Config, start: tuple[tuple[str, Value], ...]) -> Iterator[tuple[tuple[str, Value], ...]]:
    """All combinations of the values of the grid that the axes have: an option may have taken some away."""
    known = {axis.name: frozenset(axis.values) for axis in config.axes}
    axes = [replace(axis, values=kept) for axis in config.grid
            if (kept := tuple(v for v in axis.values if v in known.get(axis.name, ())))]  # fmt: skip
    for values in itertools.product(*(axis.values for axis in axes)) if axes else ():
        point = start
        for axis, value in zip(axes, values, strict=True):
            point = _with(point, axis, value)
        yield point


def _on_each_number_of_threads(
    axes: Sequence[Axis], baseline: tuple[tuple[str, Value], ...]
) -> list[tuple[tuple[str, Value], ...]]:
    """The baseline with each value of the axis of threads; the baseline alone without such an axis."""
    return [_with(baseline, axis, value) for axis in axes if axis.name == THREADS for value in axis.values] or [
        baseline
    ]


def _with(baseline: tuple[tuple[str, Value], ...], axis: Axis, value: Value) -> tuple[tuple[str, Value], ...]:
    return tuple((name, value if name == axis.name else at) for name, at in baseline)


def _from_layers(config: Config, devices: tuple[str, ...], skipped: list[str]) -> Iterator[PlannedCase]:
    for layer_set in (*map(_layer_set, config.layers), *filter(None, [config.listed])):
        skipped += [f"of {layer_set.name}: {text}" for text in layer_set.left_out]
        layers = [replace(one, problem=replace(one.problem, bias=one.problem.bias or config.bias))
                  for one in layer_set.layers]  # fmt: skip
        for device, precision, layout, data in itertools.product(
            devices, config.precisions, config.layouts, config.data
        ):
            # With the bias of the configuration, layers with and without one are equal.
            for layer in merged(layers):
                label = (layer_set.name, layer.name, layer.count)
                if layer.precision is None or precision == config.precisions[0]:
                    case = Case(layer.problem, layer.precision or precision, layout, device)
                    yield PlannedCase(case, layers=(label,), data=_named(data, config.weights))


def _layer_set(name: str) -> layer_files.LayerSet:
    if formats.is_pasted(name):
        return layer_files.of_pasted(name)
    path = Path(name)
    if path.suffix in layer_files.SUFFIXES:
        return layer_files.read_file(path)
    layer_files.require_layers(path)
    return layer_files.built_in(name)
