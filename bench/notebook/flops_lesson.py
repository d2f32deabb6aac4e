"""The lesson that FLOPs are no cost: the times of the study as one frame, and five questions on them.

The answers follow from the run: of another machine they are others, and its lesson checks those.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from bench.errors import UsageError
from bench.notebook.questions import LessonQuestion, LessonReply

if TYPE_CHECKING:
    import pandas as pd

    from bench.notebook.loading import LoadedRun

_MACS, _PARAMETERS = 64 * 64 * 9 * 8 * 8, 64 * 64 * 9
# Answers are read off tables with three digits.
_NEAR = 0.03
_LEVEL = r"level (?P<level>\d+): (?P<flops_in>.+)"


class FlopsLesson:
    """The times of a run of `nox -s study`, and the questions of docs/lessons/flops-are-not-a-cost.ipynb.

    `name` is the implementation that the questions are about, by default torch where it was measured.
    Raises UsageError for another run, and for an implementation that it has no times of.
    """

    def __init__(self, run: LoadedRun, name: str | None = None) -> None:
        self.times = _times(run)
        names = list(dict.fromkeys(self.times["implementation"]))
        self.name = name or ("torch" if "torch" in names else names[0])
        if self.name not in names:
            raise UsageError(f"{run.path} has no times of {self.name!r}; allowed: {', '.join(names)}")

    @property
    def own(self) -> pd.DataFrame:
        """The times of the implementation that the questions are about."""
        return self.times[self.times["implementation"] == self.name]

    @cached_property
    def questions(self) -> tuple[LessonQuestion, ...]:
        """The five questions, in order."""
        return (_macs(), *_levels(self.own, self.name), _fewest(self.times), _mixture(self.own, self.name))

    def check(self, number: int, answer: object) -> LessonReply:
        """Check the answer to a question, from 1. Raises WrongAnswer with a hint."""
        if not 1 <= number <= len(self.questions):
            raise UsageError(f"there is no question {number}; allowed: 1 to {len(self.questions)}")
        return self.questions[number - 1].check(answer)


def _times(run: LoadedRun) -> pd.DataFrame:
    """A line for each problem and implementation: level, where the FLOPs lie, sizes that cost may follow, seconds."""
    names = run.layers[["device", "case_key", "layer"]].drop_duplicates(["device", "case_key"])
    fine = run.measurements[run.measurements["time_s"].notna() & run.measurements["delegate"].isna()]
    table = fine.merge(names, on=["device", "case_key"])
    table = table.join(table["layer"].str.extract(_LEVEL)).dropna(subset=["level"])
    if table.empty:
        raise UsageError(
            f"{run.path} has no time of the study's problems; allowed: a run of `nox -s study`, such as "
            "results/reference/intel-xeon-2-cores/study"
        )
    made = table[["implementation", "flops_in", "macs", "executed_flops", "time_s"]].assign(
        level=table["level"].astype(int),
        parameters=table["ic"] // table["groups"] * table["oc"] * table["kh"] * table["kw"],
        pixels=table["batch"] * table["oh"] * table["ow"],
    )
    columns = ["level", "flops_in", "implementation", "macs", "parameters", "pixels", "executed_flops", "time_s"]
    return made[columns].reset_index(drop=True)


def _macs() -> LessonQuestion:
    return LessonQuestion(
        text="How many multiply–accumulates has a layer from 64 to 64 channels, 3 × 3, with 8 × 8 outputs?",
        answer=_MACS,
        why="64 · 64 · 3 · 3 products for each of 8 · 8 outputs; FLOPs are twice as many.",
        hint="Each output pixel of each of 64 channels sums 3 · 3 products of each of 64 input channels.",
        mistakes={
            2 * _MACS: "These are the FLOPs: a multiply–accumulate is a multiplication and an addition.",
            _PARAMETERS: "These are the parameters: each of them is used once for each output pixel.",
        },
    )


def _levels(own: pd.DataFrame, name: str) -> tuple[LessonQuestion, LessonQuestion]:
    """How far the times of the highest level lie apart, and where it is slowest."""
    top = own[own["level"] == own["level"].max()].sort_values("time_s")
    longest, shortest = top.iloc[-1], top.iloc[0]
    spread = LessonQuestion(
        text=f"At the highest level, how many times the shortest time of {name} is the longest?",
        answer=float(longest["time_s"] / shortest["time_s"]),
        why=f"Equal FLOPs, and the time of FLOPs in {longest['flops_in']} is that many times that of FLOPs in "
        f"{shortest['flops_in']}: if FLOPs were the cost, it were 1.",
        hint="Take the rows of one implementation and one level, and divide the largest time_s by the smallest.",
        mistakes={
            float(shortest["time_s"] / longest["time_s"]): "That is the shortest over the longest: turn it round.",
            1.0: "It would be 1 if FLOPs told the time. Look at time_s.",
        },
        tolerance=_NEAR,
    )
    dearest = LessonQuestion(
        text=f"Where are the FLOPs of the highest level dearest for {name}?",
        answer=str(longest["flops_in"]),
        why="Its time is the longest of the level, for the same FLOPs.",
        hint="Sort the rows of the highest level by time_s, and read flops_in of the last one.",
        mistakes={str(shortest["flops_in"]): "There they are cheapest: read the other end of the sorted rows."},
    )
    return spread, dearest


def _fewest(times: pd.DataFrame) -> LessonQuestion:
    """In how many problems executing the fewest FLOPs is fastest."""
    known = times.dropna(subset=["executed_flops"])
    problems = [rows for _, rows in known.groupby(["level", "flops_in"]) if rows["executed_flops"].nunique() > 1]
    wins = sum(_is_fewest_fastest(rows) for rows in problems)
    return LessonQuestion(
        text="In how many problems is the implementation that executes the fewest FLOPs the fastest of those whose "
        "executed FLOPs are known and differ?",
        answer=wins,
        why=f"{wins} of {len(problems)}: executing fewer FLOPs is no promise of less time.",
        hint="Group the rows with executed_flops by level and flops_in, leave out groups where all execute equally "
        "many, and compare the row with the least time_s with the least executed_flops of its group.",
        mistakes={len(problems) - wins: "So many times it is not the fastest: count the others."}
        if 2 * wins != len(problems)
        else {},
    )


def _is_fewest_fastest(rows: pd.DataFrame) -> bool:
    fastest = rows.sort_values("time_s").iloc[0]
    return bool(fastest["executed_flops"] == rows["executed_flops"].min())


def _mixture(own: pd.DataFrame, name: str) -> LessonQuestion:
    """The power of parameters beside FLOPs that the times follow best."""
    slope = float(np.polyfit(np.log(own["pixels"]), np.log(own["time_s"] / own["macs"]), 1)[0])
    share = -slope
    place = "between FLOPs and parameters" if 0 < share < 1 else "not between FLOPs and parameters"
    return LessonQuestion(
        text=f"Let times of {name} go with FLOPs^(1 − λ) · parameters^λ. Which λ fits best, by least squares of "
        "logarithms?",
        answer=share,
        why=f"λ = 0 is FLOPs, λ = 1 is parameters: here the right measure lies {place}.",
        hint="parameters / MACs is 1 / pixels, so ln(time / MACs) = c − λ · ln(pixels): a line, as numpy.polyfit "
        "fits it.",
        mistakes={slope: "The slope over ln(pixels) is −λ.", 1 - share: "That is 1 − λ, the power of FLOPs."},
        least=0.01,
    )
