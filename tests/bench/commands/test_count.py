"""`convcost count`: the cost of layers on paper."""

from __future__ import annotations

from pathlib import Path

import pytest

from impls import ConvProblem, names
from tests.bench.commands.running import SMALL, Refuse, Run, assert_says, refusals


@refusals(
    ("count", 'the problem is missing; type a descriptor such as "mb1ic64ih56oc64kh3ph1"'),
    ("count missing.csv", "missing.csv is not there; allowed: a .txt, .csv, .log or .json file of layers"),
    ("count {given}", " is a folder; allowed: a .txt, .csv, .log or .json file of layers"),
    ("count --mode=P --conv mb1ic4ih8oc4kh3ph1", "begin a pasted line with benchdnn, and put it in quotes"),
    ("count {given}/bad.txt", "bad.txt, line 2, column 13: 'zh3' is no field"),
    ("count resnet50", "'resnet50' is no layer set (did you mean 'resnet-50'?)"),
    ("count model.onnx", "model.onnx is a whole model; to measure its convolutions"),
    (f"count {SMALL} --channels 4", f"{SMALL} and --channels are both given"),
    (f"count {SMALL} -p fp8", "precision 'fp8' is unknown"),
    (f"count {SMALL} mb1ic3", "oc is missing"),
    ("count {given}/own.txt -p fp32", "every line says its own precision, here bf16, fp16; leave out --precision"),
    ("count mb1ic4ih8oc4kh3sh0ph1", "stride height is 0"),
    ("count mb1ic4ih8oc4kh3ph-1", "padding top is -1"),
    ("count mb1ic4ih8oc4kh3ph1dh-1", "dilation height is 0"),
)
def test_bad_input_is_refused(refuse: Refuse, line: str, sentence: str) -> None:
    assert_says(refuse(line), sentence)


def test_json_has_the_counts_of_each_layer(convcost: Run, here: Path) -> None:
    done = convcost("count", "mb1ic3ih224oc64oh112kh7sh2ph3", "mb1ic64ih56oc64kh3ph1", "--json", "--bias", "-p", "bf16")
    first, second = done.json["layers"]
    assert (done.code, done.err) == (0, "")
    assert (first["macs"], first["direct_flops"]) == (118_013_952, 236_027_904)
    assert (first["output_shape"], first["receptive_field"]) == ([1, 64, 112, 112], [7, 7])
    assert (second["parameters"], second["receptive_field"]) == (64 * 64 * 9 + 64, [11, 11])
    assert second["compulsory_bytes"] == 2 * (2 * 64 * 56 * 56 + second["parameters"])
    assert [e["implementation"] for e in second["executed"]] == list(names())
    assert "fvcore_macs" not in first
    assert list(here.iterdir()) == []


def test_tables_have_layers_and_implementations(convcost: Run) -> None:
    done = convcost("count", SMALL)
    assert done.code == 0
    assert "18,432" in done.out
    assert f"Executed for {SMALL} on cpu, fp32" in done.out
    done = convcost("count", SMALL, "mb0ic4ih8oc4kh3ph1")
    assert done.code == 0
    assert "Executed by all layers together on cpu, fp32" in done.out
    assert "The layers chain" in done.out


def test_a_network_a_file_and_descriptors_have_totals(convcost: Run, here: Path) -> None:
    (here / "mine.csv").write_text(
        "n;c_in;h;w;c_out;kh;kw;stride;padding;dilation;groups;bias\n1;4;8;8;4;3;3;1;same;1;1;true\n"
    )
    done = convcost("count", "resnet-50", "mine.csv", SMALL, f'{SMALL}n"twice*2"', "--json")
    counted = done.json
    lists = [(one["name"], one["total"]["layers"], one["total"]["macs"]) for one in counted["lists"]]
    assert lists == [("resnet-50", 53, 3_855_925_248), ("mine", 1, 9_216), (None, 3, 3 * 9_216)]
    total = counted["total"]
    assert (total["layers"], total["macs"]) == (57, 3_855_925_248 + 4 * 9_216)
    assert total["direct_flops"] == 2 * total["macs"]
    assert total["parameters"] == 23_454_912 + 4 * 144 + 4
    works = {work["implementation"]: work for work in total["executed"]}
    assert works["loops"]["layers"] == 57
    # Its stride-2 and 1 × 1 layers are not Winograd's.
    assert works["winograd-f4"]["layers"] == 16 + 4
    assert works["onednn"]["flops"] is None
    shown = convcost("count", "resnet-50", "mine.csv").out
    shown = " ".join(shown.split())
    for row in ("resnet-50 in total", "mine in total", "total", "3,855,934,464", "17 of 54"):
        assert row in shown


def test_work_of_implementations_is_not_counted_for_many_layers_unless_wanted(
    convcost: Run, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.cost.layers.EXECUTED_UP_TO", 2)
    (here / "mine.txt").write_text("".join(f"mb1ic4ih{size}oc4kh3\n" for size in (8, 9, 10)))
    counted = convcost("count", "mine.txt", "--json").json
    assert [layer["executed"] for layer in counted["layers"]] == [None] * 3
    assert counted["total"]["executed"] is None
    assert "--executed counts it" in convcost("count", "mine.txt").out
    assert convcost("count", "mine.txt", "--executed", "--json").json["total"]["executed"]
    # Equal layers count once.
    assert convcost("count", SMALL, SMALL, SMALL, "--json").json["total"]["executed"]


def test_a_thousand_layers_load_no_implementation(convcost: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The work of implementations takes milliseconds a layer: ten thousand layers took minutes."""
    monkeypatch.setattr("bench.cost.layers.get", None)
    (here / "mine.txt").write_text("".join(f"mb1ic{1 + n // 100}ih{8 + n % 100}oc4kh3\n" for n in range(1_000)))
    done = convcost("count", "mine.txt")
    assert (done.code, done.err) == (0, "")
    assert "The first 100 of 1,000 layers; --json has all." in done.out
    assert done.out.count("\n") < 150


def test_options_for_sizes_mean_a_descriptor(convcost: Run) -> None:
    sizes = "--batch 2 --channels 32 --size 28x30 --kernel 3,5 --padding same --stride 2 --dilation 1 --groups 32"
    done = convcost("count", *sizes.split(), "--json")
    descriptor = "g32mb2ic32ih28iw30oc32oh14ow15kh3kw5sh2sw2ph0pw1"
    assert done.err == f"these options mean {descriptor}\n"
    (layer,) = done.json["layers"]
    assert (layer["descriptor"], layer["output_shape"]) == (descriptor, [2, 32, 14, 15])


def test_a_difference_from_fvcore_is_exit_code_1(convcost: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    done = convcost("count", SMALL, "--check", "--json")
    assert (done.code, done.json["layers"][0]["fvcore_macs"]) == (0, 9216)
    monkeypatch.setattr("bench.cost.counts.fvcore_macs", lambda p: p.macs + 1)
    done = convcost("count", SMALL, "--check")
    assert (done.code, done.err) == (1, f"{SMALL}: 9,216 MACs here, 9,217 by fvcore\n")
    assert done.out.splitlines()[-1] == "Checked: fvcore counts other MACs for 1 of 1 layer, named above."


def test_counts_need_no_memory(convcost: Run) -> None:
    """Counting has no largest layer; shapes that fvcore cannot express end in a sentence."""
    huge = "mb1ic999999999ih999999999oc999999999kh3ph1"
    assert convcost("count", huge, "--json").json["layers"][0]["macs"] == ConvProblem.parse(huge).macs
    done = convcost("count", huge, "--check")
    assert done.code in (0, 2)
    assert done.err.startswith("convcost: ") or done.code == 0


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("layers", ["resnet-50", "mobilenet-v1", "vgg-16", "lenet-5 alexnet"])
def test_layers_are_one_table_with_a_row_each(
    convcost: Run, monkeypatch: pytest.MonkeyPatch, columns: int, layers: str
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = convcost("count", *layers.split()).out.partition("Executed by")[0].splitlines()
    assert max(map(len, shown)) <= columns
    assert sum(line.startswith("┏") for line in shown) == 1
    rows = [line for line in shown if line.startswith("│")]
    lists = convcost("count", *layers.split(), "--json").json
    assert len(rows) == len(lists["layers"]) + (len(lists["lists"]) if " " in layers else 0) + 1
    (head,) = (line for line in shown if line.startswith("┃") and "MACs" in line)
    assert ("output" in head) is (columns == 120)
    assert "More columns: --wide" in shown


def test_the_last_line_says_whether_the_layers_chain(convcost: Run) -> None:
    assert convcost("count", "resnet-50").out.splitlines()[-1] == (
        "The layers chain: each takes as many channels as an earlier one gives, with 8 branches and 1 change of size."
    )
    *_, checked, last = convcost("count", SMALL, "mb1ic5ih8oc4kh3ph1", "--check").out.splitlines()
    assert checked == "Checked: fvcore counts the same MACs."
    assert last == "The layers do not chain: 1 layer takes a number of channels that no earlier layer gives."
    *_, one, other = convcost("count", "vgg-16", "googlenet").out.splitlines()
    assert one.startswith("vgg-16: The layers chain: ")
    assert other.startswith("googlenet: The layers do not chain: ")


def test_wide_has_every_column_and_says_what_dense_means(convcost: Run) -> None:
    narrow, wide = (convcost("count", SMALL, "--check", *more).out for more in ((), ("--wide",)))
    for column in ("direct FLOPs", "receptive field", "dense parameters", "fvcore MACs"):
        assert column in wide
        assert f" {column} " not in narrow
    assert "Dense parameters: those of a fully connected layer that computes the same." in wide
