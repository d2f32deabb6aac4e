"""The committed lists of shapes: readable, complete, each shape in the class of its sizes."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from bench.errors import UsageError
from bench.kernels.shapes import (
    CPU_CLASSES,
    CUDA_CLASSES,
    QUICK_SHAPES,
    Shape,
    built_in,
    chosen,
    kind_of,
    read,
    require_list,
)
from bench.sweep import layers
from impls.precision import PRECISIONS

HEADER = "name,descriptor,class,precision\n"
BY_KIND = {kind: [s for s in built_in() if s.kind == kind] for kind in CPU_CLASSES}


def test_every_class_has_shapes() -> None:
    assert {s.kind for s in built_in()} == set(CPU_CLASSES)
    assert all(len(found) >= QUICK_SHAPES for found in BY_KIND.values())


@pytest.mark.parametrize("network", ["resnet-50", "vgg-16", "mobilenet-v1"])
@pytest.mark.parametrize("batch", [1, 8])
def test_every_layer_of_a_network_is_a_shape(network: str, batch: int) -> None:
    there = {s.problem for s in built_in() if s.precision == "fp32"}
    for layer in layers.built_in(network).layers:
        again = layer.problem.descriptor.replace("mb1ic", f"mb{batch}ic")
        assert layer.problem.parse(again) in there


@pytest.mark.parametrize("kind", CUDA_CLASSES)
def test_cuda_shapes_match_their_class(kind: str) -> None:
    found = chosen((kind,), quick=False, device="cuda")
    precision = kind.rpartition("-")[2]
    assert len(found) >= QUICK_SHAPES
    for shape in found:
        p = shape.problem
        assert shape.precision == (precision if precision in PRECISIONS else "fp32")
        assert shape.device == shape.case("nhwc").device == "cuda"
        assert p.batch == (1 if kind.startswith("small") else 32) or kind == "large-kernel"
        assert (p.kernel == (3, 3) and p.stride == (1, 1)) or not kind.startswith("winograd")
        assert (p.kernel[0] >= 31) == (kind == "large-kernel")
        assert (p.groups == 32) == kind.startswith("grouped") or p.is_depthwise


def test_a_class_of_the_other_device_is_unknown() -> None:
    with pytest.raises(UsageError, match="class 'winograd-14' is unknown on cuda"):
        chosen(("winograd-14",), quick=True, device="cuda")


def _is_winograd(shape: Shape, least: int, most: int) -> bool:
    p = shape.problem
    ordinary = p.kernel == (3, 3) and p.stride == p.dilation == (1, 1) and p.groups == 1 and p.in_channels >= 64
    return ordinary and least <= p.output_size[0] <= most


KINDS: dict[str, Callable[[Shape], bool]] = {
    "1x1": lambda s: s.problem.kernel == (1, 1),
    "winograd-large": lambda s: _is_winograd(s, 28, 10**6),
    "winograd-14": lambda s: _is_winograd(s, 14, 14),
    "winograd-7": lambda s: _is_winograd(s, 7, 7),
    "few-channels": lambda s: s.problem.in_channels in (1, 3),
    "depthwise": lambda s: s.problem.is_depthwise,
    "grouped": lambda s: s.problem.groups == 32,
    "fft-1ch-31": lambda s: s.problem.kernel == (31, 31) and s.problem.in_channels == 1,
    "fft-1ch-63": lambda s: s.problem.kernel == (63, 63) and s.problem.in_channels == 1,
    "fft-16ch": lambda s: s.problem.kernel in ((31, 31), (63, 63)) and s.problem.in_channels == 16,
}


@pytest.mark.parametrize("kind", CPU_CLASSES)
def test_cpu_shapes_match_their_class(kind: str) -> None:
    of_precision = kind in ("fp64", "fp16", "bf16")
    for shape in BY_KIND[kind]:
        assert kind not in KINDS or KINDS[kind](shape), shape
        assert shape.precision == (kind if of_precision else "fp32")
        assert shape.case("nhwc").problem == shape.problem


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,class\n", "line 1: the columns must be name,descriptor,class,precision"),
        (HEADER + "a,mb1ic1ih8oc1kh3,dnese,fp32\n", "line 2: class 'dnese' is unknown on cpu (did you mean 'dense'?)"),
        (HEADER + "a,mb1ic1ih8oc1zh3,dense,fp32\n", "line 2: descriptor"),
        (HEADER + "a,mb1ic1ih8oc1kh3,dense,fp8\n", "line 2: precision 'fp8' is unknown"),
        (HEADER + "a,mb1ic1ih8oc1kh3,dense,fp32\n" * 2, "line 3: 'a' occurs twice in dense"),
    ],
)
def test_a_bad_file_is_reported_in_one_sentence(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(text, "file.csv")
    assert message in str(caught.value)


def test_quick_takes_two_shapes_of_each_class() -> None:
    assert len(chosen((), quick=True)) == QUICK_SHAPES * len(CPU_CLASSES)
    assert sorted(map(repr, chosen((), quick=False))) == sorted(map(repr, built_in()))
    assert {s.kind for s in chosen(("fp64", "1x1"), quick=False)} == {"fp64", "1x1"}


def test_lists_are_chosen_by_name() -> None:
    networks, sizes, extended = (built_in("cpu", name) for name in ("networks", "sizes", "extended"))
    assert extended == (*networks, *sizes)
    assert chosen((), quick=True, name="extended") == chosen((), quick=True), "old tables stay comparable"
    assert {s.kind for s in chosen(("grouped",), quick=False, name="sizes")} == {"grouped"}
    assert (require_list(None), require_list(None, "cuda"), require_list("sizes")) == ("extended", "networks", "sizes")
    with pytest.raises(UsageError, match="--list sizes is unknown on cuda; allowed: networks"):
        require_list("sizes", "cuda")


def test_the_class_of_a_layer_follows_from_its_sizes() -> None:
    ordinary = [s for s in built_in("cpu", "extended") if s.precision == "fp32" and not s.kind.startswith("fft")]
    assert [s for s in ordinary if kind_of(s.problem) != s.kind] == []


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_shape_survives_json(device: str) -> None:
    for shape in built_in(device)[:5]:
        assert Shape.from_dict({**json.loads(json.dumps(shape.as_dict())), "wall_s": 1.0}) == shape
