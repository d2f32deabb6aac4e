"""ONNX files: sizes by shape inference, and files that are damaged, incomplete or too large."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.errors import UsageError
from bench.networks.inputs import InputShape
from bench.networks.listing import NetworkListing
from bench.networks.onnx_file import list_onnx, require_weights
from bench.networks.operation import OperationKind
from impls import ConvProblem
from tests.bench.networks.onnx_models import FLOAT, helper, node, save


def listed(
    tmp_path: Path, *nodes: Any, shape: tuple[int | str, ...] = (1, 3, 16, 16), **weights: Any
) -> NetworkListing:
    return list_onnx(save(tmp_path / "net.onnx", nodes, shape, weights), ())


def test_a_chain_has_names_sizes_and_fields(tmp_path: Path) -> None:
    listing = listed(
        tmp_path,
        node("Conv", "x w b", "c", name="/first/Conv", pads=[1, 1, 1, 1], strides=[2, 2]),
        node("Relu", "c", "r"),
        node("MaxPool", "r", "p", kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", "p v", "d", pads=[2, 2, 2, 2], dilations=[2, 2], group=4),
        node("Add", "d p", "a"),
        node("GlobalAveragePool", "a", "g"),
        node("Flatten", "g", "f"),
        node("Gemm", "f m", "y"),
        w=(4, 3, 3, 3), b=(4,), v=(4, 1, 3, 3), m=(4, 5),
    )  # fmt: skip
    table = [
        (one.name, one.kind, one.problem.descriptor if one.problem else None, one.macs, one.flops, one.receptive_field)
        for one in listing.operations
    ]
    assert table == [
        ("/first/Conv", OperationKind.CONVOLUTION, "mb1ic3ih16oc4kh3sh2ph1", 27 * 256, 54 * 256 + 256, (3, 3)),
        ("r", OperationKind.ACTIVATION, None, None, 256, (3, 3)),
        ("p", OperationKind.POOLING, None, None, 4 * 64, (5, 5)),
        ("d", OperationKind.CONVOLUTION, "g4mb1ic4ih4oc4kh3ph2dh1", 9 * 64, 18 * 64, (21, 21)),
        ("a", OperationKind.ARITHMETIC, None, None, 64, (21, 21)),
        ("g", OperationKind.POOLING, None, None, 64, None),
        ("y", OperationKind.DENSE, None, 20, 40, None),
    ]
    assert listing.parameters == 108 + 4 + 36 + 20
    assert listing.operations[0].bytes_moved == 4 * (3 * 256 + 108 + 4 + 256)


@pytest.mark.parametrize(
    ("given", "descriptor"),
    [
        ({"auto_pad": "SAME_UPPER", "strides": [2, 2]}, "mb1ic3ih16iw16oc4oh8ow8kh3kw3sh2sw2ph0pw0"),
        ({"auto_pad": "SAME_LOWER", "strides": [2, 2]}, "mb1ic3ih16oc4kh3sh2ph1"),
        ({"auto_pad": "VALID"}, "mb1ic3ih16oc4kh3"),
        ({"pads": [0, 1, 2, 1]}, "mb1ic3ih16iw16oc4oh16ow16kh3kw3ph0pw1"),
    ],
)
def test_padding_is_worked_out(tmp_path: Path, given: dict[str, Any], descriptor: str) -> None:
    (one,) = listed(tmp_path, node("Conv", "x w", "y", **given), w=(4, 3, 3, 3)).operations
    assert one.problem == ConvProblem.parse(descriptor)


@pytest.mark.parametrize(
    ("operator", "shape", "weight", "reason"),
    [
        ("Conv", (1, 3, 8), (4, 3, 3), None),
        ("Conv", (1, 3, 8, 8, 8), (4, 3, 3, 3, 3), "in 3 dimensions"),
        ("ConvTranspose", (1, 3, 8, 8), (3, 4, 3, 3), "transposed"),
    ],
)
def test_other_dimensions(
    tmp_path: Path, operator: str, shape: tuple[int, ...], weight: tuple[int, ...], reason: str | None
) -> None:
    (one,) = listed(tmp_path, node(operator, "x w", "y"), shape=shape, w=weight).operations
    assert one.macs
    if reason is None:
        assert one.problem is not None
        assert one.problem.descriptor == "mb1ic3ih1iw8oc4kh1kw3"
    else:
        assert reason in (one.reason or "")


def test_sixteen_bits_are_kept(tmp_path: Path) -> None:
    path = save(tmp_path / "half.onnx", [node("Conv", "x w", "y")], (1, 3, 8, 8), {"w": (4, 3, 3, 3)}, kind=10)
    assert list_onnx(path, ()).layer_set.layers[0].precision == "fp16"


def test_quantised_weights_are_named(tmp_path: Path) -> None:
    listing = listed(
        tmp_path,
        node("QuantizeLinear", "w scale", "q"),
        node("DequantizeLinear", "q scale", "d"),
        node("Conv", "x d", "y", name="low"),
        w=(4, 3, 3, 3), scale=(),
    )  # fmt: skip
    (low,) = listing.not_covered
    assert (low.name, low.macs) == ("low", 27 * 4 * 14 * 14)
    assert low.reason == "quantised: only floating-point convolutions are measured"


def test_an_operator_without_shape_inference_is_named_and_the_rest_is_listed(tmp_path: Path) -> None:
    listing = listed(
        tmp_path,
        node("Conv", "x w", "c"),
        node("Mystery", "c", "m", name="step", domain="own"),
        node("Relu", "m", "r"),
        node("Conv", "r v", "y", name="hidden"),
        w=(4, 3, 3, 3), v=(4, 4, 3, 3),
    )  # fmt: skip
    assert [one.name for one in listing.covered] == ["c"]
    (hidden,) = listing.not_covered
    assert "the shape of r is unknown: own.Mystery (step) has no shape inference; simplify" in (hidden.reason or "")
    assert listing.share_of_macs(listing.not_covered) is None


def test_convolutions_in_a_branch_are_listed_as_not_covered(tmp_path: Path) -> None:
    inner = helper.make_graph([node("Conv", "x w", "o", name="inner")], "branch", [],
                              [helper.make_tensor_value_info("o", FLOAT, None)])  # fmt: skip
    listing = listed(
        tmp_path,
        node("Conv", "x w", "c", name="outer"),
        helper.make_node("If", ["flag"], ["y"], name="choice", then_branch=inner, else_branch=inner),
        w=(4, 3, 3, 3), flag=(1,),
    )  # fmt: skip
    assert [one.name for one in listing.convolutions] == ["outer", "choice/inner", "choice/inner"]
    assert "inside If (choice): whether and how often" in (listing.not_covered[0].reason or "")


def test_sizes_of_the_input_can_be_given(tmp_path: Path) -> None:
    path = save(tmp_path / "net.onnx", [node("Conv", "x w", "y")], ("N", 3, "H", 8), {"w": (4, 3, 3, 3)})
    with pytest.raises(UsageError, match=r"its input x has sizes that are not fixed, Nx3xHx8; give them"):
        list_onnx(path, ())
    (one,) = list_onnx(path, [InputShape((2, 3, 8, 8))]).operations
    assert one.problem is not None
    assert one.problem.descriptor == "mb2ic3ih8oc4kh3"
    with pytest.raises(UsageError, match=r"x of .* has 4 dimensions, as in Nx3xHx8"):
        list_onnx(path, [InputShape((2, 3))])
    with pytest.raises(UsageError, match=r"takes 1 inputs \(x\), and --input is given 2 times"):
        list_onnx(path, [InputShape((2, 3, 8, 8))] * 2)


def test_missing_weights_are_not_needed(tmp_path: Path) -> None:
    path = save(tmp_path / "net.onnx", [node("Conv", "x w", "y")], (1, 3, 8, 8), {"w": (4, 3, 3, 3)},
                save_as_external_data=True, location="net.weights", size_threshold=0)  # fmt: skip
    assert list_onnx(path, ()).notes == ()
    (tmp_path / "net.weights").unlink()
    listing = list_onnx(path, ())
    assert listing.notes == ("the file of weights net.weights is missing; the layers are listed without it",)
    assert len(listing.covered) == 1


@pytest.mark.parametrize("content", [b"", b"not a model at all", b"\x08\x08\x12"])
def test_damaged_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"net\.onnx (is damaged, or no ONNX file|has no operations).*export it again"):
        list_onnx(path, ())


def test_files_beyond_protobuf_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.touch()
    # A file with a hole: it takes no space.
    os.truncate(path, 3 * 2**30)
    with pytest.raises(UsageError, match=r"has 3\.0 GiB, .* can have 2 GiB; save its weights beside it"):
        list_onnx(path, ())


def test_a_missing_file_and_a_missing_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"is not there"):
        list_onnx(tmp_path / "net.onnx", ())
    (tmp_path / "net.onnx").touch()
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(UsageError, match=r"type: pip install 'convcost\[onnx\]'"):
        list_onnx(tmp_path / "net.onnx", ())


def test_a_network_without_its_weights_cannot_run(tmp_path: Path) -> None:
    path = save(tmp_path / "net.onnx", [node("Conv", "x w", "y")], (1, 3, 8, 8), {"w": (4, 3, 3, 3)},
                save_as_external_data=True, location="net.weights", size_threshold=0)  # fmt: skip
    require_weights(path)
    (tmp_path / "net.weights").unlink()
    with pytest.raises(UsageError, match=r"cannot run: its file of weights net\.weights is missing; put it into"):
        require_weights(path)
