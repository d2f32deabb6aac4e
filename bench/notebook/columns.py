"""The columns that `bench.load` adds to the tables of a run, and the frames of what is lists there."""

from __future__ import annotations

from dataclasses import dataclass

from bench.store.column_types import Column, describe
from bench.store.column_types import column as _column
from bench.store.tables import NAMES


@dataclass(frozen=True, slots=True)
class AddedColumns:
    """The columns that the frame `measurements` has beside those of measurements.parquet."""

    conditions: str = _column(
        "device, precision, layout, threads and all else that two times must share to be compared, in words"
    )
    case: str = _column("the case in words: its difference from the baseline of the sweep, and its layers in networks")


@dataclass(frozen=True, slots=True)
class PlaceColumns:
    """The frame `points`: one line for each place of a case on the axes of the sweep, the column `points` apart.

    Beside these it has a column for each axis, by its name: numbers where all its values are numbers, else texts.
    """

    device: str = _column("the row's device")
    case_key: str = _column("the row's case_key")


@dataclass(frozen=True, slots=True)
class LayerColumns:
    """The frame `layers`: one line for each layer of a network that is this case, the column `layers` apart."""

    device: str = _column("the row's device")
    case_key: str = _column("the row's case_key")
    layer_set: str = _column("the network")
    layer: str = _column("the name of the layer in it")
    count: int = _column("occurrences of the layer in the network")


# By the name of the frame, in the order of the documentation.
ADDED: dict[str, type[AddedColumns] | type[PlaceColumns] | type[LayerColumns]] = {
    "measurements": AddedColumns,
    "points": PlaceColumns,
    "layers": LayerColumns,
}
FRAMES = tuple(dict.fromkeys((*NAMES, *ADDED)))


def columns_of(frame: str) -> list[Column]:
    """Every documented column of a frame, those of the run's table first. Raises KeyError for another name."""
    if frame not in FRAMES:
        raise KeyError(frame)
    stored = describe(NAMES[frame]) if frame in NAMES else []
    return stored + (describe(ADDED[frame]) if frame in ADDED else [])
