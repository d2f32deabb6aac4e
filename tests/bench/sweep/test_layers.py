"""Layer files: the known totals of the networks, and the place of an error in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cost.layer import Layer
from bench.errors import UsageError
from bench.sweep.layers import built_in, built_in_names, read_csv, read_descriptors, read_file
from impls import ConvProblem

ALPHA_TABLE = Path(__file__).parents[3] / "../shared/data/alpha_flops_train.csv"

# Convolutions and their multiply–accumulates, recounted from the papers' tables.
NETWORKS = [
    ("lenet-5", 3, 405_600),
    ("alexnet", 5, 665_784_864),
    ("vgg-16", 13, 15_346_630_656),
    ("googlenet", 57, 1_581_647_872),
    ("resnet-18", 20, 1_813_561_344),
    ("resnet-50", 53, 3_855_925_248),
    ("mobilenet-v1", 27, 567_716_352),
    ("separable", 9, 852_992_000),
]


@pytest.mark.parametrize(("name", "convolutions", "macs"), NETWORKS)
def test_networks_have_their_known_totals(name: str, convolutions: int, macs: int) -> None:
    network = built_in(name)
    assert sum(layer.count for layer in network.layers) == convolutions
    assert network.macs == macs
    assert sum(layer.count * layer.problem.macs for layer in network.layers) == macs


def test_all_networks_are_known() -> None:
    assert sorted(built_in_names()) == sorted(name for name, _, _ in NETWORKS)


@pytest.mark.parametrize("name", built_in_names())
def test_networks_list_each_shape_once_for_one_image(name: str) -> None:
    network = built_in(name)
    problems = [layer.problem for layer in network.layers]
    assert len(set(problems)) == len(problems)
    assert {p.batch for p in problems} == {1}
    assert len({layer.name for layer in network.layers}) == len(problems)


@pytest.mark.parametrize("name", ["lenet", "", "../layers/vgg-16", "vgg-16.txt"])
def test_an_unknown_network_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is unknown; allowed: alexnet, googlenet"):
        built_in(name)


DESCRIPTORS = """# a comment, then an empty line

mb1ic3ih8oc4kh3ph1n"first"
  mb1ic4ih8oc4kh3ph1n"twice*2"   # indented, with a comment
mb1ic4ih8oc6kh1n"outside"*3
g4mb1ic4ih8oc4kh3ph1
ic4ih8oc4kh3
"""


def test_a_descriptor_file_has_one_layer_a_line() -> None:
    found = read_descriptors(DESCRIPTORS, "mine", "mine.txt")
    assert found.name == "mine"
    assert [(layer.name, layer.count) for layer in found.layers] == [
        ("first", 1), ("twice", 2), ("outside", 3), ("g4mb1ic4ih8oc4kh3ph1", 1), ("mb2ic4ih8oc4kh3", 1),
    ]  # fmt: skip
    assert found.layers[1].problem == ConvProblem.parse("mb1ic4ih8oc4kh3ph1")
    assert found.macs == sum(layer.count * layer.problem.macs for layer in found.layers)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('mb1ic3ih8oc4kh3 n"spaced"', "spaced"),
        ("mb1ic3ih8oc4kh3 \t nplain # a comment", "plain"),
        ('mb1ic3ih8oc4kh3n"conv#1"', "conv#1"),
        ('mb1ic3ih8oc4kh3n"conv#1" # the first', "conv#1"),
        ('mb1ic3ih8oc4kh3n"a" # not "b"', "a"),
        ("mb1ic3ih8oc4kh3nplain#comment", "plain"),
    ],
)
def test_a_comment_starts_outside_a_name(line: str, name: str) -> None:
    assert read_descriptors(line, "mine", "mine.txt").layers[0].name == name


BAD_DESCRIPTORS = [
    ("mb1ic3ih8oc4kh3ph1\nmb1ic3ih8oc4zh3", "line 2, column 13", "'zh3' is no field"),
    ("\n\n   mb1ic3ih8oc4zh3", "line 3, column 16", "'zh3' is no field"),
    ("mb1ic3ih8kh3", "line 1, column 13", "oc is missing"),
    ("mb1ic3ic3ih8oc4kh3", "line 1, column 7", "ic is given twice"),
    ("mb1ic3ih8oc4kh3id4", "line 1, column 16", "3-D convolution"),
    ("# fine\nmb1ic3ih8oc4kh9", "line 2, column 1", "kernel spans 9"),
    ("mb1ic0ih8oc4kh3", "line 1, column 1", "in_channels is 0"),
    ("g3mb1ic4ih8oc4kh3", "line 1, column 1", "groups 3 does not divide"),
    ('mb1ic3ih8oc4kh3n"a*0"', "line 1, column 16", "the layer occurs 0 times"),
    ('mb1ic3ih8oc4kh3n"a"mb1', "line 1, column 16", "the name must end the text"),
    ("", "bad.txt", "names no layer"),
    ("# only\n# comments\n", "bad.txt", "names no layer"),
]


@pytest.mark.parametrize(("text", "place", "message"), BAD_DESCRIPTORS, ids=[repr(b[0]) for b in BAD_DESCRIPTORS])
def test_a_bad_descriptor_is_named_with_line_and_column(text: str, place: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_descriptors(text, "bad", "bad.txt")
    assert str(caught.value).startswith("bad.txt")
    assert place in str(caught.value)
    assert message in str(caught.value)


HEADER = "n,c_in,h,w,c_out,kh,kw,stride,padding,dilation,groups"

# (a row, its problem)
CSV_ROWS = [
    ("1,3,8,8,4,3,3,1,1,1,1", "mb1ic3ih8oc4kh3ph1"),
    ("1,3,8,8,4,3,3,1,valid,1,1", "mb1ic3ih8oc4kh3"),
    ("1,3,8,8,4,3,3,1,same,1,1", "mb1ic3ih8oc4kh3ph1"),
    ("1,3,7,9,4,3,5,2,same,1,1", "mb1ic3ih7iw9oc4oh4ow5kh3kw5sh2sw2ph1pw2"),
    ("1,3,7,9,4,3,5,2,valid,1,1", "mb1ic3ih7iw9oc4kh3kw5sh2sw2"),
    ("1,3,8,8,4,2,2,1,same,1,1", "mb1ic3ih8oc4oh8kh2ph0"),
    ("1,3,12,12,4,3,3,1,same,2,1", "mb1ic3ih12oc4kh3ph2dh1"),
    ("2,4,8,8,4,3,3,1,0,1,4", "g4mb2ic4ih8oc4kh3"),
    (" 1, 3 ,8, 8,4 ,3,3,1, same,1,1", "mb1ic3ih8oc4kh3ph1"),
    ("0,3,8,8,4,3,3,1,1,1,1", "mb0ic3ih8oc4kh3ph1"),
]


@pytest.mark.parametrize(("row", "descriptor"), CSV_ROWS)
def test_a_csv_row_is_a_problem(row: str, descriptor: str) -> None:
    (layer,) = read_csv(f"{HEADER}\n{row}\n", "t", "t.csv").layers
    assert layer.problem == ConvProblem.parse(descriptor)
    assert (layer.name, layer.count) == (layer.problem.descriptor, 1)


def test_csv_columns_may_be_in_any_order_with_further_ones() -> None:
    text = (
        "time_s,groups,dilation,padding,stride,kw,kh,c_out,w,h,c_in,n,name,count,bias\n"
        "0.5,1,1,1,1,3,3,4,8,8,3,1,conv1,7,1\n0.5,1,1,1,1,3,3,4,8,8,3,1,,1,0\n"
    )
    problem = ConvProblem.parse("mb1ic3ih8oc4kh3ph1", bias=True)
    plain = ConvProblem.parse("mb1ic3ih8oc4kh3ph1")
    assert read_csv(text, "t", "t.csv").layers == (Layer(problem, "conv1", 7), Layer(plain, plain.descriptor, 1))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(("text", "bias"), [("1", True), ("true", True), ("True", True), ("FALSE", False), ("", False)])
def test_csv_separators_and_words_for_a_bias(separator: str, text: str, bias: bool) -> None:
    table = f"{HEADER},bias,name\n1,3,8,8,4,3,3,1,same,1,1,{text},a".replace(",", separator)
    (layer,) = read_csv(table, "t", "t.csv").layers
    assert layer == Layer(ConvProblem.parse("mb1ic3ih8oc4kh3ph1", bias=bias), "a")


def test_equal_layers_become_one_with_their_counts() -> None:
    once, other = ConvProblem.parse("mb1ic3ih8oc4kh3ph1"), ConvProblem.parse("mb1ic4ih8oc4kh3ph1")
    expected = (Layer(once, "a", 6), Layer(other, "b", 1))
    text = 'mb1ic3ih8oc4kh3ph1n"a*2"\nmb1ic4ih8oc4kh3ph1n"b"\nmb1_ic3ih8oc4oh8kh3ph1n"c"*4'
    assert read_descriptors(text, "t", "t.txt").layers == expected
    rows = "1,3,8,8,4,3,3,1,1,1,1,2,a\n1,4,8,8,4,3,3,1,1,1,1,1,b\n1,3,8,8,4,3,3,1,same,1,1,4,c"
    assert read_csv(f"{HEADER},count,name\n{rows}", "t", "t.csv").layers == expected


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (
            "model.onnx",
            "is a whole model; to measure its convolutions: convcost network ",
        ),
        ("MODEL.ONNX", "is a whole model"),
        (
            "model.py",
            "is a whole model (a file with your own implementations: --load FILE); to measure its convolutions: ",
        ),
    ],
)
def test_a_file_of_a_model_says_what_to_do_instead(tmp_path: Path, file: str, sentence: str) -> None:
    path = tmp_path / file
    path.write_text("")
    with pytest.raises(UsageError) as caught:
        read_file(path)
    assert str(caught.value).startswith(f"{path} {sentence}")


GOOD_ROW = "1,3,8,8,4,3,3,1,1,1,1"
BAD_CSV = [
    ("", "line 1, column 1", "n, c_in, h, w, c_out"),
    ("n,c_in,h,w\n1,2,3,4", "line 1, column 1", "c_out, kh, kw, stride, padding, dilation, groups are missing"),
    (HEADER, "bad.csv", "names no layer"),
    (f"{HEADER}\n1,three,8,8,4,3,3,1,1,1,1", "line 2, column 2 (c_in)", "'three' is not a whole number"),
    (f"{HEADER}\n{GOOD_ROW}\n1,3,8,8,4,3,3,1,sane,1,1", "line 3, column 9 (padding)", "same, valid or a whole number"),
    (f"{HEADER}\n1,3,8,8,4,3,3,1.5,1,1,1", "line 2, column 8 (stride)", "'1.5' is not a whole number"),
    (f"{HEADER}\n1,3,8", "line 2, column 4 (w)", "not a whole number"),
    (f"{HEADER}\n1,3,,8,4,3,3,1,1,1,1", "line 2, column 3 (h)", "'' is not a whole number"),
    (f"{HEADER}\n{GOOD_ROW}\n\n1,3,8,8,4,9,9,1,valid,1,1", "line 4, column 1", "kernel spans 9"),
    (f"{HEADER}\n1,3,8,8,4,3,3,0,1,1,1", "line 2, column 1", "at least 1"),
    (f"{HEADER}\n1,3,8,8,4,3,3,1,-1,1,1", "line 2, column 1", "padding top is -1"),
    (f"{HEADER}\n1,3,8,8,4,3,3,1,1,1,2", "line 2, column 1", "groups 2 does not divide"),
    (f"{HEADER},count\n{GOOD_ROW},0", "line 2, column 1", "at least 1"),
    (f"{HEADER},bias\n{GOOD_ROW},yes", "line 2, column 12 (bias)", "'yes' is not a bias; allowed: 0, 1, true or false"),
    (f'{HEADER}\n"{"8" * 140_000}', "line 2", "bad.csv"),
]


@pytest.mark.parametrize(("text", "place", "message"), BAD_CSV, ids=[repr(b[0][-30:]) for b in BAD_CSV])
def test_a_bad_csv_row_is_named_with_line_and_column(text: str, place: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_csv(text, "bad", "bad.csv")
    assert str(caught.value).startswith("bad.csv")
    assert place in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("file", "content"), [("mine.txt", "mb1ic3ih8oc4kh3ph1"), ("mine.csv", f"\ufeff{HEADER}\r\n{GOOD_ROW}\r\n")]
)
def test_a_file_is_read_by_its_suffix(tmp_path: Path, file: str, content: str) -> None:
    path = tmp_path / file
    path.write_bytes(content.encode("utf-8"))
    found = read_file(path)
    assert (found.name, [layer.problem.descriptor for layer in found.layers]) == ("mine", ["mb1ic3ih8oc4kh3ph1"])


@pytest.mark.parametrize("file", ["mine.txt", "mine.csv"])
def test_an_unreadable_file_is_named(tmp_path: Path, file: str) -> None:
    path = tmp_path / file
    with pytest.raises(UsageError, match=f"{file} is not there; allowed: a .txt, .csv, .log or .json file"):
        read_file(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=f"{file} cannot be read"):
        read_file(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(UsageError, match=f"{file} is a folder; allowed: a .txt, .csv, .log or .json file"):
        read_file(path)


def test_the_whole_table_of_alpha_flops_is_read() -> None:
    if not ALPHA_TABLE.is_file():
        pytest.skip(f"{ALPHA_TABLE} is not here: it is kept outside the repository")
    found = read_file(ALPHA_TABLE)
    assert sum(layer.count for layer in found.layers) == 505
    # Its padding is "same" with stride 1 throughout: outputs are as large as inputs.
    assert all(layer.problem.output_size == layer.problem.size for layer in found.layers)
