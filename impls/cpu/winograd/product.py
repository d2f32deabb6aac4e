"""The kernel of products by frequency: rows of tiles times a panel of output channels, summed in registers.

    m[t, k] = Σ_c v[t, c] · u[c, k]

Source: K. Goto and R. van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008. Sums
stay in registers; one element of v at a time is multiplied with vectors of u. Where a vector holds several groups, each
channel of a group in turn is spread over its group instead.
"""

from __future__ import annotations

import functools

from impls.cpu.compiler import generated
from impls.cpu.winograd.variant import Variant

_OPERATIONS = ("zero", "load", "store", "fma", "fma_broadcast")
ARGUMENTS = "v, v_row, u, m, m_row, channels"


@functools.cache
def product_kernel(variant: Variant, rows: int) -> int:
    """The address of the kernel for this many tiles and the variant's vectors of output channels."""
    address: int = generated.module("winograd_product", product_source(variant, rows)).product.address
    return address


def product_source(variant: Variant, rows: int) -> str:
    """The text of the kernel `product`; u holds the variant's vectors of one channel after the other."""
    make = _spread_lines if variant.spread else _broadcast_lines
    operations = [*_OPERATIONS, *(f"spread_{variant.spread}_{c}" for c in range(variant.spread))]
    lines = [f"@kernel({ARGUMENTS.count(',') + 1})", f"def product({ARGUMENTS}):", *make(variant, rows), ""]
    return generated.header(variant.dtype, variant.lanes, operations) + "\n".join(lines)


def _broadcast_lines(variant: Variant, rows: int) -> list[str]:
    lanes, width, vectors = variant.lanes, variant.panel, variant.vectors
    every = [(t, k, f"sum_{t}_{k}") for t in range(rows) for k in range(vectors)]
    return [
        *(f"    {name} = zero()" for _, _, name in every),
        "    for c in range(channels):",
        *(f"        u_{k} = load(u, c * {width} + {k * lanes})" for k in range(vectors)),
        *(f"        {name} = fma_broadcast(v, {t} * v_row + c, u_{k}, {name})" for t, k, name in every),
        *(f"    store(m, {t} * m_row + {k * lanes}, {name})" for t, k, name in every),
    ]


def _spread_lines(variant: Variant, rows: int) -> list[str]:
    """One vector at a time: it holds all channels of its groups, whatever `channels` says."""
    channels = range(variant.spread)
    lines = [f"    u_{c} = load(u, {c * variant.lanes})" for c in channels]
    for t in range(rows):
        lines += [f"    data = load(v, {t} * v_row)", "    sum = zero()"]
        lines += [f"    sum = fma(spread_{variant.spread}_{c}(data), u_{c}, sum)" for c in channels]
        lines += [f"    store(m, {t} * m_row, sum)"]
    return lines
