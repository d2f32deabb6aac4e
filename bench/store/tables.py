"""Tables of lines: typed by the declaration of the columns, as parquet files and data frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
from itertools import repeat
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
    arrays = [pa.array([plain(getattr(line, column.name)) for line in known], column.type) for column in schema]
    found: pd.DataFrame = pa.Table.from_arrays(arrays, schema=schema).to_pandas()
    return found


def sample_frame(pieces: Sequence[tuple[str, str, Mapping[str, Sequence[Any]]]]) -> pd.DataFrame:
    """The table of samples, from the key of a case, an implementation and the columns of some of its samples, each.

    A column that a piece lacks has its default.
    """
    import pyarrow as pa

    schema = schema_of(Sample)
    sizes = [len(next(iter(columns.values()), ())) for *_, columns in pieces]
    defaults = {f.name: f.default for f in fields(Sample)}

    def values(name: str) -> Iterator[Any]:
        for (key, implementation, columns), size in zip(pieces, sizes, strict=True):
            once = {"case_key": key, "implementation": implementation}.get(name, defaults[name])
            yield from columns[name] if name in columns else repeat(once, size)

    arrays = [pa.array(list(values(column.name)), column.type) for column in schema]
    found: pd.DataFrame = pa.Table.from_arrays(arrays, schema=schema).to_pandas()
    return found


def write(folder: Path, name: str, table: pd.DataFrame, made_from: str = "") -> None:
    """Write a table as a parquet file, with the types of its columns also where all values are null.

    `made_from` is the fingerprint of the journal that it was made from.
    Raises OSError if it cannot be written, pyarrow.ArrowInvalid for a value that its column cannot hold.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = schema_of(NAMES[name])
    content = pa.Table.from_pandas(table, schema=schema, preserve_index=False)
    metadata = {**schema.metadata, _MADE_FROM: made_from.encode("ascii")}
    with files.replaced(folder / f"{name}.parquet") as temporary:
        pq.write_table(content.replace_schema_metadata(metadata), temporary)


def are_made_from(folder: Path, fingerprint: str) -> bool:
    """Whether a folder has all tables, and each was made from the journal with that fingerprint."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found = [(pq.read_schema(folder / f"{name}.parquet").metadata or {}).get(_MADE_FROM) for name in NAMES]
    except (OSError, pa.ArrowException, ValueError):
        return False
    return all(one == fingerprint.encode("ascii") for one in found)
