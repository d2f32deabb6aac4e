"""What measured problems of equal FLOPs say: how far their times lie apart, and which measure follows them."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from bench.errors import UsageError
from bench.predict.judged.scores import redraw
from bench.predict.study import measures
from bench.predict.study.paper_line import PAPER_LINE, PaperLayer
from bench.predict.study.problems import LEVELS, StudyProblem, macs_of, problems
from bench.predict.study.results import LevelSpread, StudyResult, StudyTime
from bench.predict.tables.cleaning import with_a_time
from impls import Case, ConvProblem, registry
from impls.cost_model.cost_table import CostTable, Subject

# Of fewer problems nothing is said; Winograd's have small kernels, and are only a third of all.
LEAST_PROBLEMS = 8

# Measured joules of a call by subject and descriptor.
JoulesByProblem = Mapping[tuple[Subject, str], float]


def evaluate(tables: Mapping[Subject, CostTable], joules: JoulesByProblem | None = None) -> list[StudyResult]:
    """The results of every subject with enough of the study's problems. Raises UsageError if none has."""
    places = {one.problem.descriptor: one for one in problems()}
    found = []
    for table in tables.values():
        plain = with_a_time(table.only(~table.is_nhwc))
        known = np.array([descriptor in places for descriptor in _descriptors(plain)], dtype=np.bool_)
        own = plain.only(known)
        if len(own) >= LEAST_PROBLEMS:
            chosen = [places[descriptor] for descriptor in _descriptors(own)]
            found.append(_result(own, chosen, joules or {}, _paper(plain)))
    found = [result for result in found if result.levels]
    if not found:
        raise UsageError(
            f"no implementation has times of {LEAST_PROBLEMS} of the study's {len(places)} problems; to measure them: "
            "nox -s study"
        )
    return found


def _descriptors(table: CostTable) -> list[str]:
    return [label.rpartition(": ")[2] for label in table.labels]


def _paper(table: CostTable) -> tuple[tuple[PaperLayer, float], ...]:
    """The times of the paper's line, as far as they were measured."""
    times = dict(zip(_descriptors(table), table.time_s, strict=True))
    measured = ((layer, times.get(layer.problem.descriptor)) for layer in PAPER_LINE)
    return tuple((layer, float(time_s)) for layer, time_s in measured if time_s is not None)


def _result(
    plain: CostTable, chosen: list[StudyProblem], joules: JoulesByProblem, paper: tuple[tuple[PaperLayer, float], ...]
) -> StudyResult:
    names = list(dict.fromkeys(one.where for one in chosen))
    table = plain.with_units(np.array([names.index(one.where) for one in chosen], dtype=np.int64))
    times = tuple(
        StudyTime(one, float(time_s), float(scatter), _executed(table.subject, one.problem),
                  joules.get((table.subject, one.problem.descriptor)))
        for one, time_s, scatter in zip(chosen, table.time_s, table.scatter, strict=True)
    )  # fmt: skip
    is_known = all(one.executed_flops is not None for one in times)
    metered = np.array([math.nan if one.joules is None else one.joules for one in times])
    has_joules = np.isfinite(metered)
    return StudyResult(
        table.subject,
        times,
        _levels({one.of: one.time_s for one in times}),
        measures.of_times(table, is_executed_known=is_known),
        redraw(table),
        measures.alpha_constants(table),
        measures.mixed(table),
        paper,
        measures.of_joules(table.only(has_joules), metered[has_joules], is_executed_known=is_known)
        if has_joules.sum() >= LEAST_PROBLEMS
        else (),
        _levels({one.of: one.joules for one in times if one.joules is not None}),
    )


def _levels(costs: Mapping[StudyProblem, float]) -> tuple[LevelSpread, ...]:
    """The costs of each level that has two or more."""
    by_level = ((level, {of.where: cost for of, cost in costs.items() if of.level == level}) for level in range(LEVELS))
    return tuple(LevelSpread(macs_of(level), own) for level, own in by_level if len(own) > 1)


def _executed(subject: Subject, problem: ConvProblem) -> float | None:
    """The FLOPs that an implementation says to execute; None where a library chooses its algorithm."""
    if subject.implementation not in registry.BUILT_IN:
        return None
    implementation = registry.get(subject.implementation)
    device = "cuda" if subject.device == "cuda" else "cpu"
    case = Case(problem, subject.precision, "nchw", device)
    flops = None if implementation.why_not(case) else implementation.work(case).flops
    return None if flops is None else float(flops)
