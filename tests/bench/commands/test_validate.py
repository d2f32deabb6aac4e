"""`convcost validate`: every result against the float64 oracle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.errors import OutOfTime
from bench.run import sweep
from impls import Case
from tests.bench.commands.running import MOSTLY_PADDING, SMALL, Refuse, Run, assert_says, refusals


@refusals(
    (f"validate {SMALL} -i drect", "'drect' is unknown"),
    (f"validate {SMALL} --device tpu", "device 'tpu' does not exist here"),
    (f"validate {SMALL} --device cuda", "device 'cuda' does not exist here; allowed on this machine: cpu"),
    (f"validate {SMALL} -p fp8", "precision 'fp8' is unknown"),
    ("validate mb1ic3", "oc is missing"),
    ("validate mb1ic1ih1oc1kh1ph99999999", "would need"),
    ("validate -i winograd-f4 mb1ic4ih8oc4kh1", "winograd-f4: tiles of 4 × 4 outputs have transforms for kernels"),
    (f"validate {SMALL} --threads -1", "-1 threads…; allowed: 1 to"),
    (f"validate {SMALL} --data zeroes", "data 'zeroes' is unknown (did you mean 'zeros'?); allowed: normal, uniform"),
    (f"validate {SMALL} --weights file:w.npy", "w.npy: there is no such file"),
    (f"validate {SMALL} --range --data zeros", "--range scales N(0, 1) data itself; leave out --data and --weights"),
    (f"validate {SMALL} --limit 0", "'0' is not a duration above 0"),
    (f"validate {SMALL} --step-timeout 0s", "'0s' is not a duration above 0"),
    (f"validate {SMALL} --step-timeout 25h", "allowed: a day at most, 24h"),
    (f"validate {SMALL} --load {{given}}/missing.py", "there is no such file"),
)
def test_bad_input_is_refused(refuse: Refuse, line: str, sentence: str) -> None:
    assert_says(refuse(line), sentence)


@pytest.mark.usefixtures("forged_gpu", "here")
def test_cuda_is_validated_in_tf32_too(convcost: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    cases: list[Case] = []

    def validate(job: Any, ends_at: float) -> Iterator[list[Any]]:
        cases.extend(planned.case for planned in job.cases)
        raise OutOfTime
        yield

    monkeypatch.setattr(sweep, "validate", validate)
    found = convcost("validate", SMALL, "--device", "cuda", "--limit", "1s", "--json").json
    assert {case.device for case in cases} == {"cuda"}
    assert {case.precision for case in cases} == {"fp32", "fp64", "bf16", "fp16", "tf32", "tf32x3"}
    assert (found["rows"], len(found["left_out"])) == ([], len(cases))


@pytest.mark.full
@pytest.mark.slow
def test_the_command_of_a_row_repeats_its_inputs_and_plugins(convcost: Run, given: Path) -> None:
    choices = ("-i", "zeros", "-p", "fp32", "--layout", "nchw", "--device", "cpu", "--threads", "1")
    (row,) = convcost(
        "validate", SMALL, *choices, "--load", "{given}/wrong.py", "--seed", "7", "--json", given=given
    ).json["rows"]
    assert "--seed 7" in row["command"]
    assert f"--load {given}/wrong.py" in row["command"]


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("descriptor", [SMALL, MOSTLY_PADDING])
def test_a_wrong_result_is_exit_code_1(convcost: Run, given: Path, descriptor: str) -> None:
    choices = ("-i", "zeros", "-i", "ones", "-i", "im2col", "--load", "{given}/wrong.py", "--json")
    places = ("-p", "fp32", "--layout", "nchw", "--device", "cpu", "--threads", "1")
    done = convcost("validate", descriptor, *choices, *places, given=given)
    assert done.code == 1
    rows = {row["implementation"]: row for row in done.json["rows"]}
    assert {name: row["status"] for name, row in rows.items()} == {"zeros": "wrong", "ones": "wrong", "im2col": "ok"}
    assert all(rows[name]["reason"] for name in ("zeros", "ones"))
    assert all(rows[name]["time_s"] is None for name in ("zeros", "ones"))


@pytest.mark.slow
def test_right_results_are_counted_and_shown(convcost: Run, here: Path) -> None:
    choices = ("-i", "im2col", "-i", "cudnn", "-p", "fp32", "-p", "bf16", "--layout", "nhwc", "--threads", "1")
    done = convcost("validate", SMALL, "g2mb1ic4ih9oc6kh3", "-v", "--device", "cpu", *choices)
    assert (done.code, done.err) == (0, "")
    assert "Every result" in done.out
    assert "cudnn supports none of" in done.out
    assert "0 wrong, 4 unsupported" in done.out
    assert list(here.iterdir()) == []


def test_the_limit_leaves_out_the_other_cases(convcost: Run, here: Path) -> None:
    words = ("validate", SMALL, "-p", "fp32", "-p", "fp64", "--layout", "nhwc", "--device", "cpu", "--limit", "0.001s")
    done = convcost(*words, "--json")
    assert (done.code, done.json["rows"]) == (0, [])
    assert [(c["descriptor"], c["precision"], c["layout"]) for c in done.json["left_out"]] == [
        (SMALL, "fp32", "nhwc"), (SMALL, "fp64", "nhwc"),
    ]  # fmt: skip
    done = convcost(*words)
    assert done.code == 0
    assert "0 right, 0 wrong, 0 unsupported; stopped by --limit: 2 cases left out" in done.out


@pytest.mark.full
@pytest.mark.slow
def test_the_range_survives_an_implementation_that_crashes(convcost: Run, tmp_path: Path) -> None:
    plugin = tmp_path / "dies.py"
    plugin.write_text(
        "import os, impls\n"
        "@impls.register\n"
        "class Dies(impls.Implementation):\n"
        '    name = "dies"\n'
        "    def plan(self, case, weight, bias):\n"
        "        os.abort()\n"
    )
    choices = ("-i", "dies", "-i", "im2col", "-i", "cudnn", "--device", "cpu", "--threads", "1", "--load", str(plugin))
    done = convcost("validate", SMALL, "--range", *choices, "--json")
    assert done.code == 1
    by_name = {one["implementation"]: one for one in done.json["ranges"]}
    assert (by_name["dies"]["failed"], by_name["dies"]["scales"]) == (True, None)
    assert (by_name["cudnn"]["failed"], by_name["cudnn"]["reason"]) == (False, "runs on cuda, not on cpu")
    assert by_name["im2col"]["scales"]["greatest"] in (60, 61, 62)
    assert by_name["im2col"]["nan"] == {"rows": 3, "columns": 3, "is_least": True, "crosses": False}


@pytest.mark.full
@pytest.mark.slow
def test_data_are_recorded_and_repeated(convcost: Run) -> None:
    choices = ("-i", "im2col", "-p", "fp32", "--layout", "nchw", "--device", "cpu", "--threads", "1")
    done = convcost(
        "validate", SMALL, *choices, "--data", "normal", "--data", "zeros", "--weights", "integers", "--json"
    )
    rows = done.json["rows"]
    assert [(row["data"], row["weights"], row["status"]) for row in rows] == [
        ("normal", "integers", "ok"), ("zeros", "integers", "ok"),
    ]  # fmt: skip
    assert len({row["case_key"] for row in rows}) == 2
    assert "--data zeros --weights integers" in rows[1]["command"]
