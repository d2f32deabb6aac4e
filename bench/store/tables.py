"""Tables of lines: typed by the declaration of the columns, as parquet files and data frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
from itertools import chain, repeat
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.store import files
from bench.store.column_types import describe, plain
from bench.store.energy_schema import Energy
from bench.store.schema import SCHEMA_VERSION, Row, Sample

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

# The entry of a table's metadata that says which journal it was made from.
_MADE_FROM = b"convcost_journal"
# Lines of the table of samples that are made at once.
_BATCH = 200_000
Kind = type[Row] | type[Sample] | type[Energy]

# The file of each kind of line, without its ending.
NAMES: dict[str, Kind] = {"measurements": Row, "samples": Sample, "energy": Energy}


def schema_of(kind: Kind) -> pa.Schema:
    """The columns of a table with their types; unit and meaning are metadata of each column."""
    import pyarrow as pa

    columns = [
        pa.field(c.name, _types()[c.type], nullable=c.is_nullable, metadata={"unit": c.unit, "meaning": c.meaning})
        for c in describe(kind)
    ]
    return pa.schema(columns, metadata={"convcost_schema": SCHEMA_VERSION})


@cache
def _types() -> dict[str, pa.DataType]:
    import pyarrow as pa

    simple = {"bool": pa.bool_(), "int64": pa.int64(), "double": pa.float64(), "string": pa.string()}
    axis_value = pa.struct([(name, pa.string()) for name in ("axis", "value")])
    layer = pa.struct([("layer_set", pa.string()), ("layer", pa.string()), ("count", pa.int64())])
    lists = {
        "list<string>": pa.list_(pa.string()),
        "list<int64>": pa.list_(pa.int64()),
        "list<double>": pa.list_(pa.float64()),
        "list<list<struct<axis: string, value: string>>>": pa.list_(pa.list_(axis_value)),
        "list<struct<layer_set: string, layer: string, count: int64>>": pa.list_(layer),
    }
    return {**simple, **lists}


def frame(kind: Kind, lines: Iterable[Row | Sample | Energy]) -> pd.DataFrame:
    """The table of these lines; lists are numpy arrays, as pandas reads them from parquet."""
    import pyarrow as pa

    known, schema = list(lines), schema_of(kind)
    arrays = [pa.array(_column_of(known, column), column.type) for column in schema]
    found: pd.DataFrame = pa.Table.from_arrays(arrays, schema=schema).to_pandas()
    return found


def _column_of(lines: Iterable[Row | Sample | Energy], column: pa.Field) -> list[Any]:
    import pyarrow as pa

    values = map(attrgetter(column.name), lines)
    # Numbers are plain already.
    return [*values] if pa.types.is_primitive(column.type) else [*map(plain, values)]


# The key of a case, an implementation, and the columns of some of its samples.
_Piece = tuple[str, str, Mapping[str, Sequence[Any]]]


def sample_frame(pieces: Iterable[_Piece]) -> pd.DataFrame:
    """The table of samples. A column that a piece lacks has its default."""
    import pyarrow as pa

    schema = schema_of(Sample)
    found: pd.DataFrame = pa.concat_tables([*_batches(pieces, schema)] or [schema.empty_table()]).to_pandas()
    return found


def write_samples(folder: Path, pieces: Iterable[_Piece], made_from: str = "") -> None:
    """Write the table of samples as `write` does, a part at a time: it may not fit in the memory. Raises as `write`."""
    import pyarrow.parquet as pq

    schema = _marked(Sample, made_from)
    # Open files here and below: pyarrow takes no path that is no UTF-8.
    with (
        files.replaced(folder / "samples.parquet") as temporary,
        temporary.open("wb") as file,
        pq.ParquetWriter(file, schema) as writer,
    ):
        for batch in _batches(pieces, schema):
            writer.write_table(batch)


def _batches(pieces: Iterable[_Piece], schema: pa.Schema) -> Iterator[pa.Table]:
    """The table of samples in parts of about _BATCH lines."""
    waiting: list[_Piece] = []
    lines = 0
    for piece in pieces:
        waiting.append(piece)
        lines += _size(piece)
        if lines >= _BATCH:
            yield _sample_table(waiting, schema)
            waiting, lines = [], 0
    if waiting:
        yield _sample_table(waiting, schema)


def _size(piece: _Piece) -> int:
    return len(next(iter(piece[2].values()), ()))


def _sample_table(pieces: Sequence[_Piece], schema: pa.Schema) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    sizes = [*map(_size, pieces)]
    keys = {"case_key": [piece[0] for piece in pieces], "implementation": [piece[1] for piece in pieces]}
    place = np.repeat(np.arange(len(pieces)), sizes)
    defaults = {f.name: f.default for f in fields(Sample)}
    present = {name for *_, columns in pieces for name in columns}

    def array(column: pa.Field) -> pa.Array:
        name = column.name
        if name in keys:
            return pa.array(keys[name], column.type).take(pa.array(place))
        if name not in present and defaults[name] is None:
            return pa.nulls(len(place), column.type)
        values = (
            columns[name] if name in columns else repeat(defaults[name], size)
            for (*_, columns), size in zip(pieces, sizes, strict=True)
        )  # fmt: skip
        return pa.array(list(chain.from_iterable(values)), column.type)

    return pa.Table.from_arrays([array(column) for column in schema], schema=schema)


def write(folder: Path, name: str, table: pd.DataFrame, made_from: str = "") -> None:
    """Write a table as a parquet file, with the types of its columns also where all values are null.

    `made_from` is the fingerprint of the journal that it was made from.
    Raises OSError if it cannot be written, pyarrow.ArrowInvalid for a value that its column cannot hold.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _marked(NAMES[name], made_from)
    content = pa.Table.from_pandas(table, schema=schema, preserve_index=False)
    with files.replaced(folder / f"{name}.parquet") as temporary, temporary.open("wb") as file:
        pq.write_table(content.replace_schema_metadata(schema.metadata), file)


def read(folder: Path, name: str, columns: Sequence[str]) -> pd.DataFrame:
    """These columns of a table in a folder. Raises OSError, ValueError, pyarrow.ArrowException if it cannot be read."""
    import pyarrow.parquet as pq

    with (folder / f"{name}.parquet").open("rb") as file:
        found: pd.DataFrame = pq.read_table(file, columns=list(columns)).to_pandas()
    return found


def _marked(kind: Kind, made_from: str) -> pa.Schema:
    """The columns of a table, with the fingerprint of the journal that it is made from."""
    schema = schema_of(kind)
    return schema.with_metadata({**schema.metadata, _MADE_FROM: made_from.encode("ascii")})


def remove(folder: Path) -> None:
    """Remove the tables of a folder: its journal has become another. Raises OSError."""
    for name in NAMES:
        (folder / f"{name}.parquet").unlink(missing_ok=True)


def are_made_from(folder: Path, fingerprint: str) -> bool:
    """Whether a folder has all tables, and each was made from the journal with that fingerprint."""
    import pyarrow as pa

    try:
        found = [_made_from(folder / f"{name}.parquet") for name in NAMES]
    except (OSError, pa.ArrowException, ValueError):
        return False
    return all(one == fingerprint.encode("ascii") for one in found)


def _made_from(path: Path) -> bytes | None:
    """The fingerprint in a table. Raises OSError, pyarrow.ArrowException."""
    import pyarrow.parquet as pq

    with path.open("rb") as file:
        metadata: dict[bytes, bytes] = pq.read_schema(file).metadata or {}
    return metadata.get(_MADE_FROM)
