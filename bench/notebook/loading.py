"""Loads a run as tidy data frames: one observation a line, one value a cell, names of columns with their units."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import format
from bench.errors import UsageError
from bench.notebook.columns import FRAMES, LayerColumns, PlaceColumns, columns_of
from bench.report.findings.cases import Axis, axes_of, label
from bench.report.findings.results import Result, read
from bench.store import runs
from bench.store.column_types import describe
from bench.store.remote import folder_of

if TYPE_CHECKING:
    import pandas as pd

# What figures need of a run beside its rows: pandas keeps it when rows are left out.
ATTRIBUTE = "convcost"
_KEPT = ("name", "created_utc", "finished_utc", "environment", "calibration")


@dataclass(frozen=True, slots=True)
class LoadedRun:
    """A run, finished or not, as data frames; `meta` is its run.json. `columns` says what each column means.

    `points` and `layers` hold what are lists in `measurements`: the places of a case on the axes, and in networks.
    Joules are in `energy`: measured, modelled and bracketed ones have columns of their own, never to be mixed.
    """

    path: Path
    meta: dict[str, Any]
    measurements: pd.DataFrame
    samples: pd.DataFrame
    energy: pd.DataFrame
    points: pd.DataFrame
    layers: pd.DataFrame

    def columns(self, frame: str = "measurements") -> pd.DataFrame:
        """The name, unit and meaning of every column of a frame, by its name. Raises UsageError for another name."""
        import pandas as pd

        if frame not in FRAMES:
            raise UsageError(f"there is no frame {frame!r}; allowed: {', '.join(FRAMES)}")
        known = [(column.name, column.unit, column.meaning) for column in columns_of(frame)]
        return pd.DataFrame(known, columns=["column", "unit", "meaning"])

    def __repr__(self) -> str:
        rows, samples = format.count(len(self.measurements), "row"), format.count(len(self.samples), "sample")
        return f"<run {self.path.name}: {rows}, {samples}>"


def load(run: str | Path | None = None) -> LoadedRun:
    """The run in a folder or an archive, or at a URI as s3://bucket/runs/NAME; by default the newest one in `results`.

    Raises UsageError for a folder that is not a run or has another schema, InfrastructureError for a damaged one.
    """
    folder = runs.latest() if run is None else folder_of(str(run))
    found = runs.load(folder)
    try:
        results = read(found.measurements)
    except ValueError as error:
        raise UsageError(f"{folder} cannot be read: {error}; a newer convcost may have written it") from error
    axes = axes_of(found.meta, results)
    kept = {name: found.meta[name] for name in _KEPT if name in found.meta}
    configuration = {"axes": [[axis.name, list(axis.values)] for axis in axes]}
    measurements = found.measurements.assign(
        conditions=[result.group.label for result in results], case=[label(result, axes) for result in results]
    )
    measurements.attrs[ATTRIBUTE] = {**kept, "configuration": configuration}
    return LoadedRun(
        found.path,
        found.meta,
        measurements,
        found.samples,
        found.energy,
        _points(results, axes),
        _layers(results),
    )


def _points(results: tuple[Result, ...], axes: tuple[Axis, ...]) -> pd.DataFrame:
    import pandas as pd

    found = [(*key, *(point.get(axis.name) for axis in axes)) for key, one in _cases(results) for point in one.points]
    names = [column.name for column in describe(PlaceColumns)]
    table = pd.DataFrame(found, columns=[*names, *(axis.name for axis in axes)])
    return table.assign(**{axis.name: pd.to_numeric(table[axis.name]) for axis in axes if axis.is_numeric})


def _layers(results: tuple[Result, ...]) -> pd.DataFrame:
    import pandas as pd

    found = [(*key, place.layer_set, place.layer, place.count) for key, one in _cases(results) for place in one.layers]
    return pd.DataFrame(found, columns=[column.name for column in describe(LayerColumns)])


def _cases(results: tuple[Result, ...]) -> list[tuple[tuple[str, str], Result]]:
    """The first result of each case by device and key."""
    first: dict[tuple[str, str], Result] = {}
    for result in results:
        first.setdefault((result.group.device, result.case_key), result)
    return list(first.items())
