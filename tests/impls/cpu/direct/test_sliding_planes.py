"""Reads of the kernel that slides down planes: what lies outside of the image is not read."""

from __future__ import annotations

import pytest

from impls import Case, ConvProblem
from impls.cpu.compiler.host import VectorUnit
from impls.cpu.direct.choice import schedule_of
from impls.cpu.direct.schedule import Schedule
from impls.cpu.direct.sliding_planes import SlidingPlanes, _places

SIZES = [(width, kernel) for width in (*range(1, 35), 63, 65, 112, 225) for kernel in (2, 3, 4, 5, 7)]


def _parts(b: Schedule) -> list[int]:
    """The first columns of the calls for a row, as impls.cpu.direct.sliding_driver makes them."""
    width = min(b.vectors * b.run, b.shape.out_w)
    return [min(at, b.shape.out_w - width) for at in range(0, b.shape.out_w, width)]


def _unguarded(b: Schedule) -> list[tuple[int, int]]:
    """The columns [from, to) of the reads without a mask."""
    s = b.shape
    tile = SlidingPlanes("float32", b.lanes, b.vectors, b.run, b.rows, (s.kernel_h, s.kernel_w), (1, s.stride_w))
    last = max(0, min(b.vectors * b.run, s.out_w) - b.run)
    found = []
    for column in _parts(b):
        names = {"left": s.left - column * s.stride_w, "last_vector": last}
        places = [place for v in range(b.vectors) for place in _places(tile, v)]
        starts = [eval(at, dict(names)) for _, at, guarded in places if not guarded]
        found += [(start, start + b.lanes) for start in starts]
    return found


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("unit", [VectorUnit(64, 32, True), VectorUnit(32, 16, True), VectorUnit(16, 16, False)])
def test_reads_without_a_mask_are_inside_of_the_image(unit: VectorUnit, stride: int) -> None:
    unguarded = 0
    for width, kernel in SIZES:
        for left in range(kernel):
            for right in range(kernel):
                if left + width + right < kernel:
                    continue
                padding = ((1, 1), (left, right))
                p = ConvProblem(1, 4, (9, width), 4, (3, kernel), (1, stride), padding, groups=4)
                b = schedule_of(Case(p), 4, unit)
                if b.path == "sliding-planes":
                    reads = _unguarded(b)
                    assert all(first >= 0 and end <= width for first, end in reads), p
                    unguarded += len(reads)
    assert unguarded
