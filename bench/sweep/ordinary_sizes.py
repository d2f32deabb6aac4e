"""Draws layers at the sizes that people have: the rule behind bench/kernels/shapes_cpu_sizes.csv.

A layer of a network, at another size of image and another width, for each class as many as QUOTAS says:

1. The n-th shape of a class is of an image of SIZES[n % 10] pixels; one in five images is not square, and its width is
   another of the sizes.
2. A network is drawn, then one of its layers: those of bench/sweep/layers, and the grouped ones of ResNeXt-50 from
   bench/kernels/shapes_cpu.csv. An axis is halved as often as the network halved 224 pixels, rounded up as strided
   layers with padding do (down in VGG, which pools without).
3. A width is drawn, and the batch, mostly 1. Channel counts are those of the layer times the width, in whole eights or,
   for one in three, in whole fours, as networks with a width multiplier have them; the groups of grouped layers get
   wider or narrower in whole channels. The colours of an image stay 3.
4. A third of the depthwise layers have a 5 × 5 kernel, as in MobileNet v3 and EfficientNet.
5. A draw counts if no channel count (of a group, where there are groups of several channels) is a multiple of 16, if
   its own class is the one asked for, if it is new, and if its FLOPs and elements are within bounds: fewer are shorter
   than the call itself, more take minutes to prove. The other draws are repeated for the same layer TRIES times, then
   for another one.

The same seed gives the same shapes. `python -m bench.sweep.ordinary_sizes` writes the file anew; a test compares them.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.kernels import shapes
from bench.kernels.shapes import Shape, kind_of
from bench.sweep import layers
from impls import ConvError, ConvProblem

FILE = Path(shapes.__file__).with_name("shapes_cpu_sizes.csv")
SIZES = (192, 200, 224, 256, 299, 320, 384, 416, 512, 640)
WIDTHS = (0.35, 0.45, 0.6, 0.7, 0.75, 0.9, 1.1, 1.2, 1.3, 1.4)
QUOTAS = {"dense": 24, "1x1": 50, "winograd": 56, "few-channels": 14, "depthwise": 32, "grouped": 24}
# Of a call of the definition.
LEAST_FLOPS, MOST_FLOPS = 500_000, 1_500_000_000
# Input, weights and output together: 64 MB in fp32.
MOST_ELEMENTS = 16_000_000
TRIES = 20
_UNITS = (8, 8, 4)
_NETWORKS = ("googlenet", "mobilenet-v1", "resnet-18", "resnet-50", "vgg-16")
_GROUPED = "resnext-50"
_OWN_SIZE, _COLOURS = 224, 3
_BATCHES = {1: 0.7, 2: 0.1, 3: 0.1, 4: 0.1}
# Shapes on which kernels were once found weak: (channels, filters, size, kernel, batch).
_WEAK = (
    (160, 160, (27, 31), 3, 1), (320, 256, (13, 13), 3, 1), (64, 96, (60, 44), 3, 1), (96, 96, (33, 33), 3, 3),
    (48, 80, (61, 47), 3, 1),
)  # fmt: skip
_WEAK_DEPTHWISE = ConvProblem(2, 144, (50, 50), 144, (5, 5), padding=((2, 2), (2, 2)), groups=144)


def drawn() -> tuple[Shape, ...]:
    """All shapes of the file, in its order: those once found weak, then class by class."""
    own = _layers_of_networks()
    found = list(_weak())
    for quota, count in QUOTAS.items():
        rng = random.Random(f"ordinary sizes: {quota}")
        for number in range(count):
            known = {shape.problem for shape in (*shapes.built_in(), *found)}
            found.append(next(shape for shape in _draws(rng, own, SIZES[number % len(SIZES)], quota)
                              if shape.problem not in known))  # fmt: skip
    return tuple(found)


def _weak() -> Iterator[Shape]:
    for channels, filters, size, kernel, batch in _WEAK:
        pad = (kernel // 2, kernel // 2)
        problem = ConvProblem(batch, channels, size, filters, (kernel, kernel), padding=(pad, pad))
        yield _shape("once weak", problem)
    yield _shape("once weak", _WEAK_DEPTHWISE)


def _shape(name: str, p: ConvProblem) -> Shape:
    rows, columns = p.size
    size, batch = rows if rows == columns else f"{rows}x{columns}", f" b{p.batch}" if p.batch > 1 else ""
    sizes = f"{p.kernel[0]}x{p.kernel[1]} {p.in_channels} to {p.out_channels}@{size}{batch}"
    return Shape(f"{name}: {sizes}", p, kind_of(p))


def _layers_of_networks() -> dict[str, list[tuple[str, ConvProblem]]]:
    """Names and problems of the layers of each network."""
    own = {name: [(one.name, one.problem) for one in layers.built_in(name).layers] for name in _NETWORKS}
    grouped = [s for s in shapes.built_in() if s.name.startswith(_GROUPED) and s.problem.batch == 1]
    own[_GROUPED] = [(s.name.removeprefix(f"{_GROUPED} "), s.problem) for s in grouped]
    return own


def _draws(
    rng: random.Random, own: Mapping[str, Sequence[tuple[str, ConvProblem]]], size: int, quota: str
) -> Iterator[Shape]:
    """Draws that count, without end."""
    while True:
        network = rng.choice(sorted(own))
        name, layer = rng.choice(own[network])
        for _ in range(TRIES):
            image = (size, rng.choice(SIZES)) if rng.random() < 0.2 else (size, size)
            width, unit = rng.choice(WIDTHS), rng.choice(_UNITS)
            (batch,) = rng.choices(list(_BATCHES), list(_BATCHES.values()))
            kernel = 5 if rng.random() < 1 / 3 and layer.is_depthwise else layer.kernel[0]
            try:
                problem = _at(layer, image, width, unit, batch, kernel, rounds_up=network != "vgg-16")
            except ConvError:
                # A kernel larger than its image.
                continue
            if _counts(problem) and kind_of(problem).startswith(quota):
                yield _shape(f"{network} {name}", problem)
                break


def _at(
    layer: ConvProblem, image: tuple[int, int], width: float, unit: int, batch: int, kernel: int, *, rounds_up: bool
) -> ConvProblem:
    """A layer in a network of this width on an image of this size."""
    halvings = (_OWN_SIZE // layer.size[0]).bit_length() - 1
    rows, columns = (_halved(side, halvings, rounds_up=rounds_up) for side in image)
    groups, channels, filters = layer.groups, layer.in_channels, layer.out_channels
    if layer.is_depthwise:
        groups = channels = filters = _whole(channels * width, unit)
    elif groups > 1:
        channels, filters = (groups * max(1, round(count / groups * width)) for count in (channels, filters))
    else:
        channels, filters = (n if n == _COLOURS else _whole(n * width, unit) for n in (channels, filters))
    pad = (kernel // 2, kernel // 2) if any(map(any, layer.padding)) else (0, 0)
    return ConvProblem(
        batch, channels, (rows, columns), filters, (kernel, kernel), layer.stride, (pad, pad), layer.dilation, groups
    )


def _halved(side: int, times: int, *, rounds_up: bool) -> int:
    for _ in range(times):
        side = (side + rounds_up) // 2
    return side


def _whole(channels: float, unit: int) -> int:
    return max(unit, unit * round(channels / unit))


def _counts(p: ConvProblem) -> bool:
    """Whether a problem is within the bounds, with no multiple of 16 among its channel counts."""
    each = 1 if p.is_depthwise else p.groups
    odd = all(count // each % 16 for count in (p.in_channels, p.out_channels))
    return odd and LEAST_FLOPS <= p.direct_flops <= MOST_FLOPS and p.compulsory_bytes(1) <= MOST_ELEMENTS


def as_csv(found: Sequence[Shape]) -> str:
    """The text of the file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(shapes.COLUMNS)
    writer.writerows((s.name, s.problem.descriptor, s.kind, s.precision) for s in found)
    return text.getvalue()


if __name__ == "__main__":
    FILE.write_text(as_csv(drawn()), encoding="utf-8")
