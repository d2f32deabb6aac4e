"""The numbers that Winograd's drivers need, in a NumPy record, so that one driver serves all shapes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from impls.cpu.compiler import last_write
from impls.cpu.winograd.tile_blocks import TileBlocks
from impls.cpu.winograd.tile_transforms import tile_kernels
from impls.cpu.winograd.transposition import transposition_kernels
from impls.cpu.winograd.variant import Variant
from impls.epilogue import NO_EPILOGUE, Epilogue
from impls.problem import ConvProblem


def record(
    variant: Variant, p: ConvProblem, blocks: TileBlocks, epilogue: Epilogue = NO_EPILOGUE
) -> np.ndarray[Any, Any]:
    """All numbers that the drivers need, by name: sizes, and addresses of all kernels except the products'."""
    data, data_border, inverse, inverse_border = tile_kernels(variant, epilogue)
    last, first, clear = (
        (0, 0, 0) if variant.layout == "nhwc" else transposition_kernels(variant.dtype, variant.lanes, epilogue)
    )
    sizes = asdict(blocks)
    numbers = last_write.fields(epilogue) | sizes.pop("channels") | sizes | {
        "height": p.size[0], "width": p.size[1], "channels": p.in_channels,
        "out_height": p.output_size[0], "out_width": p.output_size[1], "out_channels": p.out_channels,
        "top": p.padding[0][0], "left": p.padding[1][0], "channels_are_last": int(variant.layout == "nhwc"),
        "tile": variant.tile, "alpha_h": variant.alpha[0], "alpha_w": variant.alpha[1],
        "frequencies": variant.frequencies, "lanes": variant.lanes, "panel": variant.panel, "rows": variant.rows,
        "half": variant.half, "bytes": variant.element_bytes,
        "data": data, "data_border": data_border, "inverse": inverse, "inverse_border": inverse_border,
        "channels_last": last, "channels_first": first, "clear": clear,
    }  # fmt: skip
    return np.array([tuple(numbers.values())], dtype=[(name, np.int64) for name in numbers])
