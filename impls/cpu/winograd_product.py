"""The product of Winograd's frequencies as a kernel: rows of tiles times a panel of output channels, in registers.

    m[t, k] = Σ_c v[t, c] · u[c, k]

K. Goto and R. van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008: sums stay in
registers, one element of v at a time is multiplied with vectors of u.
"""

from __future__ import annotations

import functools

from impls.cpu import generated

_OPERATIONS = ("zero", "load", "store", "fma_broadcast")
ARGUMENTS = "v, v_row, u, m, m_row, channels"


@functools.cache
def product_kernel(dtype: str, lanes: int, rows: int, vectors: int) -> int:
    """The address of the kernel for so many tiles and vectors of output channels."""
    address: int = generated.module("winograd_product", product_source(dtype, lanes, rows, vectors)).product.address
    return address


def product_source(dtype: str, lanes: int, rows: int, vectors: int) -> str:
    """The text of the kernel `product`; u holds `vectors` vectors a channel, one channel after the other."""
    every = [(t, k, f"sum_{t}_{k}") for t in range(rows) for k in range(vectors)]
    width = vectors * lanes
    lines = [
        f"@kernel({ARGUMENTS.count(',') + 1})",
        f"def product({ARGUMENTS}):",
        *(f"    {name} = zero()" for _, _, name in every),
        "    for c in range(channels):",
        *(f"        u_{k} = load(u, c * {width} + {k * lanes})" for k in range(vectors)),
        *(f"        {name} = fma_broadcast(v, {t} * v_row + c, u_{k}, {name})" for t, k, name in every),
        *(f"    store(m, {t} * m_row + {k * lanes}, {name})" for t, k, name in every),
        "",
    ]
    return generated.header(dtype, lanes, _OPERATIONS) + "\n".join(lines)
