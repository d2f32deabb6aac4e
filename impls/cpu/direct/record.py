"""The numbers that drivers of direct convolution need, in a NumPy record, so that one driver serves all shapes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from impls.cpu.compiler import last_write
from impls.cpu.direct.schedule import Schedule, inner_columns, inner_rows
from impls.cpu.direct.shapes import LoopSizes
from impls.epilogue import NO_EPILOGUE, Epilogue

_LINE_BYTES = 64


def record(
    b: Schedule, element_bytes: int, y_bytes: int | None = None, epilogue: Epilogue = NO_EPILOGUE
) -> np.ndarray[Any, Any]:
    """The numbers of a schedule by name; elements of y have `y_bytes` where that is given, else `element_bytes`."""
    s = b.shape
    columns_inside, rows_inside = inner_columns(s), inner_rows(s)
    return _as_record(
        last_write.fields(epilogue)
        | asdict(s)
        | {
            "bytes": element_bytes,
            "rows": b.rows,
            "vectors": b.vectors,
            "run": b.run,
            "width": b.width,
            "blocks": b.blocks,
            "chunk": b.chunk,
            "chunks": -(-b.blocks // b.chunk),
            "patch_bytes": patch_bytes(b, element_bytes),
            "pitch": b.pitch,
            "copies_all": int(b.copies_all),
            "channels_innermost": int(b.channels_innermost),
            "inner_low": columns_inside[0],
            "inner_high": columns_inside[1],
            "inner_top": rows_inside[0],
            "inner_bottom": rows_inside[1],
            "y_bytes": element_bytes if y_bytes is None else y_bytes,
        }
    )


def patch_bytes(b: Schedule, element_bytes: int) -> int:
    """Bytes that each thread needs for the input of a tile, in whole cache lines."""
    return -(-b.patch_elements * element_bytes // _LINE_BYTES) * _LINE_BYTES


def padding_record(source: LoopSizes, padded: LoopSizes, element_bytes: int) -> np.ndarray[Any, Any]:
    """The numbers that `pad_image` needs."""
    return _as_record(
        asdict(source)
        | {f"to_{name[2:]}": getattr(padded, name) for name in ("x_batch", "x_channel", "x_row", "x_column")}
        | {"to_h": padded.in_h, "to_w": padded.in_w, "bytes": element_bytes}
    )


def fields_of(numbers: np.ndarray[Any, Any]) -> tuple[str, ...]:
    """The names of the numbers of a record, in their order in memory."""
    return numbers.dtype.names or ()


def _as_record(numbers: dict[str, int]) -> np.ndarray[Any, Any]:
    return np.array([tuple(numbers.values())], dtype=[(name, np.int64) for name in numbers])
