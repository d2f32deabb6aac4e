"""The command line from arguments to exit code: 0 fine, 1 wrong, 2 usage, 3 infrastructure."""

from __future__ import annotations

import json
import math
import shlex
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from bench.kernels.trial import Candidate, Measured, Outcome

from bench import cli
from bench.calibration.value import Calibration
from bench.errors import InfrastructureError, OutOfTime, UsageError
from bench.kernels import benchmark
from bench.kernels.shapes import Shape
from bench.machine import devices
from bench.predict import regret
from bench.qualify import qualification
from bench.qualify.qualification import Qualification
from bench.qualify.questions import CONDITIONS, QUICK, Answer
from bench.store import journal, runs
from bench.sweep.identity import command_for
from bench.terminal import catalogue
from bench.worker.settings import Settings
from impls import Case, ConvProblem, names, registry
from impls.auto import choose

ROOT = Path(__file__).parents[2]
SMALL = "mb1ic4ih8oc4kh3ph1"
# One pixel padded: eight of nine outputs see no input, so that their error bound is 0.
MOSTLY_PADDING = "mb1ic1ih1oc1kh1ph1"
COMMANDS = ("impls", "count", "validate", "sweep", "measure", "calibrate", "qualify", "kernels", "doctor", "report")

WRONG = """
import torch
import impls


class Constant(impls.Implementation):
    value = 0.0

    def plan(self, case, weight, bias):
        return lambda x: torch.full(case.problem.output_shape, self.value)


@impls.register
class Zeros(Constant):
    name = "zeros"


@impls.register
class Ones(Constant):
    name = "ones"
    value = 1.0
"""

# What the tables below refer to, as files in a folder beside the working directory.
FILES = {
    "wrong.py": WRONG,
    "raises.py": "raise RuntimeError('one line\\nand another')",
    "syntax.py": "def",
    "exits.py": "raise SystemExit(0)",
    "nothing.py": "import impls",
    "plugin.txt": WRONG,
    "syntax.toml": "base = ",
    "key.toml": "bas = 1",
    "axis.toml": "[axes]\nkernle = [3]",
    "float.toml": "[axes]\nkernel = [3.5]",
    "endless.toml": "max_seconds = inf",
    "self.toml": 'include = ["{folder}/self.toml"]',
    "nothing.toml": 'base = "mb1ic4ih8oc4kh3ph1"\ndesign = "product"\n[axes]\nkernel = [20, 30]\npadding = ["valid"]',
    "point.toml": 'base = "mb1ic4ih8oc4kh3ph1"\n[axes]\nkernel = [3, 99]',
    "bad.csv": "n,c_in,h,w,c_out,kh,kw,stride,padding,dilation,groups\n1,three,8,8,4,3,3,1,1,1,1",
    "header.csv": "n,c_in\n1,3",
    "bad.txt": "mb1ic3ih8oc4kh3ph1\nmb1ic3ih8oc4zh3",
    "empty.txt": "",
}


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        def refuse(constant: str) -> None:
            raise AssertionError(f"{constant} is not JSON")

        return json.loads(self.out, parse_constant=refuse)


Run = Callable[..., Done]


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A folder with files to give to commands."""
    folder = tmp_path / "given"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_text(content.replace("{folder}", str(folder)))
    (folder / "no-run").mkdir()
    return folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def convcost(here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process; `{name}` in an argument is taken from the keywords."""
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))
    # The worker's process must find the packages from any working directory.
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("COLUMNS", "400")

    def run(*arguments: str, **places: object) -> Done:
        words = [word.format(**places) if places else word for word in arguments]
        monkeypatch.setattr(sys, "argv", ["convcost", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        code = ended.value.code
        return Done(code if isinstance(code, int) else 0, captured.out, captured.err)

    return run


# (arguments, what stderr must say)
BAD: list[tuple[str, str]] = [
    # What is not there.
    ("", "Usage:"),
    ("frobnicate", "No such command 'frobnicate'"),
    ("measure", "Missing argument"),
    ("count", "Missing argument"),
    (f"measure {SMALL} --frobnicate", "No such option: --frobnicate"),
    (f"measure {SMALL} {SMALL}", "unexpected extra argument"),
    (f"measure {SMALL} -i drect", "'drect' is unknown (did you mean 'direct'?)"),
    (f"measure {SMALL} -i -drect", "'drect' is unknown"),
    (f"measure {SMALL} -i direct -i -direct", "no implementation is left"),
    (f"validate {SMALL} -i drect", "'drect' is unknown"),
    ("sweep quick -i drect", "'drect' is unknown"),
    (f"measure {SMALL} --device tpu", "device 'tpu' is not there; allowed on this machine: cpu"),
    (f"validate {SMALL} --device tpu", "device 'tpu' is not there"),
    ("sweep quick --device tpu", "device 'tpu' is not there"),
    ("impls --device tpu", "device 'tpu' is unknown; allowed: cpu, cuda"),
    (f"measure {SMALL} -p fp8", "precision 'fp8' is unknown; allowed: fp64, fp32"),
    (f"validate {SMALL} -p fp8", "precision 'fp8' is unknown"),
    (f"count {SMALL} -p fp8", "precision 'fp8' is unknown"),
    ("sweep quick -p fp8", "precision 'fp8' is unknown"),
    (f"measure {SMALL} --layout chwn", "layout 'chwn' is unknown (did you mean 'nchw'?); allowed: nchw, nhwc"),
    ("sweep quikc", "there is no sweep 'quikc' (did you mean 'quick'?)"),
    ("sweep missing.toml", "there is no file missing.toml"),
    ("sweep missing.csv", "there is no file missing.csv"),
    ("sweep quick -a kernle=3", "axis 'kernle' is unknown (did you mean 'kernel'?); allowed: kernel, stride"),
    # Descriptors.
    ("measure nonsense", "ic is missing"),
    ("measure resnet-50", "'resnet-5' is no field"),
    (f"measure {SMALL}zh3", "column 19: 'zh3' is no field"),
    (f"count {SMALL} mb1ic3", "oc is missing"),
    ("validate mb1ic3", "oc is missing"),
    ("measure mb1ic1ih1oc1kh1id4", "3-D convolution; allowed: 2-D"),
    ("measure mb-1ic4ih8oc4kh3ph1", "batch is -1; allowed: 0 or more"),
    ("measure mb1ic0ih8oc4kh3ph1", "in_channels is 0; allowed: 1 or more"),
    ("measure mb1ic4ih0oc4kh3ph1", "size height is 0; allowed: 1 or more"),
    ("measure mb1ic4ih8oc-4kh3ph1", "out_channels is -4"),
    ("count mb1ic4ih8oc4kh3sh0ph1", "stride height is 0"),
    ("count mb1ic4ih8oc4kh3ph-1", "padding top is -1"),
    ("count mb1ic4ih8oc4kh3ph1dh-1", "dilation height is 0"),
    ("measure mb1ic4ih8oc4kh11ph1", "the kernel spans 11 positions of height, but the padded input has 10"),
    ("measure g3mb1ic4ih8oc4kh3ph1", "groups 3 does not divide in_channels 4"),
    # Sizes that no machine holds.
    ("measure mb100000ic10000ih10000oc10000kh3ph1", "would need"),
    ("validate mb1ic1ih1oc1kh1ph99999999", "would need"),
    ("sweep quick -a size=99999999", "would need"),
    (f"sweep quick -a size={10**400}", "401 digits; allowed: 18"),
    (f"sweep quick -a size={10**12}", "would need"),
    (
        "sweep quick -i winograd-f2 -a kernel=9",
        "none of these computes any of the cases: winograd-f2: transforms exist",
    ),
    ("sweep quick -i onednn -p fp64", "none of these computes any of the cases: onednn: computes in"),
    ("validate -i winograd-f4 mb1ic4ih8oc4kh1", "winograd-f4: transforms exist for kernels of 2 to 5 taps an axis"),
    (f"measure mb1ic4ih{10**30}oc4kh3", "digits; allowed: 18"),
    # Axes and numbers.
    ("sweep quick -a kernel", "axis 'kernel' is not understood; allowed: name=value"),
    ("sweep quick -a kernel=0", "axis kernel has the value 0; allowed: whole numbers of at least 1"),
    ("sweep quick -a kernel=-1", "axis kernel has the value '-1'"),
    ("sweep quick -a kernel=²", "axis kernel has the value"),
    ("sweep quick -a kernel=[5:1]", "the range must go up"),
    ("sweep quick -a kernel=3,3", "names a value twice"),
    ("sweep quick -a padding=valid -a kernel=3,99", "the point kernel=99"),
    ("sweep lenet-5 -a kernel=3", "leave out -a"),
    (f"measure {SMALL} --threads 0", "0 threads are not to be had; allowed: 1 to"),
    (f"measure {SMALL} --threads 1000000", "1000000 threads are not to be had"),
    (f"validate {SMALL} --threads -1", "-1 threads are not to be had"),
    ("sweep quick --threads 0", "0 threads are not to be had"),
    (f"measure {SMALL} --threads two", "--threads"),
    (f"measure {SMALL} --max-seconds 0", "--max-seconds"),
    (f"measure {SMALL} --max-seconds -1", "--max-seconds"),
    (f"measure {SMALL} --max-seconds nan", "--max-seconds"),
    ("sweep quick --dry-run --max-seconds inf", "max"),
    (f"measure {SMALL} --seed x", "--seed"),
    # Profiling.
    (f"measure {SMALL} --calls 3", "--calls is for profiling; add --in-process"),
    (f"measure {SMALL} --in-process --calls 0", "--calls"),
    (f"measure {SMALL} --in-process --calls x", "--calls"),
    (f"measure {SMALL} --in-process --processes 1", "with --in-process nothing is measured; leave out --processes"),
    (f"measure {SMALL} --in-process --target-ci 0.1", "leave out --target-ci"),
    (f"measure {SMALL} --in-process --max-seconds 1", "leave out --max-seconds"),
    (f"measure {SMALL} --in-process --cache cold --json", "leave out --cache, --json"),
    (f"measure {SMALL} --in-process -i drect", "'drect' is unknown"),
    ("calibrate --threads 0", "0 threads are not to be had; allowed: 1 to"),
    ("qualify --threads 0", "0 threads are not to be had; allowed: 1 to"),
    ("qualify full", "unexpected extra argument"),
    (
        "kernels --class winogard-14",
        "class 'winogard-14' is unknown on cpu (did you mean 'winograd-14'?); allowed: dense, 1x1",
    ),
    ("kernels -i drect", "'drect' is unknown (did you mean 'direct'?)"),
    ("kernels -i torch", "no implementation is left"),
    ("kernels --threads 0", "0 threads are not to be had; allowed: 1 to"),
    ("kernels --auto --class dense", "--auto draws shapes of its own"),
    ("kernels --auto --limit 5m", "leave out --class, -i, --device and --limit"),
    ("kernels --limit soon", "'soon' is no duration above 0; allowed: 90 or 90s"),
    (f"validate {SMALL} --limit 0", "'0' is no duration above 0"),
    *(
        (f"{command} --step-timeout {given}", said)
        for command in (f"validate {SMALL}", f"measure {SMALL}", "sweep quick", "calibrate", "kernels", "qualify")
        for given, said in (("0s", "'0s' is no duration above 0"), ("25h", "allowed: a day at most, 24h"))
    ),
    (f"measure {SMALL} --in-process --step-timeout 9s", "leave out --step-timeout"),
    ("kernels --load {given}/missing.py", "missing.py: there is no such file"),
    ("calibrate --device tpu", "device 'tpu' is not there; allowed on this machine: cpu"),
    ("calibrate -p fp8", "precision 'fp8' is unknown; allowed: fp64, fp32"),
    ("calibrate -p tf32", "cpu has no ceiling in tf32; allowed: fp64, fp32, bf16, fp16"),
    # Energy, carbon, money.
    ("sweep quick --energy some", "energy 'some' is unknown; allowed: none, base, all"),
    ("sweep quick --energy-window 0", "--energy-window"),
    ("sweep quick --energy-windows 0", "--energy-windows"),
    ("sweep quick --max-joules -1", "--max-joules"),
    ("sweep quick --cpu-idle-w 10", "a model of power needs --cpu-idle-w, --cpu-max-w and --cpu-cores"),
    ("sweep quick --cpu-idle-w 90 --cpu-max-w 60 --cpu-cores 999", "0 <= --cpu-idle-w <= --cpu-max-w"),
    ("sweep quick --cpu-idle-w nan --cpu-max-w 60 --cpu-cores 999", "0 <= --cpu-idle-w <= --cpu-max-w"),
    ("sweep quick --cpu-idle-w 0 --cpu-max-w 0 --cpu-cores 999", "--cpu-max-w must be above 0"),
    ("sweep quick --cpu-idle-w 10 --cpu-max-w 60 --cpu-cores 0", "cores are allotted of a socket of 0"),
    ("sweep quick --grid XX", "grid 'XX' is unknown; allowed: "),
    ("sweep quick --grid FR --g-per-kwh 50", "say the same thing twice"),
    ("sweep quick --g-per-kwh -1", "--g-per-kwh is -1; allowed: a number of at least 0"),
    ("sweep quick --price-per-kwh -1", "--price-per-kwh is -1; allowed: a number of at least 0"),
    ("sweep quick --pue 0.9", "--pue is 0.9; allowed: a number of at least 1"),
    ("report {given}/no-run --grid XX", "grid 'XX' is unknown"),
    ("doctor well", "unexpected extra argument"),
    # Files.
    ("sweep {given}/syntax.toml", "syntax.toml: Invalid value (at line 1, column 8)"),
    ("sweep {given}/key.toml", "key.toml, line 1, column 1: 'bas' is unknown (did you mean"),
    ("sweep {given}/axis.toml", "axis.toml, line 2, column 1: axis 'kernle' is unknown"),
    ("sweep {given}/float.toml", "float.toml, line 2, column 1: axis kernel has the value 3.5"),
    ("sweep {given}/endless.toml --dry-run", "endless.toml, line 1, column 1"),
    ("sweep {given}/self.toml", "includes itself"),
    ("sweep {given}/nothing.toml", "'nothing' matches no case: kernel=20"),
    ("sweep {given}/point.toml", "the point kernel=99"),
    ("sweep {given}/bad.csv", "bad.csv, line 2, column 2 (c_in): 'three' is no whole number"),
    ("sweep {given}/header.csv", "header.csv, line 1, column 1: the columns h, w"),
    ("sweep {given}/bad.txt", "bad.txt, line 2, column 13: 'zh3' is no field"),
    ("sweep {given}/empty.txt", "names no layer"),
    # Plug-ins.
    (f"measure {SMALL} --load {{given}}/missing.py", "missing.py: there is no such file"),
    (f"validate {SMALL} --load {{given}}/missing.py", "there is no such file"),
    ("sweep quick --load {given}/missing.py", "there is no such file"),
    ("impls --load {given}/missing.py", "there is no such file"),
    ("impls --load {given}/no-run", "there is no such file"),
    ("impls --load {given}/raises.py", "it raised RuntimeError: one line"),
    (f"measure {SMALL} --load {{given}}/raises.py", "it raised RuntimeError: one line"),
    ("impls --load {given}/syntax.py", "it raised SyntaxError"),
    ("impls --load {given}/exits.py", "it raised SystemExit"),
    ("impls --load {given}/nothing.py", "it registers nothing; put @impls.register above"),
    ("impls --load {given}/plugin.txt", "allowed: a file that ends in .py"),
    # Runs.
    ("report", "there is no run in results; make one with `convcost sweep`"),
    ("report --results {given}", "there is no run in"),
    ("report {given}/no-run", "is no run: it has no run.json"),
    ("report {given}/missing", "is no run"),
    ("sweep --resume {given}/no-run", "is no run"),
]


@pytest.mark.parametrize(("line", "message"), BAD, ids=[line[:60] for line, _ in BAD])
def test_bad_input_is_one_sentence_and_exit_code_2(
    convcost: Run, given: Path, here: Path, monkeypatch: pytest.MonkeyPatch, line: str, message: str
) -> None:
    monkeypatch.setattr(devices, "available", lambda: ("cpu",))
    done = convcost(*shlex.split(line), given=given)
    said = done.err or done.out
    assert done.code == 2, said
    assert message in said
    assert "Traceback" not in said
    if not said.startswith("Usage:"):
        assert said.startswith("convcost: ")
        assert said.count("\n") == 1
        assert done.out == ""
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    "command",
    [
        f"measure {SMALL}", f"validate {SMALL}", "sweep stride --dry-run", "kernels --class dense-bf16", "calibrate",
        "qualify --quick",
    ],
)  # fmt: skip
def test_cuda_where_there_is_none(convcost: Run, here: Path, command: str) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    done = convcost(*command.split(), "--device", "cuda")
    assert (done.code, done.err) == (2, "convcost: device 'cuda' is not there; allowed on this machine: cpu\n")
    assert list(here.iterdir()) == []


def test_counts_beyond_any_machine_end_in_a_sentence(convcost: Run) -> None:
    """Counting needs no memory; what fvcore's shapes cannot express is said, not thrown."""
    huge = "mb1ic999999999ih999999999oc999999999kh3ph1"
    assert convcost("count", huge, "--json").json[0]["macs"] == ConvProblem.parse(huge).macs
    done = convcost("count", huge, "--check")
    assert done.code in (0, 2)
    assert done.err.startswith("convcost: ") or done.code == 0


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UsageError("do that"), 2, "convcost: do that\n"),
        (InfrastructureError("disk full"), 3, "convcost: disk full\n"),
        (None, 3, "convcost: interrupted; a sweep keeps its finished cases: convcost sweep --resume results/<run>\n"),
    ],
    ids=["usage", "infrastructure", "interrupt"],
)
def test_exit_codes_of_errors(
    convcost: Run, monkeypatch: pytest.MonkeyPatch, error: Exception | None, code: int, said: str
) -> None:
    def fail(*given: object) -> None:
        if error is None:
            signal.raise_signal(signal.SIGINT)
        else:
            raise error

    monkeypatch.setattr(catalogue, "entries", fail)
    done = convcost("impls")
    assert (done.code, done.err.lstrip("\n")) == (code, said)


def test_a_damaged_run_is_infrastructure(convcost: Run, given: Path) -> None:
    (given / "no-run" / "run.json").write_text("{")
    done = convcost("report", "{given}/no-run", given=given)
    assert (done.code, "run.json is damaged" in done.err) == (3, True)


# Good paths that compute nothing.


@pytest.mark.parametrize("flag", ["--help", "-h"])
@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(convcost: Run, command: str, flag: str) -> None:
    done = convcost(command, flag)
    assert (done.code, done.err) == (0, "")
    assert f"Example: convcost {command}" in done.out


def test_help_names_every_command(convcost: Run) -> None:
    done = convcost("--help")
    assert done.code == 0
    assert all(f"\n  {command} " in done.out for command in COMMANDS)


@pytest.mark.parametrize("command", [c for c in COMMANDS if c != "report"])
def test_examples_of_the_help_are_understood(convcost: Run, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example is run as far as its order."""
    text = convcost(command, "--help").out
    example = " ".join(text.split("Example: convcost ")[1].split("\n\n")[0].split())
    taken = []
    # First, so that its own import takes the real one.
    monkeypatch.setattr("bench.run.resume.for_sweep", lambda *a, **k: (taken.append(a), _stop()))
    for name in ("for_sweep", "for_problem", "for_problems"):
        monkeypatch.setattr(f"bench.sweep.jobs.{name}", lambda *a, **k: (taken.append(a), _stop()))
    monkeypatch.setattr(qualification, "qualify", lambda *a: (taken.append(a), _stop()))
    monkeypatch.setattr(benchmark, "run", lambda *a: (taken.append(a), _stop()))
    monkeypatch.setattr("bench.doctor.examination.examine", lambda *a: (taken.append(a), _stop()))
    monkeypatch.setattr("bench.run.ceilings.calibrate", lambda *a, **k: (taken.append(a), _stop()))
    done = convcost(*shlex.split(example))
    if command in ("impls", "count"):
        assert (done.code, taken) == (0, [])
    else:
        assert (done.code, done.err, len(taken)) == (2, "convcost: stopped by the test\n", 1)


def _stop() -> None:
    raise UsageError("stopped by the test")


@pytest.mark.parametrize("device", [None, "cpu", "cuda"])
def test_impls_json(convcost: Run, device: str | None) -> None:
    done = convcost("impls", "--json", *(["--device", device] if device else []))
    found = done.json
    assert (done.code, done.err) == (0, "")
    assert [entry["name"] for entry in found] == list(names(device))
    for entry in found:
        assert set(entry) == {"name", "algorithm", "provider", "devices", "precisions", "bounds"}
        assert device is None or device in entry["devices"]


def test_impls_shows_plugins(convcost: Run, given: Path) -> None:
    done = convcost("impls", "--load", "{given}/wrong.py", given=given)
    assert done.code == 0
    assert "zeros" in done.out
    assert "winograd-f4" in done.out


def test_count_json(convcost: Run, here: Path) -> None:
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


def test_count_shows_tables(convcost: Run) -> None:
    done = convcost("count", SMALL, "mb0ic4ih8oc4kh3ph1")
    assert done.code == 0
    assert "18,432" in done.out
    assert f"Executed for {SMALL} on cpu, fp32" in done.out


def test_count_check(convcost: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    done = convcost("count", SMALL, "--check", "--json")
    assert (done.code, done.json[0]["fvcore_macs"]) == (0, 9216)
    monkeypatch.setattr("bench.cost.counts.fvcore_macs", lambda p: p.macs + 1)
    done = convcost("count", SMALL, "--check")
    assert (done.code, done.err) == (1, f"{SMALL}: 9,216 MACs here, 9,217 by fvcore\n")


def test_sweep_list(convcost: Run, here: Path) -> None:
    done = convcost("sweep", "--list")
    assert (done.code, done.err) == (0, "")
    for name in ("quick", "full", "kernel-size", "resnet-50", "mobilenet-v1"):
        assert f" {name} " in done.out
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "cases", "shown"),
    [
        (["quick"], 12, "kernel=7"),
        (["quick", "-a", "kernel=1,3,5", "-a", "channels[pow2]=[4:7]"], 9, "channels=128"),
        (["lenet-5", "-p", "fp32", "-p", "fp64"], 6, "lenet-5: C3"),
        (["stride", "--layout", "nchw", "--layout", "nhwc", "-i", "torch"], 10, "implementations: torch;"),
    ],
)
def test_sweep_dry_run_writes_nothing(convcost: Run, here: Path, arguments: list[str], cases: int, shown: str) -> None:
    done = convcost("sweep", *arguments, "--device", "cpu", "--dry-run")
    assert (done.code, done.err) == (0, "")
    assert f"{cases} cases" in done.out
    assert shown in done.out
    assert list(here.iterdir()) == []


def test_dry_run_lists_what_is_left_out(convcost: Run, given: Path) -> None:
    path = given / "product.toml"
    path.write_text(f'base = "{SMALL}"\ndesign = "product"\n[axes]\nkernel = [3, 9]\npadding = ["same", "valid"]')
    done = convcost("sweep", str(path), "--dry-run")
    assert done.code == 0
    assert "3 cases" in done.out
    assert "left out, it makes no convolution: kernel=9, padding=valid: the kernel spans 9" in done.out


@pytest.mark.parametrize(
    "case",
    [
        Case(ConvProblem.parse(SMALL)),
        Case(ConvProblem.parse(SMALL, bias=True), "bf16", "nhwc"),
        Case(ConvProblem(1, 4, (8, 9), 4, (2, 3), (2, 1), ((0, 1), (2, 0)), (1, 2), 2), "fp64"),
    ],
    ids=lambda c: c.problem.descriptor,
)
def test_the_command_of_a_row_orders_its_case(convcost: Run, monkeypatch: pytest.MonkeyPatch, case: Case) -> None:
    ordered = []
    monkeypatch.setattr("bench.run.measure.measure", lambda order: (ordered.append(order), _stop()))
    assert (
        convcost(*shlex.split(command_for(case, "torch", Settings(1), 0))[1:]).err == "convcost: stopped by the test\n"
    )
    (order,) = ordered
    assert [planned.case for planned in order.cases] == [case]
    assert (order.implementations, order.settings.threads) == (("torch",), 1)


# What starts a worker.

TINY = ("--device", "cpu", "--threads", "1", "--max-seconds", "0.05")
# Where it does not matter that the others are there too.
ONE = (*TINY, "--processes", "1")


@pytest.mark.slow
def test_measure(convcost: Run, here: Path, given: Path) -> None:
    done = convcost(
        "measure", SMALL, "-i", "torch", "-i", "im2col", "-i", "winograd-f4", "-i", "fft", "-p", "fp64",
        "--device", "cpu", "--threads", "1", "--max-seconds", "0.5", "--seed", "7", "--json",
    )  # fmt: skip
    rows = done.json
    assert (done.code, done.err) == (0, "")
    assert {row["implementation"] for row in rows} == {"torch", "im2col", "winograd-f4", "fft"}
    timed = [row for row in rows if row["status"] == "ok"]
    assert len(timed) >= 3
    assert [row["time_s"] for row in timed] == sorted(row["time_s"] for row in timed)
    assert rows[: len(timed)] == timed
    assert 1 in [row["break_even_calls"] for row in timed]
    assert (timed[0]["over_best"], timed[0]["over_best_low"], timed[0]["over_best_high"]) == (1.0, 1.0, 1.0)
    for row in timed:
        assert row["time_low_s"] <= row["time_s"] <= row["time_high_s"]
        assert row["blocks"] >= 6
        assert 0 <= row["error_rms"] <= row["error_rms_limit"]
    for row in rows:
        assert (row["descriptor"], row["precision"], row["threads"]) == (SMALL, "fp64", 1)
        assert row["status"] in ("ok", "unsupported")
    assert list(here.iterdir()) == []


@pytest.mark.slow
def test_measure_says_what_auto_ran(convcost: Run) -> None:
    words = ("measure", SMALL, "-i", "auto", "-i", "torch", "-i", "im2col", *ONE)
    delegates = {row["implementation"]: row["delegate"] for row in convcost(*words, "--json").json}
    assert delegates == {"auto": choose(Case(ConvProblem.parse(SMALL))), "torch": None, "im2col": None}
    assert f"({delegates['auto']})" in convcost(*words).out


def test_in_process_runs_here_and_says_a_line_each(convcost: Run, here: Path) -> None:
    done = convcost("measure", SMALL, "--in-process", "-i", "torch", "-i", "winograd-f4", "--calls", "2", *TINY[:4])
    assert (done.code, done.err) == (0, "")
    first, second = done.out.splitlines()
    assert first.startswith(f"torch, {SMALL}: plan ")
    assert ", 2 calls " in second
    assert list(here.iterdir()) == []


@pytest.mark.slow
def test_measure_shows_the_ceilings(convcost: Run) -> None:
    done = convcost("measure", SMALL, "-i", "torch", "-i", "im2col", *ONE)
    assert done.code == 0
    assert "roofline" in done.out
    # A library may compute less than the definition: it reaches at least so much.
    assert "≥ " in next(line for line in done.out.splitlines() if "│ torch" in line)
    assert "ceilings: " in done.out
    assert "FLOP/s fp32 (" in done.out


@pytest.mark.slow
def test_calibrate(convcost: Run, here: Path) -> None:
    (found,) = convcost("calibrate", "--device", "cpu", "--threads", "1", "-p", "fp64", "--json").json
    calibration = Calibration.from_dict(found)
    assert (calibration.device, calibration.threads, calibration.failed) == ("cpu", 1, ())
    assert [peak.precision for peak in calibration.peaks] == ["fp64"]
    assert calibration.levels[-1].name == "memory"
    done = convcost("calibrate", "--device", "cpu", "--threads", "1", "-p", "fp32")
    assert (done.code, done.err) == (0, "")
    assert "Ceilings of cpu (1 thread)" in done.out
    assert "fp32 arithmetic" in done.out
    assert list(here.iterdir()) == []


def _qualified(error: float) -> Qualification:
    """A qualification whose equal plans differ by `error`."""
    asked = [q for condition in CONDITIONS for q in QUICK.questions(condition, 0)]
    answers = (Answer(q, q.truth * (1 + error), q.truth - 0.01, q.truth + 0.01, 9, "max_seconds", 1.0) for q in asked)
    return Qualification({"host": "forged"}, tuple(answers), ({("p", "i"): 1.0}, {("p", "i"): 1.001}), 1.0)


@pytest.mark.parametrize(("error", "code"), [(0.001, 0), (0.2, 1)])
def test_qualify(convcost: Run, here: Path, monkeypatch: pytest.MonkeyPatch, error: float, code: int) -> None:
    monkeypatch.setattr(qualification, "qualify", lambda *given: _qualified(error))
    done = convcost("qualify", "--quick")
    assert done.code == code
    assert ("not met" in done.out) == (code == 1)
    assert "busy: A/A |ratio − 1|, 95th percentile" in done.out
    (kept,) = (here / "results" / "qualify").iterdir()
    assert str(Path("results") / "qualify" / kept.name) in done.out
    data = convcost("qualify", "--quick", "--json").json
    assert data["threshold"]["value"] == pytest.approx(0.001)
    assert {limit["verdict"] for limit in data["limits"]} <= {"met", "not met", "undecided"}


def _compared(torch_s: float) -> benchmark.Benchmark:
    """A comparison in which grouped convolutions take us a second and torch `torch_s`."""
    outcomes = tuple(
        Outcome(Candidate(name, "nchw"), "ok", samples=tuple((d, b, s) for d in range(3) for b in range(2)))
        for name, s in (("direct", 1.0), ("torch", torch_s))
    )
    measured = Measured(Shape("forged", ConvProblem.parse(SMALL), "grouped"), outcomes, 0.1)
    return benchmark.Benchmark({"host": "forged"}, None, ("direct",), (measured,), 1.0)


@pytest.mark.parametrize(("torch_s", "code"), [(3.0, 0), (1.0, 1)])
def test_kernels(convcost: Run, here: Path, monkeypatch: pytest.MonkeyPatch, torch_s: float, code: int) -> None:
    asked = []
    monkeypatch.setattr(benchmark, "run", lambda questions, *given: (asked.extend(questions), _compared(torch_s))[1])
    done = convcost("kernels", "--quick", "--class", "grouped", "-i", "direct", "--max-seconds", "0.1")
    assert done.code == code, done.err
    assert ("not met" in done.out) == (code == 1)
    assert [q.shape.kind for q in asked] == ["grouped", "grouped"]
    assert {c.implementation for q in asked for c in q.candidates} == {"direct", "onednn", "torch"}
    assert {q.max_seconds for q in asked} == {0.1}
    (kept,) = (here / "results" / "kernels").iterdir()
    assert str(Path("results") / "kernels" / kept.name) in done.out
    limits = convcost("kernels", "--quick", "--class", "grouped", "--json").json["limits"]
    assert [limit["implementations"][0] for limit in limits] == ["direct", "direct"]
    assert all(limit["found"]["value"] == pytest.approx(torch_s) for limit in limits)


@pytest.fixture
def forged_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders are made as if there were one; nothing that is tested with it starts a process."""
    monkeypatch.setattr(devices, "available", lambda: ("cpu", "cuda"))


@pytest.mark.usefixtures("forged_gpu", "here")
def test_kernels_on_cuda(convcost: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def run(questions: Any, own: Any, settings: Settings, progress: Any, suite: Any, limit_s: float) -> Any:
        asked.append((suite.device, {q.shape.device for q in questions}, limit_s, settings.step_timeout_s))
        layouts = {c.layout for q in questions for c in q.candidates}
        asked.append((layouts, {q.shape.precision for q in questions}, "implicit-gemm" in own))
        return _compared(3.0)

    monkeypatch.setattr(benchmark, "run", run)
    words = ("--device", "cuda", "--class", "grouped-bf16", "--limit", "90s", "--step-timeout", "40s")
    assert convcost("kernels", *words).code == 0
    assert asked == [("cuda", {"cuda"}, 90.0, 40.0), ({"nhwc"}, {"bf16"}, True)]


@pytest.mark.usefixtures("forged_gpu", "here")
def test_qualify_on_cuda(convcost: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def qualify(effort: Any, settings: Settings, seed: int, progress: Any, device: str) -> Qualification:
        asked.append((device, settings.step_timeout_s))
        return _qualified(0.001)

    monkeypatch.setattr(qualification, "qualify", qualify)
    assert convcost("qualify", "--quick", "--device", "cuda", "--step-timeout", "40s").code == 0
    assert asked == [("cuda", 40.0)]


@pytest.mark.usefixtures("forged_gpu", "here")
def test_validate_on_cuda(convcost: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    cases: list[Case] = []

    def validate(order: Any, ends_at: float) -> Iterator[list[Any]]:
        cases.extend(planned.case for planned in order.cases)
        raise OutOfTime
        yield

    monkeypatch.setattr("bench.run.validate", validate)
    found = convcost("validate", SMALL, "--device", "cuda", "--limit", "1s", "--json").json
    assert {case.device for case in cases} == {"cuda"}
    assert {case.precision for case in cases} == {"fp32", "fp64", "bf16", "fp16", "tf32", "tf32x3"}
    assert (found["rows"], len(found["left_out"])) == ([], len(cases))


def test_kernels_auto(convcost: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (measured,) = _compared(3.0).measured
    found = regret.Regret(measured, "nchw", 1.02, "direct", "direct")
    monkeypatch.setattr(regret, "run", lambda asked, *given: regret.Regrets({}, (found,) * len(asked), (), 1.0))
    done = convcost("kernels", "--auto", "--quick")
    assert done.code == 0, done.err
    assert "30 random shapes" in done.out
    assert "on 90%: met" in done.out
    assert convcost("kernels", "--auto", "--quick", "--json").json["quantiles"]["0.9"]["value"] == 1.02


@pytest.mark.slow
def test_the_command_of_a_row_repeats_its_inputs_and_plugins(convcost: Run, given: Path) -> None:
    choices = ("-i", "zeros", "-p", "fp32", "--layout", "nchw", "--device", "cpu", "--threads", "1")
    (row,) = convcost(
        "validate", SMALL, *choices, "--load", "{given}/wrong.py", "--seed", "7", "--json", given=given
    ).json["rows"]
    assert "--seed 7" in row["command"]
    assert f"--load {given}/wrong.py" in row["command"]


@pytest.mark.slow
@pytest.mark.parametrize("descriptor", [SMALL, MOSTLY_PADDING])
def test_a_wrong_result_is_exit_code_1_for_measure_and_validate(convcost: Run, given: Path, descriptor: str) -> None:
    choices = (descriptor, "-i", "zeros", "-i", "ones", "-i", "im2col", "--load", "{given}/wrong.py", "--json")
    places = ("--device", "cpu", "--threads", "1")
    measured = convcost("measure", *choices, *ONE, given=given)
    proven = convcost("validate", *choices, "-p", "fp32", "--layout", "nchw", *places, given=given)
    for done, found in ((measured, measured.json), (proven, proven.json["rows"])):
        assert done.code == 1
        rows = {row["implementation"]: row for row in found}
        assert {name: row["status"] for name, row in rows.items()} == {
            "zeros": "wrong",
            "ones": "wrong",
            "im2col": "ok",
        }
        assert all(rows[name]["reason"] for name in ("zeros", "ones"))
        assert all(rows[name]["time_s"] is None for name in ("zeros", "ones"))


@pytest.mark.slow
def test_validate_shows_what_is_right(convcost: Run, here: Path) -> None:
    choices = ("-i", "im2col", "-i", "cudnn", "-p", "fp32", "-p", "bf16", "--layout", "nhwc", "--threads", "1")
    done = convcost("validate", SMALL, "g2mb1ic4ih9oc6kh3", "-v", "--device", "cpu", *choices)
    assert (done.code, done.err) == (0, "")
    assert "Every cell" in done.out
    assert "cudnn supports nothing of" in done.out
    assert "0 not right, 4 not supported" in done.out
    assert list(here.iterdir()) == []


def test_validate_ends_at_its_limit_and_says_what_is_left_out(convcost: Run, here: Path) -> None:
    words = ("validate", SMALL, "-p", "fp32", "-p", "fp64", "--layout", "nhwc", "--device", "cpu", "--limit", "0.001s")
    done = convcost(*words, "--json")
    assert (done.code, done.json["rows"]) == (0, [])
    assert [(c["descriptor"], c["precision"], c["layout"]) for c in done.json["left_out"]] == [
        (SMALL, "fp32", "nhwc"), (SMALL, "fp64", "nhwc"),
    ]  # fmt: skip
    done = convcost(*words)
    assert done.code == 0
    assert "0 right, 0 not right, 0 not supported; stopped by --limit: 2 cases left out" in done.out


SWEEP = f"""
base = "{SMALL}"
implementations = ["im2col", "torch"]
devices = ["cpu"]
max_seconds = 0.05

[axes]
kernel = [3, 1]
padding = ["same", 1]
stride = [1, 2]
"""


@pytest.mark.slow
def test_a_sweep_interrupted_and_resumed(convcost: Run, here: Path, given: Path) -> None:
    path = given / "tiny.toml"
    path.write_text(SWEEP)
    done = convcost("sweep", str(path), "--threads", "1", "--results", "runs", "--reports", "pages")
    assert done.code == 0, done.err
    (folder,) = (here / "runs").iterdir()
    whole = journal.read(folder)
    # kernel 3 with "same" is kernel 3 with padding 1; kernel 1 and stride 2 are further cases.
    # Each is visited by three processes.
    assert [len(record["rows"]) for record in whole] == [2] * 9
    assert len({record["key"] for record in whole}) == 3
    assert all(row["status"] == "ok" for record in whole for row in record["rows"])
    assert (here / "pages" / folder.name / "index.html").is_file()
    assert sorted(p.name for p in here.iterdir()) == ["pages", "runs"]
    meta = runs.read_meta(folder)
    assert (meta["command"].split()[:2], meta["settings"]["threads"]) == (["convcost", "sweep"], 1)
    assert meta["finished_utc"] >= meta["created_utc"]
    assert meta["wall_s"] > 0
    (calibration,) = map(Calibration.from_dict, meta["calibration"])
    assert (calibration.device, calibration.threads, calibration.failed) == ("cpu", 1, ())
    assert calibration.peak("fp32")
    rows = [row for record in whole[-3:] for row in record["rows"]]
    assert {row["processes"] for row in rows} == {3}
    assert all(0 < row["roofline_fraction"] == row["roofline_s"] / row["time_s"] for row in rows)

    file = folder / journal.FILE_NAME
    lines = file.read_bytes().splitlines(keepends=True)
    # The machine went down while the last line was written.
    file.write_bytes(b"".join(lines[:-1]) + lines[-1][:50])
    done = convcost("sweep", "--resume", str(folder), "--results", "elsewhere", "--reports", "pages")
    assert done.code == 0, done.err
    assert not (here / "elsewhere").exists()
    assert file.read_bytes().splitlines(keepends=True)[:-1] == lines[:-1]
    resumed = journal.read(folder)
    assert [record["key"] for record in resumed] == [record["key"] for record in whole]
    assert runs.read_meta(folder)["wall_s"] > meta["wall_s"]
    # What the first half was held against holds for the second.
    assert runs.read_meta(folder)["calibration"] == meta["calibration"]
    table = pd.read_parquet(folder / "measurements.parquet")
    assert len(table) == 6
    assert set(pd.read_parquet(folder / "samples.parquet")["case_key"]) == {record["key"] for record in whole}
    done = convcost("report", "--results", "runs", "--reports", "pages")
    assert (done.code, done.out.split()) == (0, [str(Path("pages") / folder.name / "index.html")])


@pytest.mark.slow
def test_a_run_of_another_machine_is_not_resumed(convcost: Run, here: Path, given: Path) -> None:
    from bench.sweep.config import load

    path = given / "tiny.toml"
    path.write_text(SWEEP)
    meta = {
        "name": "tiny",
        "configuration": {**load(str(path)).as_dict(), "candidates": ["im2col", "torch"]},
        "settings": {"threads": 1, "load": []},
        "environment": {"host": "another machine", "cpu": "another processor", "threads": 1},
    }
    folder = runs.create(here / "results", "tiny", meta)
    done = convcost("sweep", "--resume", str(folder))
    assert done.code == 2
    assert "was begun with host 'another machine'" in done.err
    assert journal.read(folder) == []


@pytest.mark.slow
@pytest.mark.parametrize("descriptor", [SMALL, MOSTLY_PADDING])
def test_a_wrong_result_is_exit_code_1_for_sweep(convcost: Run, here: Path, given: Path, descriptor: str) -> None:
    path = given / "wrong.txt"
    path.write_text(descriptor)
    choices = ("-i", "ones", "-i", "im2col", "--load", "{given}/wrong.py")
    done = convcost("sweep", "{path}", *choices, *TINY, given=given, path=path)
    assert done.code == 1
    assert "wrong: ones" in done.err
    (folder,) = (here / "results").iterdir()
    *_, (ones, im2col) = (record["rows"] for record in journal.read(folder))
    assert (ones["status"], ones["time_s"], im2col["status"]) == ("wrong", None, "ok")
    assert im2col["time_s"] > 0


@pytest.mark.slow
def test_a_finished_run_is_not_resumed(convcost: Run, here: Path, given: Path) -> None:
    choices = ("-i", "zeros", "--load", "{given}/wrong.py")
    path = given / "wrong.txt"
    path.write_text(SMALL)
    assert convcost("sweep", "{path}", *choices, *ONE, given=given, path=path).code == 1
    (folder,) = (here / "results").iterdir()
    before = (folder / "run.json").read_bytes()
    done = convcost("sweep", "--resume", str(folder))
    assert (done.code, "is finished; to render it again: convcost report" in done.err) == (2, True)
    assert (folder / "run.json").read_bytes() == before


@pytest.mark.parametrize("more", [("-i", "fft"), ("stride",), ("-a", "kernel=1"), ("--seed", "3")])
def test_resume_takes_nothing_else(convcost: Run, tmp_path: Path, more: tuple[str, ...]) -> None:
    done = convcost("sweep", *more, "--resume", str(tmp_path))
    assert (done.code, "leave out the sweep's name and other options" in done.err) == (2, True)


@pytest.mark.slow
def test_a_slow_implementation_is_slow_and_not_wrong(convcost: Run, given: Path) -> None:
    """One call takes longer than the budget of all: it is timed once, and no less right for that."""
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
