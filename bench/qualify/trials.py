"""Answers one question in a worker process: by convcost's own timing, or by torch's Timer."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch.utils.benchmark import Timer

from bench.estimates.student import CONFIDENCE
from bench.qualify.questions import SLOWDOWNS, Answer, Question
from bench.timing.blocks import Repeated
from bench.timing.clock import Call
from bench.timing.draws import time_draws
from impls import Case, ConvProblem, get, prepare

# The first that supports the case: the best known library, or torch's own choice.
_CANDIDATES = ("onednn", "cudnn", "torch")
_RESAMPLES = 1_000

Make = Callable[[int], tuple[Call, Call]]
# Estimate, lower and upper end, samples, why it stopped.
_Found = tuple[float, float | None, float | None, int, str]


def answer_json(question: dict[str, Any]) -> dict[str, Any]:
    """The answer to a question, both in plain JSON (Question.as_dict, Answer.as_dict)."""
    return answer(Question(**question)).as_dict()


def answer(question: Question) -> Answer:
    """Time the pair of a question within its budget."""
    started = time.perf_counter()
    methods = {"convcost": _by_draws, "Timer": _by_timer}
    estimate, low, high, samples, stopped_by = methods[question.method](question, _maker(question))
    return Answer(question, estimate, low, high, samples, stopped_by, time.perf_counter() - started)


def _maker(question: Question) -> Make:
    """Two separately built plans of the same convolution, on the same input."""
    case = Case(ConvProblem.parse(question.descriptor), device=question.device)
    implementation = next(i for i in map(get, _CANDIDATES) if i.why_not(case) is None)
    generator = torch.Generator().manual_seed(question.seed)
    shapes = (case.problem.input_shape, case.problem.weight_shape)
    x, weight = (torch.randn(shape, generator=generator).to(question.device) for shape in shapes)

    def make(draw: int) -> tuple[Call, Call]:
        here = x.clone()
        plans = [prepare(implementation, case, weight.clone(), None).run for _ in range(2)]
        # The sides take turns in being built first.
        first, second = plans if draw % 2 == 0 else reversed(plans)
        return lambda: first(here), lambda: second(here)

    return make


def _by_draws(question: Question, make: Make) -> _Found:
    n = question.n
    samples = 1 if n is None else SLOWDOWNS[n]

    def candidates(draw: int) -> Mapping[str, Call]:
        a, b = make(draw)
        if n is None:
            return {"a": a, "b": b}
        return {"a": Repeated(a, n // samples), "b": Repeated(b, n // samples, samples)}

    blocks = time_draws(
        candidates, device=question.device, max_seconds=question.max_seconds, period=samples, seed=question.seed
    )
    ratio, timing = blocks.ratio("b", over="a", period=samples), blocks["a"]
    return ratio.estimate, ratio.low, ratio.high, len(timing.samples), timing.stopped_by


def _by_timer(question: Question, make: Make) -> _Found:
    """One side after the other, as Timer is used, each with half of the budget."""
    n = question.n or 1
    a, b = make(0)
    taken, threads = [], torch.get_num_threads()
    for call, calls in ((a, n), (b, n if question.n is None else n + 1)):
        names = {"call": call, "calls": calls}
        timer = Timer("for _ in range(calls): call()", globals=names, num_threads=threads)
        taken.append(np.asarray(timer.blocked_autorange(min_run_time=question.max_seconds / 2).times))
    low, high = _unpaired_interval(taken[1], taken[0], question.seed)
    return float(np.median(taken[1]) / np.median(taken[0])), low, high, len(taken[0]), "max_seconds"


def _unpaired_interval(above: np.ndarray, below: np.ndarray, seed: int) -> tuple[float, float]:
    """Timer gives no interval of a ratio: the percentile bootstrap of the quotient of its medians."""
    rng = np.random.default_rng(seed)
    medians = [np.median(t[rng.integers(len(t), size=(_RESAMPLES, len(t)))], axis=1) for t in (above, below)]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(medians[0] / medians[1], [tail, 1 - tail])
    return float(low), float(high)
