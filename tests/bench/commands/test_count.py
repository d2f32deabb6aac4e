"""`convcost count`: the cost of layers on paper."""

from __future__ import annotations

from pathlib import Path

import pytest

from impls import ConvProblem, names
from tests.bench.commands.running import SMALL, Refuse, Run, assert_says, refusals


@refusals(
    ("count", "missing argument 'LAYER'"),
    (f"count {SMALL} -p fp8", "precision 'fp8' is unknown"),
    (f"count {SMALL} mb1ic3", "oc is missing"),
    ("count mb1ic4ih8oc4kh3sh0ph1", "stride height is 0"),
    ("count mb1ic4ih8oc4kh3ph-1", "padding top is -1"),
    ("count mb1ic4ih8oc4kh3ph1dh-1", "dilation height is 0"),
)
def test_bad_input_is_refused(refuse: Refuse, line: str, sentence: str) -> None:
    assert_says(refuse(line), sentence)


def test_json_has_the_counts_of_each_layer(convcost: Run, here: Path) -> None:
    done = convcost("count", "mb1ic3ih224oc64oh112kh7sh2ph3", "mb1ic64ih56oc64kh3ph1", "--json", "--bias", "-p", "bf16")
    first, second = done.json
    assert (done.code, done.err) == (0, "")
    assert (first["macs"], first["direct_flops"]) == (118_013_952, 236_027_904)
    assert (first["output_shape"], first["receptive_field"]) == ([1, 64, 112, 112], [7, 7])
    assert (second["parameters"], second["receptive_field"]) == (64 * 64 * 9 + 64, [11, 11])
    assert second["compulsory_bytes"] == 2 * (2 * 64 * 56 * 56 + second["parameters"])
    assert [e["implementation"] for e in second["executed"]] == list(names())
    assert "fvcore_macs" not in first
    assert list(here.iterdir()) == []


def test_tables_have_layers_and_implementations(convcost: Run) -> None:
    done = convcost("count", SMALL, "mb0ic4ih8oc4kh3ph1")
    assert done.code == 0
    assert "18,432" in done.out
    assert f"Executed for {SMALL} on cpu, fp32" in done.out


def test_a_difference_from_fvcore_is_exit_code_1(convcost: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    done = convcost("count", SMALL, "--check", "--json")
    assert (done.code, done.json[0]["fvcore_macs"]) == (0, 9216)
    monkeypatch.setattr("bench.cost.counts.fvcore_macs", lambda p: p.macs + 1)
    done = convcost("count", SMALL, "--check")
    assert (done.code, done.err) == (1, f"{SMALL}: 9,216 MACs here, 9,217 by fvcore\n")


def test_counts_need_no_memory(convcost: Run) -> None:
    """Counting has no largest layer; shapes that fvcore cannot express end in a sentence."""
    huge = "mb1ic999999999ih999999999oc999999999kh3ph1"
    assert convcost("count", huge, "--json").json[0]["macs"] == ConvProblem.parse(huge).macs
    done = convcost("count", huge, "--check")
    assert done.code in (0, 2)
    assert done.err.startswith("convcost: ") or done.code == 0
