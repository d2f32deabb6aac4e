"""Draws random shapes like those of networks and filters: some to tune `auto` to, others to test it on."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from bench.kernels.shapes import Shape
from impls import ConvError, ConvProblem

# FLOPs of the definition: enough to outweigh the call itself, few enough that hundreds of shapes take minutes.
LEAST_FLOPS, MOST_FLOPS = 5e5, 5e8
# Numbers read and written, for the same reason.
MOST_ELEMENTS = 2_000_000
# The most of large shapes: no layer of VGG-16 has more. One in so many is large where a model is to learn.
LARGE_FLOPS, LARGE_ELEMENTS = 4e9, 8_000_000
LARGE_EVERY = 5
_BATCHES = (1, 1, 1, 1, 2, 4, 8)
_CHANNELS = (1, 3, 4, 8, 12, 16, 24, 32, 48, 64, 80, 96, 128, 160, 192, 256, 384, 512, 768, 1024)
_SIZES = (7, 8, 13, 14, 16, 20, 28, 32, 35, 56, 64, 96, 112, 128, 160, 224, 256)
_SMALL_KERNELS = (2, 3, 4, 5, 7, 9, 11)
_LARGE_KERNELS = (11, 13, 17, 21, 25, 31, 41, 51, 63)
_PRECISIONS = {"fp32": 0.64, "fp64": 0.12, "bf16": 0.12, "fp16": 0.12}


def shapes(count: int, seed: int, precisions: dict[str, float] | None = None) -> list[Shape]:
    """`count` shapes, the same for the same seed; `precisions` are weights."""
    rng = random.Random(f"shapes {seed}")
    weights = precisions or _PRECISIONS
    drawn = _problems(rng, _is_ordinary)
    return [
        Shape(f"random {number}", next(drawn), "random", rng.choices(list(weights), list(weights.values()))[0])
        for number in range(count)
    ]


def shapes_to_learn(count: int, seed: int) -> list[Shape]:
    """As `shapes`, but one in LARGE_EVERY is a large one in fp32.

    Of smaller ones alone no model learns what weights cost that no cache holds. In other precisions some libraries
    take seconds for one call.
    """
    found = shapes(count, seed)
    drawn = _problems(random.Random(f"large shapes {seed}"), _is_large)
    for number in range(LARGE_EVERY - 1, count, LARGE_EVERY):
        found[number] = Shape(f"random {number}", next(drawn), "random")
    return found


def _is_ordinary(problem: ConvProblem) -> bool:
    return _is_within(problem, MOST_FLOPS, MOST_ELEMENTS)


def _is_large(problem: ConvProblem) -> bool:
    return _is_within(problem, LARGE_FLOPS, LARGE_ELEMENTS) and not _is_ordinary(problem)


def _is_within(problem: ConvProblem, flops: float, elements: int) -> bool:
    return LEAST_FLOPS <= problem.direct_flops <= flops and problem.compulsory_bytes(1) <= elements


def _problems(rng: random.Random, is_wanted: Callable[[ConvProblem], bool]) -> Iterator[ConvProblem]:
    while True:
        (draw,) = rng.choices(list(_KINDS), list(_KINDS.values()))
        try:
            problem = draw(rng)
        except ConvError:
            # A kernel larger than its image.
            continue
        if is_wanted(problem):
            yield problem


def _dense(rng: random.Random, kernel: int, *, stride: int = 1, dilation: int = 1) -> ConvProblem:
    return _problem(rng, rng.choice(_CHANNELS), rng.choice(_CHANNELS), kernel, stride=stride, dilation=dilation)


def _three(rng: random.Random) -> ConvProblem:
    return _dense(rng, 3)


def _pointwise(rng: random.Random) -> ConvProblem:
    return _dense(rng, 1, stride=rng.choice((1, 1, 1, 2)))


def _other(rng: random.Random) -> ConvProblem:
    kernel = rng.choice(_SMALL_KERNELS)
    return _dense(rng, kernel, stride=rng.choice((1, 1, 2, 3)), dilation=rng.choice((1, 1, 1, 2)))


def _few_channels(rng: random.Random) -> ConvProblem:
    kernel, stride = rng.choice(_SMALL_KERNELS), rng.choice((1, 1, 2, 4))
    return _problem(rng, rng.choice((1, 3, 4)), rng.choice(_CHANNELS[:12]), kernel, stride=stride)


def _depthwise(rng: random.Random) -> ConvProblem:
    channels = rng.choice(_CHANNELS[3:])
    kernel, stride = rng.choice((3, 3, 3, 5, 7)), rng.choice((1, 1, 2))
    return _problem(rng, channels, channels, kernel, stride=stride, groups=channels)


def _grouped(rng: random.Random) -> ConvProblem:
    groups = rng.choice((2, 4, 8, 32))
    channels, filters = (groups * rng.choice((1, 2, 4, 8, 16, 32)) for _ in range(2))
    return _problem(rng, channels, filters, rng.choice((1, 3, 3, 5)), stride=rng.choice((1, 1, 2)), groups=groups)


def _large_kernel(rng: random.Random) -> ConvProblem:
    few = (1, 1, 2, 3, 4, 8, 16)
    return _problem(rng, rng.choice(few), rng.choice(few), rng.choice(_LARGE_KERNELS))


def _problem(
    rng: random.Random, channels: int, filters: int, kernel: int, *, stride: int = 1, dilation: int = 1, groups: int = 1
) -> ConvProblem:
    size = (rng.choice(_SIZES),) * 2 if rng.random() < 0.85 else (rng.choice(_SIZES), rng.choice(_SIZES))
    # "Same" for most: half of the kernel's extent on either side.
    pad = (dilation * (kernel - 1)) // 2 if rng.random() < 0.85 else 0
    return ConvProblem(
        rng.choice(_BATCHES), channels, size, filters, (kernel, kernel), (stride, stride), ((pad, pad), (pad, pad)),
        (dilation, dilation), groups,
    )  # fmt: skip


_KINDS: dict[Callable[[random.Random], ConvProblem], float] = {
    _three: 0.3, _pointwise: 0.2, _other: 0.14, _few_channels: 0.08, _depthwise: 0.1, _grouped: 0.08,
    _large_kernel: 0.1,
}  # fmt: skip
