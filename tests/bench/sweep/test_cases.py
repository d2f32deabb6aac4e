"""The cases of configurations: their number, and the points and layers of each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.errors import UsageError
from bench.gate.data import KINDS, Data
from bench.sweep import layers
from bench.sweep.axes import Axis, make_axis
from bench.sweep.cases import Expansion, expand
from bench.sweep.config import Config, built_in_names, load
from impls import ConvProblem

CPU = ("cpu",)
BASE = "mb1ic8ih12oc8kh3ph1"


def _config(design: str = "one-at-a-time", **axes: Any) -> Config:
    return Config(
        name="test", base=BASE, design=design, axes=tuple(Axis(n.replace("_", "-"), v) for n, v in axes.items())
    )


def _kernels_and_strides(expansion: Expansion) -> list[tuple[int, int]]:
    return [(p.case.problem.kernel[0], p.case.problem.stride[0]) for p in expansion.cases]


def test_one_at_a_time_is_the_baseline_and_each_other_value() -> None:
    expansion = expand(_config(kernel=(3, 1, 5), stride=(1, 2)), CPU)
    assert _kernels_and_strides(expansion) == [(3, 1), (1, 1), (5, 1), (3, 2)]
    assert expansion.skipped == ()


def test_product_is_every_combination() -> None:
    expansion = expand(_config("product", kernel=(3, 1, 5), stride=(1, 2)), CPU)
    assert _kernels_and_strides(expansion) == [(3, 1), (3, 2), (1, 1), (1, 2), (5, 1), (5, 2)]


@pytest.mark.parametrize(
    ("sizes", "one_at_a_time", "product"), [((1,), 1, 1), ((5,), 5, 5), ((3, 2), 4, 6), ((4, 3, 2), 7, 24)]
)
def test_cases_are_counted_by_design(sizes: tuple[int, ...], one_at_a_time: int, product: int) -> None:
    axes: dict[str, Any] = {
        n: tuple(range(1, s + 1)) for n, s in zip(("out_channels", "in_channels", "batch"), sizes, strict=False)
    }
    assert len(expand(_config(**axes), CPU).cases) == one_at_a_time
    assert len(expand(_config("product", **axes), CPU).cases) == product


def test_without_axes_the_base_is_the_only_case() -> None:
    (planned,) = expand(_config(), CPU).cases
    assert planned.case.problem == ConvProblem.parse(BASE)


def test_every_point_names_every_axis() -> None:
    expansion = expand(_config(kernel=(3, "1x3"), padding=("same",)), CPU)
    assert [p.points for p in expansion.cases] == [
        ((("kernel", "3"), ("padding", "same")),),
        ((("kernel", "1x3"), ("padding", "same")),),
    ]


def test_equal_cases_are_one_case_with_all_points() -> None:
    expansion = expand(_config(padding=("same", "valid", 1, 0)), CPU)
    assert [p.case.problem.descriptor for p in expansion.cases] == [BASE, "mb1ic8ih12oc8kh3"]
    assert [[dict(point)["padding"] for point in p.points] for p in expansion.cases] == [["same", "1"], ["valid", "0"]]


def test_devices_precisions_and_layouts_multiply() -> None:
    config = Config(name="t", base=BASE, precisions=("fp32", "fp64"), layouts=("nchw", "nhwc"))
    cells = [(p.case.device, p.case.precision, p.case.layout) for p in expand(config, ("cpu", "cuda")).cases]
    assert len(cells) == len(set(cells)) == 8


def test_precision_and_layout_may_be_axes() -> None:
    expansion = expand(_config("product", precision=("fp32", "bf16"), layout=("nchw", "nhwc")), CPU)
    assert [(p.case.precision, p.case.layout) for p in expansion.cases] == [
        ("fp32", "nchw"), ("fp32", "nhwc"), ("bf16", "nchw"), ("bf16", "nhwc"),
    ]  # fmt: skip


def test_bias_is_set_by_the_configuration_or_an_axis() -> None:
    assert expand(Config(name="t", base=BASE, bias=True), CPU).cases[0].case.problem.bias
    assert [p.case.problem.bias for p in expand(_config(bias=(0, 1)), CPU).cases] == [False, True]
    assert all(p.case.problem.bias for p in expand(Config(name="t", layers=("lenet-5",), bias=True), CPU).cases)


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({"kernel": (3, 99)}, r"kernel=99: the kernel spans 99 .* allowed: .* at most 14"),
        ({"groups": (1, 3)}, r"groups=3: groups 3 does not divide"),
        ({"kernel": (99, 3), "padding": ("valid",)}, r"kernel=99, padding=valid: .* at most 12"),
    ],
)
def test_an_impossible_point_of_one_at_a_time_is_an_error(axes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        expand(_config(**axes), CPU)


def test_impossible_points_of_a_product_are_listed() -> None:
    expansion = expand(_config("product", kernel=(3, 14), padding=("valid", "same", 1)), CPU)
    # 3 with "same" is 3 with 1; 14 × 14 fits with padding only.
    assert len(expansion.cases) == 4
    assert len(expansion.skipped) == 1
    assert expansion.skipped[0].startswith("not a convolution: kernel=14, padding=valid: the kernel spans 14")


@pytest.mark.parametrize(
    ("config", "devices"),
    [(_config("product", kernel=(20, 30), padding=("valid",)), CPU), (_config(kernel=(3,)), ())],
)
def test_a_configuration_without_cases_is_refused(config: Config, devices: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="'test' matches no case"):
        expand(config, devices)


def test_a_configuration_without_cases_is_refused_with_the_first_reason() -> None:
    with pytest.raises(UsageError, match="kernel=20: the kernel spans 20"):
        expand(_config("product", kernel=(20, 30)), CPU)


def test_layers_have_their_set_name_and_multiplicity() -> None:
    cases = expand(Config(name="t", layers=("vgg-16",)), CPU).cases
    labels = [label for p in cases for label in p.layers]
    assert {network for network, _, _ in labels} == {"vgg-16"}
    assert sum(count for _, _, count in labels) == 13
    assert all(p.points == () for p in cases)


def test_a_layer_of_two_networks_is_measured_once(tmp_path: Path) -> None:
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_text(f'{BASE}n"a"\nmb1ic3ih9oc3kh3n"b"\n')
    two.write_text(f'{BASE}n"c*4"\n')
    config = Config(name="t", base=BASE, layers=(str(one), str(two)), axes=(Axis("stride", (1,)),))
    cases = expand(config, CPU).cases
    assert len(cases) == 2
    (shared,) = [p for p in cases if p.case.problem.descriptor == BASE]
    assert shared.layers == (("one", "a", 1), ("two", "c", 4))
    assert shared.points == ((("stride", "1"),),)


def test_equal_layers_of_a_file_count_together(tmp_path: Path) -> None:
    """Without names, their labels were equal, and they were counted once."""
    file = tmp_path / "mine.csv"
    row = "1,3,9,9,4,3,3,1,1,1,1"
    file.write_text(f"n,c_in,h,w,c_out,kh,kw,stride,padding,dilation,groups,bias\n{row},0\n{row},0\n{row},1\n")
    plain, biased = expand(Config(name="t", layers=(str(file),)), CPU).cases
    assert ([label[2] for label in plain.layers], [label[2] for label in biased.layers]) == ([2], [1])
    (case,) = expand(Config(name="t", layers=(str(file),), bias=True), CPU).cases
    assert [label[2] for label in case.layers] == [3]


@pytest.mark.parametrize(
    ("name", "message"),
    [("lenet", "'lenet' is unknown; allowed: alexnet"), ("missing.csv", "missing.csv is not there")],
)
def test_unknown_layer_sets_are_refused(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        expand(Config(name="t", layers=(name,)), CPU)


def test_an_including_file_sets_devices_and_precisions_and_the_included_one_axes(tmp_path: Path) -> None:
    inner = tmp_path / "inner.toml"
    inner.write_text(f'base = "{BASE}"\nprecisions = ["fp64"]\nlayouts = ["nchw"]\n[axes]\nstride = [1, 2]\n')
    outer = Config(
        name="outer", base=BASE, include=(str(inner), "lenet-5"), axes=(Axis("kernel", (3, 5)),),
        precisions=("bf16",), layouts=("nhwc",), bias=True,
    )  # fmt: skip
    cases = expand(outer, CPU).cases
    assert {(p.case.precision, p.case.layout, p.case.problem.bias) for p in cases} == {("bf16", "nhwc", True)}
    # kernel 3 and stride 1 are the same case, with the points of both files.
    assert cases[0].points == ((("kernel", "3"),), (("stride", "1"),))
    assert [bool(p.points) for p in cases] == [True, True, True, False, False, False]


def test_an_including_file_without_axes_adds_no_base() -> None:
    cases = expand(Config(name="t", include=("lenet-5",)), CPU).cases
    assert [p.layers[0][1] for p in cases] == ["C1", "C3", "C5"]


@pytest.mark.parametrize("length", [1, 2, 3])
def test_files_that_include_themselves_are_refused(tmp_path: Path, length: int) -> None:
    files = [tmp_path / f"{i}.toml" for i in range(length)]
    for i, file in enumerate(files):
        file.write_text(f'include = ["{files[(i + 1) % length]}"]')
    with pytest.raises(UsageError, match="includes itself"):
        expand(load(str(files[0])), CPU)


def test_the_same_file_included_twice_is_no_cycle() -> None:
    once = expand(Config(name="t", include=("stride",)), CPU)
    assert expand(Config(name="t", include=("stride", "stride")), CPU) == once


@pytest.mark.parametrize("name", [*built_in_names(), *layers.built_in_names()])
def test_every_built_in_expands(name: str) -> None:
    expansion = expand(load(name), CPU)
    cases = [(p.case, p.data) for p in expansion.cases]
    assert len(cases) == len(set(cases)) >= 3
    assert expansion.skipped == ()
    assert all(p.points or p.layers for p in expansion.cases)


def test_quick_covers_its_four_axes() -> None:
    points = [dict(point) for p in expand(load("quick"), CPU).cases for point in p.points]
    for axis in load("quick").axes:
        assert list(dict.fromkeys(p[axis.name] for p in points)) == [str(v) for v in axis.values]


@pytest.mark.parametrize(
    ("devices", "threads", "expected"),
    [
        (("cpu",), None, [("cpu", 1, 1), ("cpu", 2, 1)]),
        (("cuda",), None, [("cuda", None, 2)]),
        (("cpu", "cuda"), None, [("cpu", 1, 1), ("cpu", 2, 1), ("cuda", None, 2)]),
    ],
)
def test_threads_make_cases_of_their_own_on_the_cpu_only(
    devices: tuple[str, ...], threads: int | None, expected: list[tuple[str, int | None, int]]
) -> None:
    expansion = expand(_config(threads=(1, 2)), devices, threads)
    assert [(p.case.device, p.threads, len(p.points)) for p in expansion.cases] == expected


def test_a_case_without_a_threads_axis_is_the_one_with_as_many_threads(tmp_path: Path) -> None:
    (tmp_path / "included.toml").write_text(f'base = "{BASE}"')
    config = Config("both", BASE, axes=(Axis("threads", (1, 2)),), include=(str(tmp_path / "included.toml"),))
    assert [p.threads for p in expand(config, CPU, 2).cases] == [1, 2]
    assert [p.threads for p in expand(config, CPU, 4).cases] == [1, 2, 4]


def test_every_case_of_one_at_a_time_has_each_number_of_threads() -> None:
    expansion = expand(_config(kernel=(3, 1, 5), threads=(1, 2)), CPU)
    assert [(p.case.problem.kernel[0], p.threads) for p in expansion.cases] == [
        (3, 1), (1, 1), (5, 1), (3, 2), (1, 2), (5, 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("threads", "left", "named"),
    [
        ((1, 2, 4), (1, 2), ("threads=4: only 2 processors available here",)),
        ((4, 2, 1, 8), (2, 1), ("threads=4, 8: only 2 processors available here",)),
        ((1, 2), (1, 2), ()),
    ],
)
@pytest.mark.parametrize("design", ["one-at-a-time", "product"])
def test_more_threads_than_processors_are_left_out_and_named(
    threads: tuple[int, ...], left: tuple[int, ...], named: tuple[str, ...], design: str
) -> None:
    expansion = expand(_config(design, kernel=(3, 1), threads=threads), CPU, processors=2)
    assert {p.threads for p in expansion.cases} == set(left)
    assert (len(expansion.cases), expansion.skipped) == (2 * len(left), named)


def test_threads_of_an_included_sweep_are_left_out_too(tmp_path: Path) -> None:
    (tmp_path / "included.toml").write_text(f'base = "{BASE}"\n[axes]\nthreads = [1, 64]')
    config = Config("both", BASE, include=(str(tmp_path / "included.toml"),))
    expansion = expand(config, CPU, processors=1)
    assert ([p.threads for p in expansion.cases], expansion.skipped) == (
        [1], ("threads=64: only 1 processor available here",),
    )  # fmt: skip


def test_only_more_threads_than_processors_are_refused() -> None:
    with pytest.raises(UsageError, match="axis threads has the value 4, 8; allowed: whole numbers from 1 to 2"):
        expand(_config(threads=(4, 8)), CPU, processors=2)


def test_processors_do_not_limit_cases_on_a_gpu() -> None:
    expansion = expand(_config(threads=(4, 8)), ("cuda",), processors=2)
    assert (len(expansion.cases), expansion.skipped) == (1, ())


def test_data_are_an_axis_and_a_list() -> None:
    """Each kind is a case of its own; implementations see no difference."""
    axis = Config("c", axes=(make_axis("data", ("normal", "zeros")), make_axis("weights", ("same", "subnormal"))))
    by_axis = [planned.data for planned in expand(axis, ("cpu",)).cases]
    assert by_axis == [Data(), Data("zeros"), Data("normal", "subnormal")]
    listed = expand(Config("c", data=("normal", "relu")), ("cpu",)).cases
    assert [planned.data for planned in listed] == [Data(), Data("relu")]
    assert len({planned.case for planned in listed}) == 1


def test_the_sweep_of_contents_has_every_kind_on_two_layers() -> None:
    cases = expand(load("data"), CPU).cases
    assert {p.data.x for p in cases} == set(KINDS)
    assert [len({p.data for p in cases if p.case == case}) for case in {p.case for p in cases}] == [len(KINDS)] * 2
