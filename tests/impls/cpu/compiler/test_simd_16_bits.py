"""Operations of the vector layer on 16-bit floats."""

from __future__ import annotations

import pytest
import torch

from impls.cpu.compiler.host import vector_unit
from impls.cpu.compiler.simd import vector
from tests.impls.cpu.compiler.operations import OUTSIDE, compiled


@pytest.mark.skipif(not vector_unit().has_bf16_dot, reason="needs AVX512-BF16")
def test_products_of_pairs_of_bf16_are_summed() -> None:
    functions = compiled(
        vector("float32", 16), {"dot": "store(y, 0, dot_bf16_broadcast(a, o, load(b, 0), load(y, 0)))"}
    )
    generator = torch.Generator().manual_seed(3)
    a, b = (torch.randn(32, generator=generator).bfloat16() for _ in range(2))
    y = torch.ones(16)
    functions["dot"](a.data_ptr(), b.data_ptr(), y.data_ptr(), 5, 0)
    torch.testing.assert_close(y, 1 + b.float().view(16, 2) @ a[10:12].float())


_SHORT = {"bf16": torch.bfloat16, "fp16": torch.float16}
_AWKWARD = [
    0.0, -0.0, 1.0, 1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-11, 3.1415927, -2.5e-3, 6e4, 1e-6, float("inf"), float("nan"),
]  # fmt: skip


@pytest.mark.parametrize("kind", ["bf16", "fp16"])
@pytest.mark.parametrize("lanes", [4, 8, 16])
def test_16_bit_floats_are_rounded_as_by_torch(kind: str, lanes: int) -> None:
    functions = compiled(
        vector("float32", lanes),
        {
            "widen": f"store(y, 0, load_first_{kind}(a, o, n))",
            "widen_all": f"store(y, 0, load_{kind}(a, o))",
            "shorten": f"store_first_{kind}(y, o, load(a, 0), n)",
            "shorten_all": f"store_{kind}(y, o, load(a, 0))",
            "spread": f"store(y, 0, broadcast_{kind}(a, o))",
        },
    )
    values = torch.tensor((_AWKWARD * 3)[: 2 * lanes])
    short = values.to(_SHORT[kind])
    for count in range(lanes + 1):
        y = torch.full((lanes,), OUTSIDE)
        functions["widen"](short.data_ptr(), 0, y.data_ptr(), 1, count)
        expected = torch.cat([short[1 : 1 + count].float(), torch.zeros(lanes - count)])
        torch.testing.assert_close(y, expected, rtol=0, atol=0, equal_nan=True)
        z = torch.zeros(2 * lanes, dtype=_SHORT[kind])
        functions["shorten"](values.data_ptr(), 0, z.data_ptr(), 1, count)
        torch.testing.assert_close(z[1 : 1 + count], short[:count], rtol=0, atol=0, equal_nan=True)
        assert not z[1 + count :].any()
    y, z = torch.empty(lanes), torch.zeros(lanes, dtype=_SHORT[kind])
    functions["widen_all"](short.data_ptr(), 0, y.data_ptr(), 0, 0)
    torch.testing.assert_close(y, short[:lanes].float(), rtol=0, atol=0, equal_nan=True)
    functions["shorten_all"](values.data_ptr(), 0, z.data_ptr(), 0, 0)
    torch.testing.assert_close(z, short[:lanes], rtol=0, atol=0, equal_nan=True)
    functions["spread"](short.data_ptr(), 0, y.data_ptr(), 6, 0)
    torch.testing.assert_close(y, short[6].float().expand(lanes), rtol=0, atol=0)
