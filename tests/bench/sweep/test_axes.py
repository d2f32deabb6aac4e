"""Axes from a command line, and the effect of a value on a problem."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import UsageError
from bench.sweep.axes import AXES, Axis, Draft, Value, make_axis, parse_axis, parse_value
from bench.tuning.value import TUNING_AXES, Tuning
from impls import ConvProblem, ProblemError

GOOD = [
    ("kernel=3", (3,)),
    ("kernel=3,1,5", (3, 1, 5)),
    ("kernel= 3, 1 ,5", (3, 1, 5)),
    ("kernel=3x5", ("3x5",)),
    ("kernel=[1,3]", (1, 3)),
    ("kernel=[3]", (3,)),
    ("kernel= [3, 3x5] ", (3, "3x5")),
    ("padding=[same,valid]", ("same", "valid")),
    ("groups=[1,depthwise]", (1, "depthwise")),
    ("kernel=3,3x5,5x3", (3, "3x5", "5x3")),
    ("kernel=[1:5]", (1, 2, 3, 4, 5)),
    ("kernel=[1:9:2]", (1, 3, 5, 7, 9)),
    ("kernel=[1:8:2]", (1, 3, 5, 7)),
    ("kernel=[4:4]", (4,)),
    ("channels[pow2]=[4:9:1]", (16, 32, 64, 128, 256, 512)),
    ("channels[pow2]=[0:6:3]", (1, 8, 64)),
    ("channels[pow2]=5,2", (32, 4)),
    ("channels[pow2]=[5,2]", (32, 4)),
    ("in-channels=1,3", (1, 3)),
    ("out-channels=7", (7,)),
    ("padding=same,valid,0,3", ("same", "valid", 0, 3)),
    ("stride=1,2x1", (1, "2x1")),
    ("size=[7:28:7]", (7, 14, 21, 28)),
    ("batch=0,1", (0, 1)),
    ("dilation=1,2", (1, 2)),
    ("groups=1,depthwise", (1, "depthwise")),
    ("bias=0,1", (0, 1)),
    ("precision=fp32,bf16", ("fp32", "bf16")),
    ("layout=nhwc,nchw", ("nhwc", "nchw")),
    ("gpu_clock=1200,1500", (1200, 1500)),
    ("gpu_clock=[1200:1500:150]", (1200, 1350, 1500)),
    ("power_limit=200,as-is", (200, "as-is")),
    ("governor=performance,powersave,as-is", ("performance", "powersave", "as-is")),
]


@pytest.mark.parametrize(("text", "values"), GOOD, ids=[text for text, _ in GOOD])
def test_an_axis_is_parsed(text: str, values: tuple[Value, ...]) -> None:
    axis = parse_axis(text)
    assert axis.values == values
    assert axis.name == text.split("=")[0].split("[")[0]
    assert axis.baseline == values[0]


HUGE = "9" * 5000

# (the text, a quote of it in the message, the allowed values in the message)
BAD = [
    ("kernel", "'kernel'", "name=value,value"),
    ("", "''", "name=value,value"),
    ("kernel=", "'kernel='", "name=value,value"),
    ("=3", "'=3'", "kernel=1,3,5"),
    ("Kernel=3", "'Kernel=3'", "name=value,value"),
    ("channels[log2]=[1:4]", "channels[log2]=[1:4]", "name[pow2]=[first:last:step]"),
    ("kernle=3", "'kernle'", "kernel, stride, padding, channels"),
    ("kernel=0", "0", "at least 1"),
    ("kernel=-3", "'-3'", "at least 1"),
    ("kernel=3.5", "'3.5'", "at least 1"),
    ("kernel=three", "'three'", "3x5"),
    ("kernel=3x", "'3x'", "3x5"),
    ("kernel=0x3", "'0x3'", "3x5"),
    ("kernel=3x5x7", "'3x5x7'", "3x5"),
    ("kernel=3,,5", "''", "3x5"),
    ("kernel=3,1,3", "kernel", "twice"),
    ("kernel=²", "²", "at least 1"),
    (f"kernel={HUGE}", "kernel", "digits; allowed: 18"),
    (f"kernel={HUGE}x3", "kernel", "at least 1"),
    (f"kernel=[1:{HUGE}]", "kernel", "digits; allowed: 18"),
    ("kernel=[5:1]", "kernel=[5:1]", "go up"),
    ("kernel=[1:5:0]", "kernel=[1:5:0]", "at least 1"),
    ("kernel=[5:1:-1]", "kernel=[5:1:-1]", "go up"),
    ("kernel=[-1:3]", "-1", "at least 1"),
    ("kernel=[1:20000]", "kernel=[1:20000]", "10000"),
    ("kernel=[1:5", "'kernel=[1:5': brackets are nested or not closed", "name=[first:last:step]"),
    ("kernel=[1,3", "'kernel=[1,3': brackets are nested or not closed", "kernel=[1,3,5]"),
    ("kernel=1,3]", "'kernel=1,3]': brackets are nested or not closed", "kernel=[1,3,5]"),
    ("kernel=[[1,3]]", "'kernel=[[1,3]]': brackets are nested or not closed", "kernel=[1,3,5]"),
    ("kernel=[1,3],[5]", "brackets are nested or not closed", "kernel=[1,3,5]"),
    ("kernel=[1:3],5", "brackets are nested or not closed", "name=[first:last:step]"),
    ("kernel=[]", "''", "at least 1"),
    ("kernel=[1:3,5]", "'1:3'", "3x5"),
    ("channels[pow2]=[[4]]", "brackets are nested or not closed", "kernel=[1,3,5]"),
    ("channels[pow2]=[-1:3]", "-1", "0 to 40"),
    ("channels[pow2]=[39:41]", "41", "0 to 40"),
    ("channels[pow2]=same", "'same'", "0 to 40"),
    ("channels=3x5", "'3x5'", "at least 1"),
    ("channels=0", "0", "at least 1"),
    ("padding=sane", "'sane'", "same, valid"),
    ("padding=-1", "'-1'", "at least 0"),
    ("padding=1x2", "'1x2'", "at least 0"),
    ("batch=-1", "'-1'", "at least 0"),
    ("groups=deepwise", "'deepwise'", "depthwise"),
    ("groups=0", "0", "depthwise"),
    ("bias=2", "2", "0 or 1"),
    ("bias=yes", "'yes'", "0 or 1"),
    ("precision=fp8", "'fp8'", "fp64, fp32"),
    ("layout=chwn", "'chwn'", "nchw, nhwc"),
    ("gpu_clock=0", "0", "whole numbers of MHz that the GPU has, or as-is"),
    ("gpu_clock=1.2", "'1.2'", "as-is"),
    ("power_limit=200W", "'200W'", "whole numbers of W"),
    ("governor=userspace", "'userspace'", "performance, powersave"),
    ("gpu-clock=1200", "'gpu-clock' is unknown (did you mean 'gpu_clock'?)", "gpu_clock, power_limit, governor"),
]


@pytest.mark.parametrize(("text", "given", "allowed"), BAD, ids=[text[:30] for text, _, _ in BAD])
def test_a_wrong_axis_is_refused_with_the_text_and_the_allowed_values(text: str, given: str, allowed: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_axis(text)
    assert given in str(caught.value)
    assert allowed in str(caught.value)


# Values of types that only TOML has.
BAD_VALUES: list[tuple[str, object]] = [
    ("kernel", 3.5),
    ("kernel", [3]),
    ("kernel", {"a": 1}),
    ("kernel", True),
    ("size", 7.0),
    ("stride", None),
    ("dilation", 1.5),
    ("padding", 1.5),
    ("padding", ["same"]),
    ("channels", "64"),
    ("batch", 1.0),
    ("bias", True),
    ("groups", 2.0),
    ("precision", 32),
    ("layout", ["nchw"]),
]


@pytest.mark.parametrize(("name", "value"), BAD_VALUES, ids=str)
def test_a_value_of_a_wrong_type_is_refused(name: str, value: Value) -> None:
    with pytest.raises(UsageError, match=f"axis {name} .*allowed: ") as caught:
        make_axis(name, (value,))
    assert AXES[name].allowed in str(caught.value)
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize(("name", "values", "message"), [("kernel", (), "no values"), ("", (1,), "'' is unknown")])
def test_an_axis_without_a_name_or_values_is_refused(name: str, values: tuple[Value, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make_axis(name, values)


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=20, unique=True))
def test_numbers_round_trip(numbers: list[int]) -> None:
    assert parse_axis(f"size={','.join(map(str, numbers))}") == Axis("size", tuple(numbers))


@given(st.integers(1, 500), st.integers(0, 500), st.integers(1, 50))
def test_ranges_are_inclusive(first: int, more: int, step: int) -> None:
    values = parse_axis(f"size=[{first}:{first + more}:{step}]").values
    assert values == tuple(range(first, first + more + 1, step))


@pytest.mark.parametrize(("text", "value"), [("12", 12), ("0", 0), ("3x5", "3x5"), ("same", "same"), ("-1", "-1")])
def test_text_of_digits_is_a_number(text: str, value: Value) -> None:
    assert parse_value(text) == value


BASE = "mb1ic8ih12oc6kh3ph1"
APPLIED: list[tuple[str, Value, str]] = [
    ("kernel", 5, "mb1ic8ih12oc6kh5ph1"),
    ("kernel", "3x5", "mb1ic8ih12iw12oc6kh3kw5ph1pw1"),
    ("stride", 2, "mb1ic8ih12oc6kh3sh2ph1"),
    ("stride", "2x1", "mb1ic8ih12iw12oc6kh3kw3sh2sw1ph1pw1"),
    ("padding", 2, "mb1ic8ih12oc6kh3ph2"),
    ("padding", "valid", "mb1ic8ih12oc6kh3"),
    ("padding", "same", "mb1ic8ih12oc6kh3ph1"),
    ("channels", 16, "mb1ic16ih12oc16kh3ph1"),
    ("in-channels", 3, "mb1ic3ih12oc6kh3ph1"),
    ("out-channels", 9, "mb1ic8ih12oc9kh3ph1"),
    ("size", 7, "mb1ic8ih7oc6kh3ph1"),
    ("size", "7x9", "mb1ic8ih7iw9oc6kh3kw3ph1pw1"),
    ("batch", 0, "mb0ic8ih12oc6kh3ph1"),
    ("dilation", 2, "mb1ic8ih12oc6kh3ph1dh1"),
    ("groups", 2, "g2mb1ic8ih12oc6kh3ph1"),
]


@pytest.mark.parametrize(("name", "value", "expected"), APPLIED, ids=[f"{n}={v}" for n, v, _ in APPLIED])
def test_a_value_changes_its_own_sizes_only(name: str, value: Value, expected: str) -> None:
    draft = AXES[name].apply(Draft.of(ConvProblem.parse(BASE), "fp32", "nchw"), value)
    assert draft.problem() == ConvProblem.parse(expected)
    assert (draft.precision, draft.layout) == ("fp32", "nchw")


def test_same_padding_follows_the_final_kernel() -> None:
    draft = Draft.of(ConvProblem.parse(BASE), "fp32", "nchw")
    for name, value in (("padding", "same"), ("kernel", 7), ("stride", 2)):
        draft = AXES[name].apply(draft, value)
    assert draft.problem().output_size == (6, 6)


@pytest.mark.parametrize("order", [("groups", "channels"), ("channels", "groups")])
def test_depthwise_follows_the_channels_in_any_order(order: tuple[str, str]) -> None:
    values: dict[str, Value] = {"groups": "depthwise", "channels": 24}
    draft = Draft.of(ConvProblem.parse(BASE), "fp32", "nchw")
    for name in order:
        draft = AXES[name].apply(draft, values[name])
    assert (draft.problem().groups, draft.problem().is_depthwise) == (24, True)


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [("precision", "bf16", "precision", "bf16"), ("layout", "nhwc", "layout", "nhwc"), ("bias", 1, "bias", True)],
)
def test_precision_layout_and_bias_are_axes(name: str, value: Value, field: str, expected: object) -> None:
    draft = AXES[name].apply(Draft.of(ConvProblem.parse(BASE), "fp32", "nchw"), value)
    assert getattr(draft, field) == expected
    assert draft.problem().bias is (name == "bias")


def test_an_impossible_draft_is_a_problem_error() -> None:
    draft = AXES["groups"].apply(Draft.of(ConvProblem.parse(BASE), "fp32", "nchw"), 5)
    with pytest.raises(ProblemError, match="groups 5 does not divide"):
        draft.problem()


@pytest.mark.parametrize("name", AXES)
def test_every_axis_names_its_allowed_values(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_axis(f"{name}=nonsense")
    assert AXES[name].allowed in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "tuning"),
    [
        ("gpu_clock", 1200, Tuning(gpu_clock_mhz=1200)),
        ("power_limit", 300, Tuning(power_limit_w=300)),
        ("governor", "powersave", Tuning(governor="powersave")),
        *((name, "as-is", Tuning()) for name in TUNING_AXES),
    ],
)
def test_settings_change_the_tuning_alone(name: str, value: Value, tuning: Tuning) -> None:
    start = Draft.of(ConvProblem.parse(BASE), "fp32", "nchw")
    assert AXES[name].apply(start, value) == replace(start, tuning=tuning)


def test_settings_add_up() -> None:
    draft = Draft.of(ConvProblem.parse(BASE), "fp32", "nchw")
    for name, value in (("gpu_clock", 1200), ("power_limit", 300), ("gpu_clock", "as-is")):
        draft = AXES[name].apply(draft, value)
    assert draft.tuning == Tuning(power_limit_w=300)
