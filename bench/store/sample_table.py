"""The samples of a run from its table, some columns of them: thirty times as fast as from its journal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.store.entering import text
from bench.store.stored import SamplePiece

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "samples.parquet"
_KEYS = ("case_key", "implementation")
# Lines that are in memory at once.
_BATCH = 200_000


@dataclass(frozen=True, slots=True)
class SampleTable:
    """The pieces of a table of samples, in its order, with these columns; a piece may come in two parts.

    Going through them raises OSError or pyarrow.ArrowException for a table that cannot be read.
    """

    folder: Path
    columns: tuple[str, ...]

    def __iter__(self) -> Iterator[SamplePiece]:
        import pyarrow.parquet as pq

        # An open file: pyarrow takes no path that is no UTF-8.
        with (self.folder / NAME).open("rb") as content, pq.ParquetFile(content) as file:
            for batch in file.iter_batches(batch_size=_BATCH, columns=[*_KEYS, *self.columns]):
                yield from _pieces(batch, self.columns)


def _pieces(batch: pa.RecordBatch, columns: tuple[str, ...]) -> Iterator[SamplePiece]:
    """The lines of a batch, cut where the case or the implementation changes."""
    encoded = [batch.column(name).dictionary_encode() for name in _KEYS]
    codes = [one.indices.to_numpy() for one in encoded]
    words = [one.dictionary.to_pylist() for one in encoded]
    changes = np.flatnonzero((np.diff(codes[0]) != 0) | (np.diff(codes[1]) != 0)) + 1
    values = {name: _values(batch.column(name)) for name in columns}
    ends = [*changes.tolist(), batch.num_rows]
    for start, end in zip([0, *ends], ends, strict=False):
        key, name = (known[code[start]] for known, code in zip(words, codes, strict=True))
        yield key, name, {column: own[start:end] for column, own in values.items()}


def _values(column: pa.Array) -> Any:
    """The values of a column: an array of numbers where it has only numbers, else a list; of lists, tuples."""
    import pyarrow as pa

    if pa.types.is_list(column.type) and not column.null_count:
        # Nearly all flags are none: these need no object of their own.
        found: list[tuple[Any, ...]] = [()] * len(column)
        full = np.flatnonzero(np.diff(column.offsets.to_numpy()))
        for at, value in zip(full.tolist(), column.take(pa.array(full)).to_pylist(), strict=True):
            # Anyone may have written the table.
            found[at] = tuple(text(str(word)) for word in value)
        return found
    is_number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    return column.to_numpy() if is_number and not column.null_count else column.to_pylist()
