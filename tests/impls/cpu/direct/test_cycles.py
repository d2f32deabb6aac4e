"""Cycles of direct schedules by arithmetic."""

from __future__ import annotations

import pytest

from bench.predict.random_shapes import shapes
from impls import Case, ConvProblem
from impls.cpu.direct.choice import schedule_of
from impls.cpu.direct.cycles import _taps, cycles_of


@pytest.mark.parametrize("outputs", [1, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("before", [0, 1, 4])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("kernel", [1, 3, 7])
@pytest.mark.parametrize("size", [3, 9])
def test_taps_inside_of_an_image(outputs: int, stride: int, before: int, dilation: int, kernel: int, size: int) -> None:
    starts = [i * stride - before for i in range(outputs)]
    seen = sum(0 <= start + tap * dilation < size for start in starts for tap in range(kernel))
    assert _taps(outputs, stride, before, dilation, kernel, size) == seen


def _cycles(descriptor: str, layout: str = "nhwc", workers: int = 1) -> float:
    return cycles_of(schedule_of(Case(ConvProblem.parse(descriptor), layout=layout), 4), workers)


def test_twice_the_images_take_twice_the_cycles() -> None:
    for number, shape in enumerate(shapes(60, 7, {"fp32": 1.0})):
        p, layout = shape.problem, ("nchw", "nhwc")[number % 2]
        many = Case(ConvProblem(2 * p.batch, p.in_channels, p.size, p.out_channels, p.kernel, p.stride, p.padding,
                                p.dilation, p.groups), layout=layout)  # fmt: skip
        once, twice = schedule_of(Case(p, layout=layout), 4), schedule_of(many, 4)
        if once.path == twice.path and (once.rows, once.chunk) == (twice.rows, twice.chunk):
            assert cycles_of(twice, 1) == pytest.approx(2 * cycles_of(once, 1), rel=0.05), p


def test_padding_that_is_not_read_takes_no_cycles() -> None:
    """A kernel of 63 rows on an image of 13: at most 13 rows of it are read."""
    assert _cycles("mb1ic64ih13oc64kh25ph12") < 0.8 * (25 / 13) ** 2 * _cycles("mb1ic64ih13oc64kh13ph6")


def test_the_busiest_worker_decides() -> None:
    """One row of output: a second worker has nothing to do."""
    one_row = "mb1ic64ih3iw40oc16kh3kw3"
    assert _cycles(one_row, workers=2) == pytest.approx(2 * _cycles(one_row))
    assert _cycles("mb1ic64ih34oc16kh3", workers=2) == pytest.approx(_cycles("mb1ic64ih34oc16kh3"))
