"""`convcost measure`: one problem by all implementations."""

from __future__ import annotations

import gc
import math
import os
import shlex
import sys
from pathlib import Path

import pytest
import torch

from bench.rows.ranking import rank
from bench.store.schema import Row
from bench.sweep.identity import command_for
from bench.worker.settings import Settings
from impls import Case, ConvProblem
from impls.auto import choose
from tests.bench.commands.running import (
    MOSTLY_PADDING,
    ONE,
    SMALL,
    STOPPED,
    TINY,
    Refuse,
    Run,
    assert_says,
    refusals,
    stop,
)


@refusals(
    ("measure", 'the problem is missing; type a descriptor such as "mb1ic64ih56oc64kh3ph1", or options'),
    (f"measure {SMALL} --frobnicate", "no such option: --frobnicate"),
    (f"measure {SMALL} {SMALL}", "unexpected extra argument"),
    (f"measure {SMALL} -i drect", "'drect' is unknown (did you mean 'direct'?)"),
    (f"measure {SMALL} -i -drect", "'drect' is unknown"),
    (f"measure {SMALL} -i direct -i -direct", "no implementation is left"),
    (f"measure {SMALL} --device tpu", "device 'tpu' does not exist here; allowed on this machine: cpu"),
    (f"measure {SMALL} --device cuda", "device 'cuda' does not exist here; allowed on this machine: cpu"),
    (f"measure {SMALL} -p fp8", "precision 'fp8' is unknown; allowed: fp64, fp32"),
    (f"measure {SMALL} --layout chwn", "layout 'chwn' is unknown (did you mean 'nchw'?); allowed: nchw, nhwc"),
    (f"measure {SMALL} --cache hot", "cache 'hot' is unknown; allowed: warm, cold"),
    # Descriptors.
    ("measure nonsense", "ic is missing"),
    ("measure resnet-50", "resnet-50 has many layers…to measure them: convcost sweep resnet-50"),
    ("measure {given}/bad.csv", "bad.csv has many layers…convcost sweep"),
    ("measure resnet50", "'resnet50' is no layer set (did you mean 'resnet-50'?)"),
    ("measure model.onnx", "model.onnx is a whole model; to measure its convolutions: convcost network model.onnx"),
    ("measure model.py", "model.py is a whole model (a file with your own implementations: --load FILE)"),
    (f"measure {SMALL}zh3", "column 19: 'zh3' is no field"),
    ("measure mb1ic1ih1oc1kh1id4", "3-D convolution; allowed: 2-D"),
    ("measure mb-1ic4ih8oc4kh3ph1", "batch is -1; allowed: 0 or more"),
    ("measure mb1ic0ih8oc4kh3ph1", "in_channels is 0; allowed: 1 or more"),
    ("measure mb1ic4ih0oc4kh3ph1", "size height is 0; allowed: 1 or more"),
    ("measure mb1ic4ih8oc-4kh3ph1", "out_channels is -4"),
    ("measure mb1ic4ih8oc4kh11ph1", "the kernel spans 11 positions of height, but the padded input has 10"),
    ("measure g3mb1ic4ih8oc4kh3ph1", "groups 3 does not divide in_channels 4"),
    # Sizes that no machine holds.
    ("measure mb100000ic10000ih10000oc10000kh3ph1", "would need"),
    (f"measure mb1ic4ih{10**30}oc4kh3", "digits; allowed: 18"),
    (
        "measure 'MIOpenDriver pool -n 32 -c 48'",
        "the command of MIOpenDriver is 'pool'; allowed: conv, convfp16, convbfp16",
    ),
    # Sizes as options.
    (f"measure {SMALL} --size 8", f"{SMALL} and --size are both given; allowed: a descriptor, or options"),
    ("measure --channels 4", "--size and --kernel are missing; for example --channels 64 --size 56 --kernel 3"),
    ("measure --size 8 --kernel 3", "--channels is missing"),
    ("measure --in-channels 4 --size 8 --kernel 3", "--out-channels is missing"),
    ("measure --channels 4 --in-channels 4 --size 8 --kernel 3", "--channels means both"),
    ("measure --channels 4 --size 8 --kernel 3x", "'--kernel': '3x'; allowed: a whole number of at least 1, or two"),
    ("measure --channels 4 --size 8 --kernel 3 --padding sane", "'sane'; allowed: same, valid, a whole number"),
    ("measure --channels 4 --size 8 --kernel 11", "the kernel spans 11 positions of height"),
    ("measure --channels 4 --size 8 --kernel 3 --groups 3", "groups 3 does not divide in_channels 4"),
    # Numbers.
    (f"measure {SMALL} --threads 0", "0 threads…; allowed: 1 to"),
    (f"measure {SMALL} --threads 1000000", "cannot use 1000000 threads: …type --threads "),
    (f"measure {SMALL} --threads two", "'--threads': 'two'; allowed: a whole number"),
    (f"measure {SMALL} --max-seconds 0", "'--max-seconds': '0'; allowed: a number from 0.001 to 86,400"),
    (f"measure {SMALL} --max-seconds -1", "'--max-seconds': '-1'"),
    (f"measure {SMALL} --max-seconds nan", "'--max-seconds': 'nan'"),
    (f"measure {SMALL} --seed x", "'--seed': 'x'; allowed: a whole number of at least 0"),
    (f"measure {SMALL} --seed -1", "'--seed': '-1'; allowed: a whole number of at least 0"),
    (f"measure {SMALL} --step-timeout 0s", "'0s' is not a duration above 0"),
    (f"measure {SMALL} --step-timeout 25h", "allowed: a day at most, 24h"),
    # Profiling.
    (f"measure {SMALL} --calls 3", "--calls is for profiling; add --in-process"),
    (f"measure {SMALL} --in-process --calls 0", "'--calls': '0'; allowed: a whole number of at least 1"),
    (f"measure {SMALL} --in-process --calls x", "'--calls': 'x'"),
    (f"measure {SMALL} --seconds 3", "--seconds is for profiling; add --in-process"),
    (f"measure {SMALL} --in-process --seconds 0", "'--seconds': '0'; allowed: a number from 0.001 to 86,400"),
    (f"measure {SMALL} --in-process --seconds 2 --calls 3", "--calls 3 and --seconds 2 exclude each other"),
    (f"measure {SMALL} --in-process --processes 1", "with --in-process nothing is measured; leave out --processes"),
    (f"measure {SMALL} --in-process --target-ci 0.1", "leave out --target-ci"),
    (f"measure {SMALL} --in-process --set governor=performance", "leave out --set"),
    (f"measure {SMALL} --in-process --max-seconds 1", "leave out --max-seconds"),
    (f"measure {SMALL} --in-process --step-timeout 9s", "leave out --step-timeout"),
    (f"measure {SMALL} --in-process --json --cache cold", "leave out --cache, --json"),
    (f"measure {SMALL} --in-process --wide", "with --in-process nothing is measured; leave out --wide"),
    (f"measure {SMALL} --json --wide", "--json has every column; leave out --wide"),
    (f"measure {SMALL} --threads 99", "cannot use 99 threads: …available to this process; type --threads "),
    (f"measure {SMALL} --in-process -i drect", "'drect' is unknown"),
    # Settings of the machine.
    (
        f"measure {SMALL} --set kernel=3",
        "--set kernel=3 is no single setting of clock or power; allowed: gpu_clock=1200",
    ),
    (f"measure {SMALL} --set gpu_clock=1200,1500", "for several values: convcost sweep quick -a gpu_clock=1200,1500"),
    (f"measure {SMALL} --set power_limit=300", "power_limit is a setting of cuda, and only cpu is measured here"),
    # Files of implementations.
    (f"measure {SMALL} --load {{given}}/missing.py", "missing.py: there is no such file"),
    (f"measure {SMALL} --load {{given}}/raises.py", "it raised RuntimeError: one line"),
)
def test_bad_input_is_refused(refuse: Refuse, line: str, sentence: str) -> None:
    assert_says(refuse(line), sentence)


@pytest.mark.parametrize(
    "case",
    [
        Case(ConvProblem.parse(SMALL)),
        Case(ConvProblem.parse(SMALL, bias=True), "bf16", "nhwc"),
        Case(ConvProblem(1, 4, (8, 9), 4, (2, 3), (2, 1), ((0, 1), (2, 0)), (1, 2), 2), "fp64"),
    ],
    ids=lambda c: c.problem.descriptor,
)
def test_the_command_of_a_row_measures_its_case(convcost: Run, monkeypatch: pytest.MonkeyPatch, case: Case) -> None:
    jobs = []
    monkeypatch.setattr("bench.run.measure.measure", lambda job, levels: (jobs.append(job), stop()))
    done = convcost(*shlex.split(command_for(case, "torch", Settings(1), 0))[1:])
    assert done.err == STOPPED
    (job,) = jobs
    assert [planned.case for planned in job.cases] == [case]
    assert (job.implementations, job.settings.threads) == (("torch",), 1)


@pytest.mark.usefixtures("forged_ceilings")
@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, pytest.param(3, marks=pytest.mark.full)])
def test_rows_are_sorted_and_have_intervals(convcost: Run, here: Path, processes: int) -> None:
    done = convcost(
        "measure", SMALL, "-i", "torch", "-i", "im2col", "-i", "winograd-f4", "-i", "fft", "-p", "fp64",
        "--device", "cpu", "--threads", "1", "--max-seconds", "0.2", "--processes", str(processes), "--seed", "7",
        "--json",
    )  # fmt: skip
    rows = done.json
    assert (done.code, done.err) == (0, "")
    assert {row["implementation"] for row in rows} == {"torch", "im2col", "winograd-f4", "fft"}
    timed = [row for row in rows if row["status"] == "ok"]
    assert len(timed) >= 3
    assert [row["implementation"] for row in timed] == [r.implementation for r in rank(map(Row.from_dict, timed)).timed]
    assert rows[: len(timed)] == timed
    assert 1 in [row["break_even_calls"] for row in timed]
    assert (timed[0]["over_best"], timed[0]["over_best_low"], timed[0]["over_best_high"]) == (1.0, 1.0, 1.0)
    for row in timed:
        if row["time_low_s"] is None:
            # A machine that runs other tests may be too busy for an interval.
            assert "wide-interval" in row["flags"]
        else:
            assert row["time_low_s"] <= row["time_s"] <= row["time_high_s"]
        assert row["blocks"] >= 6
        assert 0 <= row["error_rms"] <= row["error_rms_limit"]
    for row in rows:
        assert (row["descriptor"], row["precision"], row["threads"]) == (SMALL, "fp64", 1)
        assert row["status"] in ("ok", "unsupported")
    assert list(here.iterdir()) == []


@pytest.mark.usefixtures("forged_ceilings")
@pytest.mark.slow
@pytest.mark.full
def test_auto_names_the_implementation_it_ran(convcost: Run) -> None:
    words = ("measure", SMALL, "-i", "auto", "-i", "torch", "-i", "im2col", *ONE)
    delegates = {row["implementation"]: row["delegate"] for row in convcost(*words, "--json").json}
    # As in the worker: the choice depends on the number of threads.
    torch.set_num_threads(1)
    assert delegates == {"auto": choose(Case(ConvProblem.parse(SMALL))), "torch": None, "im2col": None}
    out = convcost(*words).out
    assert f"({delegates['auto']})" in out
    # The last line calls the implementation from Python.
    assert out.splitlines()[-1].startswith("import impls; y = impls.conv2d(x, w, padding=1, implementation=")


def test_in_process_prints_a_line_for_each_implementation(convcost: Run, here: Path) -> None:
    done = convcost("measure", SMALL, "--in-process", "-i", "torch", "-i", "winograd-f4", "--calls", "2", *TINY[:4])
    assert (done.code, done.err) == (0, "")
    first, second, *names = done.out.splitlines()
    assert first.startswith(f"torch, {SMALL}: plan ")
    assert ", 2 calls " in second
    if sys.platform == "linux":
        assert names == [f"names of compiled functions, for perf: /tmp/perf-{os.getpid()}.map"]
        Path(f"/tmp/perf-{os.getpid()}.map").unlink()
    assert gc.isenabled()
    assert list(here.iterdir()) == []


@pytest.mark.slow
@pytest.mark.usefixtures("forged_ceilings")
def test_the_wide_table_shows_the_ceilings(convcost: Run) -> None:
    done = convcost("measure", SMALL, "-i", "torch", "-i", "im2col", "--wide", *ONE)
    assert done.code == 0
    assert "roofline" in done.out
    assert "ceilings: " in done.out
    assert "FLOP/s fp32 (" in done.out


@pytest.mark.usefixtures("forged_ceilings")
@pytest.mark.slow
@pytest.mark.parametrize("descriptor", [SMALL, pytest.param(MOSTLY_PADDING, marks=pytest.mark.full)])
def test_a_wrong_result_is_exit_code_1(convcost: Run, given: Path, descriptor: str) -> None:
    choices = ("-i", "zeros", "-i", "ones", "-i", "im2col", "--load", "{given}/wrong.py", "--json")
    done = convcost("measure", descriptor, *choices, *ONE, given=given)
    assert done.code == 1
    rows = {row["implementation"]: row for row in done.json}
    assert {name: row["status"] for name, row in rows.items()} == {"zeros": "wrong", "ones": "wrong", "im2col": "ok"}
    assert all(rows[name]["reason"] for name in ("zeros", "ones"))
    assert all(rows[name]["time_s"] is None for name in ("zeros", "ones"))


@pytest.mark.full
@pytest.mark.usefixtures("forged_ceilings")
@pytest.mark.slow
def test_a_call_longer_than_the_budget_is_timed_once(convcost: Run, given: Path) -> None:
    path = given / "slow.py"
    path.write_text(
        "import time, torch, impls\n\n"
        "@impls.register\n"
        "class Slow(impls.Implementation):\n"
        "    name = 'slow'\n"
        "    bounds = ('direct', 'fft', 'winograd-f6')\n\n"
        "    def plan(self, case, weight, bias):\n"
        "        def run(x):\n"
        "            time.sleep(0.2)\n"
        "            return torch.nn.functional.conv2d(x, weight, bias, padding=1)\n"
        "        return run\n"
    )
    done = convcost("measure", SMALL, "-i", "slow", "-i", "im2col", "--load", str(path), "--json", *ONE)
    slow = {row["implementation"]: row for row in done.json}["slow"]
    assert (slow["status"], slow["reason"], done.code) == ("ok", None, 0)
    assert math.isfinite(slow["time_s"])
    assert slow["time_s"] > 0.1
