"""The oracle equals the definition in exact arithmetic, in bounded memory."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from itertools import product

import pytest
import torch

from impls import ConvProblem
from impls.oracle import truth

_SMALL = [
    "mb2ic2ih4oc2kh3ph1", "mb1ic4ih5iw4oc2kh2kw3sh2sw1ph1pw0", "g2mb1ic4ih5oc4kh3ph2dh1", "mb1ic1ih6oc2oh6kh4ph1",
    "mb0ic1ih3oc1kh2",
]  # fmt: skip


@pytest.mark.parametrize("descriptor", _SMALL)
def test_the_oracle_equals_the_definition_in_rationals(descriptor: str) -> None:
    p = ConvProblem.parse(descriptor, bias=True)
    generator = torch.Generator().manual_seed(5)
    # Small integers over 8: sums are exact in float64, so the oracle must equal them.
    x, w, b = (
        torch.randint(-9, 10, shape, generator=generator).double() / 8
        for shape in (p.input_shape, p.weight_shape, (p.out_channels,))
    )
    known = truth(p, x, w, b)
    for n, k, i, j in product(*map(range, p.output_shape)):
        value, scale = _definition(p, x, w, b, n, k, i, j)
        assert Fraction(float(known.y[n, k, i, j])) == value
        assert Fraction(float(known.scale[n, k, i, j])) == scale


def _definition(
    p: ConvProblem, x: torch.Tensor, w: torch.Tensor, b: torch.Tensor, n: int, k: int, i: int, j: int
) -> tuple[Fraction, Fraction]:
    value = Fraction(float(b[k]))
    scale = abs(value)
    first = k // (p.out_channels // p.groups) * (p.in_channels // p.groups)
    for c, a, d in product(*map(range, w.shape[1:])):
        row = i * p.stride[0] + a * p.dilation[0] - p.padding[0][0]
        column = j * p.stride[1] + d * p.dilation[1] - p.padding[1][0]
        if 0 <= row < p.size[0] and 0 <= column < p.size[1]:
            term = Fraction(float(w[k, c, a, d])) * Fraction(float(x[n, first + c, row, column]))
            value += term
            scale += abs(term)
    return value, scale


def test_norms_bound_every_output() -> None:
    p = ConvProblem.parse("g2mb2ic4ih9oc6kh3ph1", bias=True)
    known = truth(p, torch.randn(p.input_shape), torch.randn(p.weight_shape), torch.randn(p.out_channels))
    assert bool((known.y.abs() <= known.norms).all())


@pytest.mark.slow
@pytest.mark.parametrize("size", [256, *(pytest.param(size, marks=pytest.mark.full) for size in (512, 1024))])
def test_memory_stays_bounded_for_a_huge_kernel(size: int) -> None:
    """63 × 63 on 1024²: torch's own float64 convolution needs 32 GB here, on 256² 2 GB."""
    resource = pytest.importorskip("resource")
    del resource
    program = (
        "import torch, resource, sys\n"
        "from impls import ConvProblem\n"
        "from impls.oracle import reference\n"
        f"p = ConvProblem.parse('mb1ic1ih{size}oc1kh63ph31')\n"
        "reference(p, torch.randn(p.input_shape), torch.randn(p.weight_shape), None)\n"
        # On Linux ru_maxrss of a child begins at what its parent held; the high-water mark of /proc does not.
        "if sys.platform == 'linux':\n"
        "    marks = [line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')]\n"
        "    print(1024 * int(marks[0]))\n"
        "else:\n"
        "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 2**30
