"""`convcost sweep` up to its job: refusals, the lists of sweeps and cases, and its options."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from bench.run.sweep import Ended
from tests.bench.commands.running import SMALL, Refuse, Run, assert_says, refusals


@refusals(
    ("sweep quick -i drect", "'drect' is unknown"),
    ("sweep quick --device tpu", "device 'tpu' does not exist here"),
    ("sweep stride --dry-run --device cuda", "device 'cuda' does not exist here; allowed on this machine: cpu"),
    ("sweep quick -p fp8", "precision 'fp8' is unknown"),
    ("sweep quikc", "there is no sweep 'quikc' (did you mean 'quick'?)"),
    ("sweep mb1ic4ih8oc4kh3", "is one problem, not a sweep; to measure it: convcost measure mb1ic4ih8oc4kh3"),
    ("sweep model.onnx", "model.onnx is a whole model; to measure its convolutions: convcost network model.onnx"),
    ("sweep missing.toml", "there is no file missing.toml"),
    ("sweep missing.csv", "there is no file missing.csv"),
    ("sweep quick --load {given}/missing.py", "there is no such file"),
    ("sweep --resume {given}/no-run", "is not a run"),
    # Axes.
    ("sweep quick -a kernle=3", "axis 'kernle' is unknown (did you mean 'kernel'?); allowed: kernel, stride"),
    ("sweep quick -a kernel", "axis 'kernel' is not understood; allowed: name=value"),
    ("sweep quick -a kernel=0", "axis kernel has the value 0; allowed: whole numbers of at least 1"),
    ("sweep quick -a kernel=-1", "axis kernel has the value '-1'"),
    ("sweep quick -a kernel=²", "axis kernel has the value"),
    ("sweep quick -a kernel=[5:1]", "the range must go up"),
    ("sweep quick -a kernel=3,3", "names a value twice"),
    ("sweep quick -a padding=valid -a kernel=3,99", "the point kernel=99"),
    ("sweep lenet-5 -a kernel=3", "leave out -a"),
    # Sizes that no machine holds, and cases that no implementation computes.
    ("sweep quick -a size=99999999", "would need"),
    (f"sweep quick -a size={10**400}", "401 digits; allowed: 18"),
    (f"sweep quick -a size={10**12}", "would need"),
    (
        "sweep quick -i winograd-f2 -a kernel=9",
        "none of these computes any of the cases: winograd-f2: tiles of 2 × 2 outputs have transforms",
    ),
    ("sweep quick -i onednn -p fp64", "none of these computes any of the cases: onednn: computes in"),
    # Numbers.
    ("sweep quick --threads 0", "cannot use 0 threads; allowed: 1 to"),
    ("sweep quick --threads 999", "cannot use 999 threads: …available to this process; type --threads "),
    ("sweep quick --dry-run --max-seconds inf", "'--max-seconds': 'inf'; allowed: a number from 0.001 to 86,400"),
    ("sweep quick --step-timeout 0s", "'0s' is not a duration above 0"),
    ("sweep quick --step-timeout 25h", "allowed: a day at most, 24h"),
    # Energy, carbon, money.
    ("sweep quick --energy some", "energy 'some' is unknown; allowed: none, base, all"),
    ("sweep quick --energy-window 0", "'--energy-window': '0'; allowed: a number from 0.01 to 86,400"),
    ("sweep quick --energy-windows 0", "'--energy-windows': '0'; allowed: a whole number from 1 to 1,000"),
    ("sweep quick --max-joules -1", "'--max-joules': '-1'; allowed: a number of at least 0"),
    ("sweep quick --cpu-idle-w 10", "a model of power needs --cpu-idle-w, --cpu-max-w and --cpu-cores"),
    ("sweep quick --cpu-idle-w 90 --cpu-max-w 60 --cpu-cores 999", "0 <= --cpu-idle-w <= --cpu-max-w"),
    ("sweep quick --cpu-idle-w nan --cpu-max-w 60 --cpu-cores 999", "0 <= --cpu-idle-w <= --cpu-max-w"),
    ("sweep quick --cpu-idle-w 0 --cpu-max-w 0 --cpu-cores 999", "--cpu-max-w must be above 0"),
    ("sweep quick --cpu-idle-w 10 --cpu-max-w 60 --cpu-cores 0", "cores are allotted of a socket of 0"),
    (
        "sweep quick --energy-model {given}/missing.json",
        "missing.json cannot be read (No such file or directory); allowed: a file that `convcost energy-fit",
    ),
    ("sweep quick --energy-model {given}/key.toml", "key.toml is no model of energy that can be used: "),
    ("sweep quick --no-energy --energy-model x.json", "not with energy none; leave out --energy-model"),
    ("sweep quick --cache cold --energy-model x.json", "in warm caches, …; leave out --energy-model"),
    (
        "sweep quick --energy-model x.json --cpu-idle-w 10 --cpu-max-w 60 --cpu-cores 999",
        "--energy-model takes the place of figures of the socket; leave out --cpu-idle-w, --cpu-max-w, --cpu-cores",
    ),
    ("sweep quick --grid XX", "grid 'XX' is unknown; allowed: "),
    ("sweep quick --grid FR --g-per-kwh 50", "say the same thing twice"),
    ("sweep quick --g-per-kwh -1", "--g-per-kwh is -1; allowed: a number of at least 0"),
    ("sweep quick --price-per-kwh -1", "--price-per-kwh is -1; allowed: a number of at least 0"),
    ("sweep quick --pue 0.9", "--pue is 0.9; allowed: a number of at least 1"),
    # Options that would have no effect.
    ("sweep quick --json --dry-run", "--dry-run has no results to print; leave out --json"),
    ("sweep --json --list", "--list only lists what is built in; leave out --json"),
    ("sweep quick --list -i fft --dry-run", "leave out SWEEP, --dry-run, --implementation"),
    ("sweep quick --no-energy --energy base", "--no-energy means --energy none; leave out --energy"),
    ("sweep quick --no-energy --energy-windows 3", "no energy is measured (energy none); leave out --energy-windows"),
    ("sweep quick --energy none --energy-window 3", "leave out --energy-window"),
    ("sweep quick --cache cold --energy all", "with cold caches no energy is measured; leave out --energy"),
    ("sweep quick --currency USD", "a currency is that of prices, and none is given; leave out --currency"),
    ("sweep quick --pue 1.2 --price-per-hour 3", "neither a grid nor that price is given; leave out --pue"),
    ("sweep quick -a precision=fp32,bf16 -p fp32", "the axis precision sets it in every case; leave out --precision"),
    ("sweep quick -a threads=1 --threads 1", "the axis threads sets it in every case; leave out --threads"),
    ("sweep quick -a layout=nhwc --layout nchw", "leave out --layout"),
    ("sweep quick -a bias=0,1 --bias", "leave out --bias"),
    (
        "sweep quick -a gpu_clock=1200,1500",
        "gpu_clock is a setting of cuda, and only cpu is measured here; leave out gpu_clock",
    ),
    ("sweep quick -a governor=fast", "axis governor has the value 'fast'; allowed: performance, powersave"),
    ("sweep quick --set governor=performance", "no such option: --set"),
    ("sweep {given}/own.txt -p fp32", "every line says its own precision, here bf16, fp16; leave out --precision"),
    # Many machines, and a place for the finished run.
    ("sweep quick --executor slurm", "'--executor': 'slurm'; allowed: local, ray"),
    ("sweep quick --address 10.0.0.1:6379", "this machine measures alone; leave out --address"),
    ("sweep quick --executor local --address 10.0.0.1:6379", "leave out --address"),
    ("sweep quick --executor ray --max-joules 9", "no common limit of joules, …; leave out --max-joules"),
    ("sweep --executor ray --list", "leave out --executor"),
    ("sweep --executor ray --resume {given}/no-run", "leave out --executor"),
    (
        "sweep quick --executor ray --cpu-idle-w 10 --cpu-max-w 60 --cpu-cores 999",
        "machines of a fleet may have other processors; leave out --cpu-idle-w, --cpu-max-w, --cpu-cores",
    ),
    ("sweep quikc --executor ray", "there is no sweep 'quikc' (did you mean 'quick'?)"),
    ("sweep quick --store results", "'results' names no place for runs; allowed: s3://BUCKET/FOLDER, gs://"),
    ("sweep quick --store s3://bucket/runs --dry-run", "--dry-run has no run to copy; leave out --store"),
    # Files.
    ("sweep {given}/syntax.toml", "syntax.toml: Invalid value (at line 1, column 8)"),
    ("sweep {given}/key.toml", "key.toml, line 1, column 1: 'bas' is unknown (did you mean"),
    ("sweep {given}/axis.toml", "axis.toml, line 2, column 1: axis 'kernle' is unknown"),
    ("sweep {given}/float.toml", "float.toml, line 2, column 1: axis kernel has the value 3.5"),
    ("sweep {given}/endless.toml --dry-run", "endless.toml, line 1, column 1"),
    ("sweep {given}/self.toml", "includes itself"),
    ("sweep {given}/nothing.toml", "'nothing' matches no case: not a convolution: kernel=20"),
    ("sweep {given}/point.toml", "the point kernel=99"),
    ("sweep {given}/bad.csv", "bad.csv, line 2, column 2 (c_in): 'three' is not a whole number"),
    ("sweep {given}/header.csv", "header.csv, line 1, column 1: the columns h, w"),
    ("sweep {given}/bad.txt", "bad.txt, line 2, column 13: 'zh3' is no field"),
    ("sweep {given}/empty.txt", "names no layer"),
)
def test_bad_input_is_refused(refuse: Refuse, line: str, sentence: str) -> None:
    assert_says(refuse(line), sentence)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (("-i", "fft"), "--implementation"),
        (("stride",), "SWEEP"),
        (("-a", "kernel=1"), "--axis"),
        (("--seed", "3"), "--seed"),
        (("--results", "elsewhere"), "--results"),
        (("--dry-run", "--grid", "FR"), "--dry-run, --grid"),
    ],
)
def test_resume_takes_no_other_options(convcost: Run, tmp_path: Path, more: tuple[str, ...], named: str) -> None:
    done = convcost("sweep", *more, "--resume", str(tmp_path))
    said = f"convcost: --resume continues a run with its own options; leave out {named}\n"
    assert (done.code, done.err) == (2, said)


def test_list_shows_sweeps_and_layer_sets(convcost: Run, here: Path) -> None:
    done = convcost("sweep", "--list")
    assert (done.code, done.err) == (0, "")
    for name in ("quick", "full", "kernel-size", "resnet-50", "mobilenet-v1"):
        assert f" {name} " in done.out
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "cases", "shown"),
    [
        (["quick"], 12, "kernel=7"),
        (["quick", "-a", "kernel=1,3,5", "-a", "channels[pow2]=[4:7]"], 10, "channels=128"),
        (["data"], 16, "subnormal"),
        (["lenet-5", "-p", "fp32", "-p", "fp64"], 6, "lenet-5: C3"),
        (["stride", "--layout", "nchw", "--layout", "nhwc", "-i", "torch"], 10, "implementations: torch\n"),
    ],
)
def test_dry_run_shows_cases_and_writes_nothing(
    convcost: Run, here: Path, arguments: list[str], cases: int, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = convcost("sweep", *arguments, "--device", "cpu", "--dry-run")
    assert (done.code, done.err) == (0, "")
    assert f"{cases} cases" in done.out
    assert shown in done.out
    assert max(map(len, done.out.splitlines())) <= 80
    assert "\ntime: about " in done.out
    assert "\nmemory: up to " in done.out
    assert list(here.iterdir()) == []


def test_dry_run_shows_impossible_combinations(convcost: Run, given: Path) -> None:
    path = given / "product.toml"
    path.write_text(f'base = "{SMALL}"\ndesign = "product"\n[axes]\nkernel = [3, 9]\npadding = ["same", "valid"]')
    done = convcost("sweep", str(path), "--dry-run")
    assert done.code == 0
    assert "3 cases" in done.out
    assert "left out, not a convolution: kernel=9, padding=valid: the kernel spans 9" in done.out


def test_dry_run_names_missing_threads_and_rates_without_joules(convcost: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.sweep.jobs.available_threads", lambda: 2)
    options = ("-a", "threads=1,2,4", "--device", "cpu", "--no-energy", "--grid", "FR")
    done = convcost("sweep", "stride", *options, "--dry-run")
    assert (done.code, done.err) == (0, "")
    assert "10 cases" in done.out
    assert "left out, threads=4: only 2 processors available here" in done.out
    assert "note: the grid gives no grams: there are no joules (cpu:" in done.out


def test_dry_run_names_a_plug_in_that_raises(convcost: Run, given: Path) -> None:
    path = given / "raising.py"
    path.write_text(
        "import impls\n\n\n@impls.register\nclass Raising(impls.Implementation):\n    name = 'raising'\n\n"
        "    def why_not(self, case):\n        if case.problem.kernel == (5, 5):\n"
        "            raise ValueError('no idea')\n\n"
        "    def plan(self, case, weight, bias):\n        return None\n"
    )
    words = ("-a", "kernel=1,3,5", "--device", "cpu", "-i", "raising", "-i", "direct", "--load", str(path))
    done = convcost("sweep", "kernel-size", *words, "--dry-run")
    assert (done.code, done.err) == (0, "")
    said = "will fail in 1 of 3 cases: raising (why_not of raising raised ValueError: no idea (raising.py, line 10))"
    assert said in " ".join(done.out.split())


@pytest.mark.parametrize(
    ("step", "more", "left"),
    [
        ("bench.sweep.jobs.for_sweep", (), "nothing was measured yet, and no run folder was left"),
        ("bench.run.sweep.sweep", (), "nothing was measured yet, and no run folder was left"),
        ("bench.run.resume.job_to_resume", ("--resume", "kept"), "kept is as it was"),
    ],
)
def test_ctrl_c_before_the_first_visit_says_what_is_left(
    convcost: Run, here: Path, monkeypatch: pytest.MonkeyPatch, step: str, more: tuple[str, ...], left: str
) -> None:
    monkeypatch.setattr(step, lambda *given, **options: signal.raise_signal(signal.SIGINT))
    done = convcost("sweep", *more)
    assert (done.code, done.err.splitlines()[-1]) == (3, f"convcost: interrupted; {left}")
    assert list(here.iterdir()) == []


def test_ctrl_c_during_the_report_names_the_run(convcost: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.run.sweep.sweep", lambda *given, **options: Ended(Path("results/run")))
    monkeypatch.setattr("bench.report.render.render", lambda *given: signal.raise_signal(signal.SIGINT))
    done = convcost("sweep")
    said = "convcost: interrupted; its visits are kept; to see them: convcost report results/run"
    assert (done.code, done.err.splitlines()[-1]) == (3, said)
