"""Configurations of sweeps, read from TOML files, checked, with defaults filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from importlib import resources
from pathlib import Path
from typing import Any

from bench.bounds import read_toml, toml_table
from bench.cost.layer import LayerSet
from bench.errors import UsageError
from bench.gate.data import AS_X, DEFAULT, moved
from bench.machine.pinning import PINNED_MALLOC
from bench.networks.pasted import formats
from bench.sweep import layers as layer_files
from bench.sweep.axes import DATA_AXES, Axis, make_axis, parse_value
from bench.sweep.config_keys import FIELDS, KEYS, AxisError
from bench.sweep.toml_place import place_of
from bench.worker import DEFAULT_PROCESSES
from impls import ConvError, ConvProblem
from impls.errors import did_you_mean
from impls.interface import DEVICES

DEFAULT_BASE = "mb1ic64ih56oc64kh3ph1"
_BUILT_IN = resources.files("bench.sweep") / "builtin"


@dataclass(frozen=True, slots=True)
class Config:
    """The cases of a sweep, and the time and precision of its measurements.

    `max_seconds` is the time budget of one case, of all processes and their `visits` to it. `budget_s` is that of all
    cases: what these visits leave goes where a winner is open. `energy` names the cases whose joules are measured,
    by default by the full plan for all cases, by the quick one for the bases.
    `listed` are the layers of a network that was read, beside the `layers` of files.
    `grid` are values of some axes that a one-at-a-time design combines, too; those that `axes` lack are left out.
    """

    name: str
    base: str = DEFAULT_BASE
    design: str = "one-at-a-time"
    implementations: tuple[str, ...] = ("*",)
    devices: tuple[str, ...] = DEVICES
    precisions: tuple[str, ...] = ("fp32",)
    layouts: tuple[str, ...] = ("nchw",)
    data: tuple[str, ...] = (DEFAULT,)
    weights: str = AS_X
    axes: tuple[Axis, ...] = ()
    grid: tuple[Axis, ...] = ()
    layers: tuple[str, ...] = ()
    listed: LayerSet | None = None
    include: tuple[str, ...] = ()
    bias: bool = False
    max_seconds: float = 5.0
    budget_s: float | None = None
    target_rel_ci: float = 0.01
    processes: int = DEFAULT_PROCESSES
    visits: int = 3
    cache: str = "warm"
    malloc: str = PINNED_MALLOC
    seed: int = 0
    energy: str = "base"
    energy_plan: str | None = None
    energy_window_s: float | None = None
    energy_windows: int | None = None

    @property
    def rounds(self) -> int:
        """The visits to each case by all processes, before the rest of a budget is spent."""
        return self.processes * self.visits

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; axes as [name, [values as text]]."""
        own = {"axes": _as_text(self.axes), "grid": _as_text(self.grid)}
        return asdict(self) | own | {"listed": self.listed and self.listed.as_dict()}

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Config:
        """The inverse of `as_dict`; unknown entries are ignored. In runs without the entry `visits` it was 1."""
        found = ((f.name, plain[f.name]) for f in fields(cls) if f.name in plain)
        given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in found}
        both = {"axes": _from_text(plain["axes"]), "grid": _from_text(plain.get("grid", ()))}
        listed = None if plain.get("listed") is None else LayerSet.from_dict(plain["listed"])
        return cls(**({"visits": 1} | given | both | {"listed": listed}))

    @property
    def has_layers(self) -> bool:
        """Whether it names layers, from files or listed."""
        return bool(self.layers or self.listed)

    def with_axis(self, axis: Axis) -> Config:
        """The configuration with one axis replaced, or added at the end."""
        axes = {**{a.name: a for a in self.axes}, axis.name: axis}
        return replace(self, axes=tuple(axes.values()))

    def with_whole_paths(self) -> Config:
        """The configuration with absolute paths of its files, so that a run can be resumed from any folder."""
        whole = self.with_data_files(Path.resolve)
        return replace(
            whole, layers=tuple(map(_whole_path, self.layers)), include=tuple(map(_whole_path, self.include))
        )

    def with_data_files(self, move: Callable[[Path], Path]) -> Config:
        """The configuration with other paths of the files of its inputs, on its axes too."""
        axes = [
            replace(axis, values=tuple(moved(str(v), move) for v in axis.values)) if axis.name in DATA_AXES else axis
            for axis in self.axes
        ]
        data = tuple(moved(name, move) for name in self.data)
        return replace(self, axes=tuple(axes), data=data, weights=moved(self.weights, move))


def built_in_names() -> tuple[str, ...]:
    """Sweeps that come with convcost, by name."""
    return tuple(sorted(f.name.removesuffix(".toml") for f in _BUILT_IN.iterdir() if f.name.endswith(".toml")))


def load(name: str) -> Config:
    """The configuration of a built-in sweep, a layer set, a .toml file, a file of layers, or pasted text.

    Raises UsageError with what is allowed, and with line and column of an error in a file.
    """
    if name in built_in_names():
        text = (_BUILT_IN / f"{name}.toml").read_text(encoding="utf-8")
        return parse(text, name, f"{name}.toml")
    if name in layer_files.built_in_names():
        return Config(name=name, layers=(name,))
    if formats.is_pasted(name):
        # A mistake is named before anything is prepared.
        return Config(name=layer_files.of_pasted(name).name, layers=(name,))
    path = Path(name)
    if path.suffix == ".toml" and path.is_file():
        config = parse(read_toml(path), path.stem, str(path))
        layers = tuple(_beside(path, layers) for layers in config.layers)
        return replace(config, layers=layers).with_data_files(lambda file: Path(_beside(path, str(file))))
    layer_files.require_layers(path)
    if path.suffix in layer_files.SUFFIXES and path.is_file():
        return Config(name=path.stem, layers=(str(path),))
    known = (*built_in_names(), *layer_files.built_in_names())
    allowed = f"allowed: {', '.join(known)}, or a .toml, {layer_files.suffixes()} file"
    if (path / "run.json").is_file():
        raise UsageError(f"{name} is a run; to render it: convcost report {name}")
    if path.is_dir():
        raise UsageError(f"{name} is a folder; {allowed}")
    if path.suffix in (".toml", *layer_files.SUFFIXES):
        raise UsageError(f"there is no file {name}; {allowed}")
    with suppress(ConvError):
        ConvProblem.parse(name)
        raise UsageError(f"{name} is one problem, not a sweep; to measure it: convcost measure {name}")
    raise UsageError(f"there is no sweep {name!r}{did_you_mean(name, known)}; {allowed}")


def _as_text(axes: tuple[Axis, ...]) -> list[list[Any]]:
    return [[axis.name, [str(value) for value in axis.values]] for axis in axes]


def _from_text(plain: Iterable[Any]) -> tuple[Axis, ...]:
    return tuple(make_axis(name, tuple(map(parse_value, values))) for name, values in plain)


def _whole_path(name: str) -> str:
    """The absolute path of a file; the names of built-in sweeps and layer sets have no suffix."""
    if formats.is_pasted(name):
        return formats.with_whole_paths(name)
    path = Path(name)
    return str(path.resolve()) if path.suffix in (".toml", *layer_files.SUFFIXES) else name


def _beside(path: Path, layers: str) -> str:
    """A file named in a configuration is looked for beside it first, not in the working directory."""
    if formats.is_pasted(layers):
        return layers
    file = path.parent / layers
    return str(file) if file.suffix in layer_files.SUFFIXES and file.is_file() else layers


def parse(text: str, name: str, source: str) -> Config:
    """A configuration from TOML. Raises UsageError with line and column."""
    try:
        data = toml_table(text)
    except ValueError as error:
        end = text.splitlines() or [""]
        place = str(error).replace("end of document", f"line {len(end)}, column {len(end[-1]) + 1}")
        raise UsageError(f"{source}: {place}") from error
    given: dict[str, Any] = {}
    for key, value in data.items():
        reader = KEYS.get(key)
        try:
            if reader is None:
                raise UsageError(f"{key!r} is unknown{did_you_mean(key, KEYS)}; allowed: {', '.join(KEYS)}")
            given[FIELDS.get(key, key)] = reader(value)
        except AxisError as error:
            raise UsageError(f"{source}, {place_of(text, error.axis, inside=key)}: {error}") from error
        except (UsageError, ConvError) as error:
            raise UsageError(f"{source}, {place_of(text, key)}: {error}") from error
    if "axes" not in given and not given.keys() & {"layers", "include", "base"}:
        raise UsageError(f"{source} has nothing to measure; give it [axes], a base, layers or include")
    if "include" in given and "base" in given and "axes" not in given:
        raise UsageError(f"{source}, {place_of(text, 'base')}: a base beside include needs [axes]")
    _require_grid(given, source, text)
    return Config(name=name, **given)


def _require_grid(given: Mapping[str, Any], source: str, text: str) -> None:
    """Raise UsageError for a grid with other axes or values than [axes], or in a product, which has every point."""
    axes = {axis.name: axis.values for axis in given.get("axes", ())}
    for axis in given.get("grid", ()):
        unknown = [value for value in axis.values if value not in axes.get(axis.name, ())]
        if unknown:
            known = axes.get(axis.name)
            allowed = (
                f"its values in [axes], {', '.join(map(str, known))}" if known else f"axes of [axes], {', '.join(axes)}"
            )
            where = place_of(text, axis.name, inside="grid")
            raise UsageError(f"{source}, {where}: the grid has {axis.name} = {unknown[0]}; allowed: {allowed}")
    if "grid" in given and given.get("design") == "product":
        raise UsageError(
            f"{source}, {place_of(text, 'grid')}: a product has every point; leave out [grid] or the design"
        )
