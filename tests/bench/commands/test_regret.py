"""`convcost regret`: `auto` beside the best of its choices."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.predict import regret
from bench.worker.settings import Settings
from tests.bench.commands.running import STOPPED, Refuse, Run, assert_says, refusals, stop
from tests.bench.commands.test_kernels import compared


@refusals(
    ("regret no-such-set", "no-such-set"),
    ("regret --class dense", "no such option: --class"),
    ("regret --limit 5m", "no such option: --limit"),
    ("regret -i direct", "no such option: -i"),
    ("regret --device cuda", "no such option: --device"),
    ("regret --threads 0", "0 threads…; allowed: 1 to"),
    ("regret --seed -1", "'--seed': '-1'; allowed: a whole number of at least 0"),
    ("regret --max-seconds 0", "'--max-seconds': '0'"),
    ("regret --load {given}/missing.py", "missing.py: there is no such file"),
    ("regret --step-timeout 0s", "'0s' is not a duration above 0"),
)
def test_bad_input_is_refused(refuse: Refuse, line: str, sentence: str) -> None:
    assert_says(refuse(line), sentence)


@pytest.mark.parametrize(("ratio", "code"), [(1.02, 0), (1.5, 1)])
def test_a_slow_auto_is_exit_code_1(
    convcost: Run, here: Path, monkeypatch: pytest.MonkeyPatch, ratio: float, code: int
) -> None:
    (result,) = compared(3.0).results
    result = replace(result, shape=replace(result.shape, kind="random"))
    found = regret.Regret(result, "nchw", ratio, "direct", "direct")
    monkeypatch.setattr(regret, "run", lambda asked, *given: regret.Regrets({}, (found,) * len(asked), (), 1.0))
    done = convcost("regret", "--quick")
    assert done.code == code, done.err
    assert "30 random shapes" in done.out
    assert f"on 90%: {'met' if code == 0 else 'not met'}" in done.out
    (kept,) = (here / "results" / "kernels").iterdir()
    assert kept.name in done.out
    assert convcost("regret", "--quick", "--json").json["quantiles"]["0.9"]["value"] == ratio


@pytest.mark.parametrize(
    ("words", "seed", "max_seconds"),
    [
        pytest.param((), regret.SEED, regret.SECONDS, marks=pytest.mark.full),
        # 0 is a seed like any other.
        (("--seed", "0"), 0, regret.SECONDS),
        (("--seed", "7", "--max-seconds", "2"), 7, 2.0),
    ],
)
def test_seed_and_time_reach_the_shapes(
    convcost: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], seed: int, max_seconds: float
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(regret, "run", lambda trials, *given: (asked.extend(trials), stop()))
    assert convcost("regret", "--quick", *words).err == STOPPED
    assert [asked_for.trial.seed for asked_for in asked] == list(range(seed, seed + len(asked)))
    assert {asked_for.trial.max_seconds for asked_for in asked} == {max_seconds}
    expected = regret.trials(quick=True, seed=seed)
    assert [asked_for.shape for asked_for in asked] == [asked_for.shape for asked_for in expected]


def test_plugins_reach_the_workers(convcost: Run, given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[Settings] = []
    monkeypatch.setattr(regret, "run", lambda asked, settings, progress: (used.append(settings), stop()))
    plugin = given / "wrong.py"
    assert convcost("regret", "--quick", "--load", str(plugin)).err == STOPPED
    assert used[0].load == (plugin,)
