"""`convcost kernels`: our kernels beside other libraries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.kernels import benchmark
from bench.kernels.shapes import Shape
from bench.kernels.trials import ShapeResult
from bench.store.status import Status
from bench.worker.settings import Settings
from bench.worker.trial import BlockTime, Entrant, EntrantOutcome
from impls import ConvProblem
from tests.bench.commands.running import SMALL, Refuse, Run, assert_says, refusals


@refusals(
    ("kernels --auto", "no such option: --auto"),
    (
        "kernels --class winogard-14",
        "class 'winogard-14' is unknown on cpu (did you mean 'winograd-14'?); allowed: dense, 1x1",
    ),
    (
        "kernels --list size",
        "--list size is unknown on cpu (did you mean 'sizes'?); allowed: extended, networks, sizes",
    ),
    ("kernels -i drect", "'drect' is unknown (did you mean 'direct'?)"),
    ("kernels -i torch", "no implementation is left"),
    ("kernels --class dense-bf16 --device cuda", "device 'cuda' does not exist here; allowed on this machine: cpu"),
    ("kernels --runs 0", "'0'; allowed: a whole number from 1 to 100"),
    ("kernels --threads 0", "0 threads…; allowed: 1 to"),
    ("kernels --limit soon", "'soon' is not a duration above 0; allowed: 90 or 90s"),
    ("kernels --step-timeout 0s", "'0s' is not a duration above 0"),
    ("kernels --step-timeout 25h", "allowed: a day at most, 24h"),
    ("kernels --load {given}/missing.py", "missing.py: there is no such file"),
)
def test_bad_input_is_refused(refuse: Refuse, line: str, sentence: str) -> None:
    assert_says(refuse(line), sentence)


def compared(torch_s: float) -> benchmark.Benchmark:
    """A comparison in which grouped convolutions take our kernel one second and torch `torch_s`."""
    outcomes = tuple(
        EntrantOutcome(
            Entrant(name, "nchw"),
            Status.OK,
            samples=tuple(BlockTime(0, b, s, run) for run in range(3) for b in range(2)),
        )
        for name, s in (("direct", 1.0), ("torch", torch_s))
    )
    result = ShapeResult(Shape("forged", ConvProblem.parse(SMALL), "grouped"), outcomes, 0.1)
    return benchmark.Benchmark({"host": "forged"}, None, ("direct",), (result,), 1.0)


@pytest.mark.parametrize(("torch_s", "code"), [(3.0, 0), (1.0, 1)])
def test_a_missed_limit_is_exit_code_1(
    convcost: Run, here: Path, monkeypatch: pytest.MonkeyPatch, torch_s: float, code: int
) -> None:
    asked = []
    monkeypatch.setattr(benchmark, "run", lambda trials, *given, **more: (asked.extend(trials), compared(torch_s))[1])
    done = convcost("kernels", "--quick", "--class", "grouped", "-i", "direct", "--max-seconds", "0.1")
    assert done.code == code, done.err
    assert ("not met" in done.out) == (code == 1)
    assert [t.shape.kind for t in asked] == ["grouped", "grouped"]
    assert {e.implementation for t in asked for e in t.trial.entrants} == {"direct", "onednn", "torch"}
    assert {(t.trial.max_seconds, t.trial.draws) for t in asked} == {(0.1 / 3, 1)}
    (kept,) = (here / "results" / "kernels").iterdir()
    assert str(Path("results") / "kernels" / kept.name) in done.out
    limits = convcost("kernels", "--quick", "--class", "grouped", "--json").json["limits"]
    assert [limit["implementations"][0] for limit in limits] == ["direct", "direct"]
    assert all(limit["found"]["value"] == pytest.approx(torch_s) for limit in limits)


@pytest.mark.usefixtures("forged_gpu", "here")
def test_cuda_is_measured_in_nhwc(convcost: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, ...]] = []

    def run(
        trials: Any, own: Any, settings: Settings, progress: Any, suite: Any, limit_s: float, runs: int, busy_core: bool
    ) -> Any:
        asked.append((runs, suite.device, {t.shape.device for t in trials}, limit_s, settings.step_timeout_s))
        layouts = {e.layout for t in trials for e in t.trial.entrants}
        asked.append((layouts, {t.shape.precision for t in trials}, "implicit-gemm" in own))
        return compared(3.0)

    monkeypatch.setattr(benchmark, "run", run)
    words = ("--device", "cuda", "--class", "grouped-bf16", "--limit", "90s", "--step-timeout", "40s", "--runs", "2")
    assert convcost("kernels", *words).code == 0
    assert asked == [(2, "cuda", {"cuda"}, 90.0, 40.0), ({"nhwc"}, {"bf16"}, True)]
