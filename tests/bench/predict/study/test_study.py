"""The study: its problems have equal FLOPs, and its words follow from the numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.errors import UsageError
from bench.predict.study import problems, verdict
from bench.predict.study.__main__ import main
from bench.predict.study.evaluation import StudyResult, evaluate
from bench.predict.study.problems import BATCH, KERNEL, LEVELS, SPACE, TOLERANCE, macs_of
from bench.sweep.layers import read_file
from impls.cost_model.cost_table import CostTable, Floats
from tests.bench.predict.simulated_times import CPU, table

PROBLEMS = [one.problem for one in problems.problems()]


def made(time_s: Floats) -> CostTable:
    return replace(table(PROBLEMS, CPU), time_s=time_s)


def result(time_s: Floats) -> StudyResult:
    (found,) = evaluate({CPU: made(time_s)})
    return found


def test_problems_of_a_level_have_equal_flops() -> None:
    for one in problems.problems():
        assert one.problem.macs == pytest.approx(macs_of(one.level), rel=TOLERANCE), one
    assert len(PROBLEMS) == len(set(PROBLEMS)) == 5 * LEVELS


def test_only_one_size_grows() -> None:
    own = [one.problem for one in problems.problems() if one.where == SPACE]
    assert len({(p.in_channels, p.out_channels, p.kernel, p.batch) for p in own}) == 1
    kernels = [one.problem.kernel[0] for one in problems.problems() if one.where == KERNEL]
    assert kernels == [3, 5, 11, 23, 47]


def test_the_file_is_one_that_a_sweep_reads(tmp_path: Path) -> None:
    assert main(["problems", str(tmp_path / "made" / "equal.txt")]) == 0
    assert [layer.problem for layer in read_file(tmp_path / "made" / "equal.txt").layers] == PROBLEMS


def test_where_time_is_flops_the_verdict_says_so() -> None:
    asked = table(PROBLEMS, CPU)
    first, second, third = verdict.sentences(result(asked.macs * 1e-11))
    assert first.startswith("FLOPs tell the time here")
    assert second.startswith("FLOPs in space are neither the cheap nor the dear ones")
    assert "none reaches" not in third


@pytest.mark.parametrize(
    ("space", "words"),
    [(0.1, "the cheap ones, as the paper found"), (10.0, "the dear ones, against what the paper found")],
)
def test_where_space_costs_otherwise_the_verdict_changes(space: float, words: str) -> None:
    asked = table(PROBLEMS, CPU)
    factor = np.array([space if one.where == SPACE else 1.0 for one in problems.problems()])
    first, second, _ = verdict.sentences(result(asked.macs * 1e-11 * factor))
    assert first.startswith("FLOPs do not tell the time: at equal FLOPs the longest time is 10.")
    assert ("against FLOPs in space" if space < 1 else "FLOPs in space against") in first
    assert words in second


def test_noise_is_no_spread() -> None:
    """Times that repeat within ± 20 % cannot tell factors of 1.5 apart."""
    asked = table(PROBLEMS, CPU)
    factor = np.array([1.5 if one.where == BATCH else 1.0 for one in problems.problems()])
    noisy = replace(made(asked.macs * 1e-11 * factor), scatter=np.full(len(asked), 0.2))
    (found,) = evaluate({CPU: noisy})
    assert verdict.sentences(found)[0].startswith("FLOPs tell the time here")


def test_the_page_has_times_measures_and_constants_of_alpha_flops() -> None:
    page = verdict.page([result(table(PROBLEMS, CPU).time_s)])
    for text in (
        "## torch on cpu in fp32, threads 2",
        "| 2.4 M |",
        "| parameters |",
        "| law, fitted without the place |",
        "| beta_k | 0.001 |",
    ):
        assert text in page


def test_runs_without_the_problems_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="to measure them: nox -s study"):
        evaluate({CPU: table(PROBLEMS[:3], CPU)})
    assert main(["page", str(tmp_path / "page.md"), str(tmp_path / "none")]) == 2
    assert "is not a run" in capsys.readouterr().err
