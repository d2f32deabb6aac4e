"""The rule of ordinary sizes gives the committed file, and the file what the rule promises."""

from __future__ import annotations

from collections import Counter

from bench.kernels.shapes import kind_of
from bench.sweep import ordinary_sizes
from bench.sweep.ordinary_sizes import FILE, MOST_ELEMENTS, MOST_FLOPS, QUOTAS, SIZES, as_csv, drawn

DRAWN = drawn()
WEAK, RULED = DRAWN[:6], DRAWN[6:]


def test_the_committed_file_is_what_the_rule_draws() -> None:
    assert FILE.read_text(encoding="utf-8") == as_csv(DRAWN), "python -m bench.sweep.ordinary_sizes"


def test_there_are_as_many_shapes_as_promised_and_each_once() -> None:
    kinds = Counter(next(quota for quota in QUOTAS if shape.kind.startswith(quota)) for shape in RULED)
    assert kinds == QUOTAS
    assert sum(QUOTAS.values()) == 200
    assert len({shape.problem for shape in DRAWN}) == len(DRAWN)


def test_no_channel_count_is_a_multiple_of_16() -> None:
    for p in (shape.problem for shape in RULED):
        each = 1 if p.is_depthwise else p.groups
        assert p.in_channels // each % 16, p
        assert p.out_channels // each % 16, p
        assert p.direct_flops <= MOST_FLOPS, p
        assert p.compulsory_bytes(1) <= MOST_ELEMENTS, p


def test_every_size_of_image_occurs_in_every_class() -> None:
    """The size of a layer is that of the image, halved and rounded up (in VGG down) some times."""
    for quota in QUOTAS:
        sides = [shape.problem.size[0] for shape in RULED if shape.kind.startswith(quota)]
        for number, side in enumerate(sides):
            size = SIZES[number % len(SIZES)]
            halved = {ordinary_sizes._halved(size, times, rounds_up=up) for times in range(6) for up in (True, False)}
            assert side in halved, (quota, number)


def test_some_images_are_not_square_and_some_kernels_wide() -> None:
    assert 20 <= sum(shape.problem.size[0] != shape.problem.size[1] for shape in RULED) <= 60
    kernels = {shape.problem.kernel for shape in RULED if shape.kind == "depthwise"}
    assert kernels == {(3, 3), (5, 5)}


def test_shapes_once_found_weak_come_first() -> None:
    assert [(shape.problem.descriptor, shape.kind) for shape in WEAK] == [
        ("mb1ic160ih27iw31oc160kh3kw3ph1pw1", "winograd-large"),
        ("mb1ic320ih13oc256kh3ph1", "winograd-14"),
        ("mb1ic64ih60iw44oc96kh3kw3ph1pw1", "winograd-large"),
        ("mb3ic96ih33oc96kh3ph1", "winograd-large"),
        ("mb1ic48ih61iw47oc80kh3kw3ph1pw1", "dense"),
        ("g144mb2ic144ih50oc144kh5ph2", "depthwise"),
    ]
    assert all(kind_of(shape.problem) == shape.kind for shape in DRAWN)
