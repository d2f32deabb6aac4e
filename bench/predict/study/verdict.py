"""Says in words what the study found of one implementation; the words follow from the numbers, and change with them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from bench.predict.predictors.alpha_flops import PUBLISHED
from bench.predict.study.problems import BATCH, CHANNELS, KERNEL, NEURONS, SPACE
from bench.predict.study.results import FLOPS, MixedMeasure, StudyResult

# Times at equal FLOPs that differ by less than this factor, or than three times the noise, are the same.
SAME = 1.25
_NOISES = 3
# The rank correlation from which a measure is said to order times.
ORDERS = 0.95
# β and γ of the paper by the names of the constants that are refitted.
PAPER: Mapping[str, float] = dict(zip(("beta_1", "beta_k", "gamma_1", "gamma_k"), PUBLISHED[1:], strict=True))
# An interval of a positive constant over more than this factor, or of an exponent wider than this, says nothing.
_OPEN_FACTOR, _OPEN_WIDTH = 1e3, 2.0
# A power of parameters that is no larger changes no time by more than a tenth over the five levels of the study.
_NOTHING = 0.02
_WORDS = {"beta_1": "β for 1 × 1", "beta_k": "β for larger kernels", "gamma_1": "γ for 1 × 1",
          "gamma_k": "γ for larger kernels"}  # fmt: skip


def sentences(result: StudyResult) -> list[str]:
    """The verdict on one implementation."""
    said = (on_flops(result), _on_space(result), _on_dense(result), _on_measures(result), _on_mixture(result.mixed),
            _on_constants(result.alpha))  # fmt: skip
    return [sentence for sentence in said if sentence]


def same(result: StudyResult) -> float:
    """The factor up to which two times count as the same."""
    noise = 0.0 if math.isnan(result.redraw) else result.redraw
    return max(SAME, 1 + _NOISES * noise)


def tells_time(result: StudyResult) -> bool:
    """Whether FLOPs tell the time: times of equal FLOPs are the same."""
    return result.spread <= same(result)


def on_flops(result: StudyResult) -> str:
    """Whether FLOPs tell the time, with the level where they do least."""
    if tells_time(result):
        return (
            f"FLOPs tell the time here: at equal FLOPs the longest time is {result.spread:.2f} × the shortest, no more "
            f"than {same(result):.2f} × counts as the same."
        )
    worst = max(result.levels, key=lambda level: level.spread)
    slow, fast = (by(worst.costs, key=worst.costs.__getitem__) for by in (max, min))
    return (
        f"FLOPs do not tell the time: at equal FLOPs the longest time is {result.spread:.1f} × the shortest on "
        f"average; at {worst.macs / 1e6:.0f} million MACs {worst.spread:.1f} ×, FLOPs in {slow} against FLOPs in "
        f"{fast}."
    )


def constants_outside(alpha: Mapping[str, tuple[float, float, float]]) -> dict[str, tuple[float, float, float]]:
    """The constants of the paper that lie outside of their interval here, those with an open one left out."""
    return {
        name: ends
        for name, ends in alpha.items()
        if name in PAPER and not is_open(name, ends) and not ends[1] <= PAPER[name] <= ends[2]
    }


def is_open(name: str, ends: tuple[float, float, float]) -> bool:
    """Whether an interval is so wide that the rows do not determine its constant."""
    _, low, high = ends
    if name.startswith("beta"):
        return not 0 < low <= high < math.inf or high / low > _OPEN_FACTOR
    return not math.isfinite(high - low) or high - low > _OPEN_WIDTH


def _on_space(result: StudyResult) -> str:
    over = {where: result.ratio(SPACE, where) for where in (CHANNELS, KERNEL)}
    known = {where: ratio for where, ratio in over.items() if not math.isnan(ratio)}
    listed = " and ".join(f"{ratio:.2f} × that of FLOPs in {where}" for where, ratio in known.items())
    if not known:
        return "Nothing was measured beside FLOPs in space."
    if all(ratio < 1 / SAME for ratio in known.values()):
        head = "FLOPs in space are the cheap ones, as the paper found"
    elif all(ratio > SAME for ratio in known.values()):
        head = "FLOPs in space are the dear ones, against what the paper found"
    else:
        head = "FLOPs in space are neither the cheap nor the dear ones"
    return f"{head}: their time is {listed}."


def _on_dense(result: StudyResult) -> str:
    ratio = result.ratio(BATCH, NEURONS)
    if math.isnan(ratio):
        return ""
    if ratio < 1 / SAME:
        return f"In dense layers FLOPs in the batch are cheap: {ratio:.2f} × the time of FLOPs in neurons."
    if ratio > SAME:
        return f"In dense layers FLOPs in the batch are dear: {ratio:.2f} × the time of FLOPs in neurons."
    return f"In dense layers FLOPs in the batch cost as much as in neurons: {ratio:.2f} × their time."


def _on_measures(result: StudyResult) -> str:
    ordered = sorted((m for m in result.measures if not math.isnan(m.spearman)), key=lambda m: -m.spearman)
    if not ordered:
        return "No measure varies."
    best, flops = ordered[0], result.measure(FLOPS)
    text = f"Of all measures {best.name} orders the times best (Spearman {best.spearman:.3f})"
    if flops is not None and flops in ordered and flops is not best:
        text += f", FLOPs with {flops.spearman:.3f}"
    return text + ("." if best.spearman >= ORDERS else f"; none reaches {ORDERS}.")


def _on_mixture(mixed: MixedMeasure | None) -> str:
    if mixed is None:
        return ""
    number = f"times go with FLOPs to the power {1 - mixed.share:.2f} times parameters to the power {mixed.share:.2f}"
    ends = f"the second is {mixed.low:.2f} to {mixed.high:.2f} with 95 % confidence"
    return f"{_place_of(mixed)}: {number}; {ends}."


def _place_of(mixed: MixedMeasure) -> str:
    if abs(mixed.low) <= _NOTHING and abs(mixed.high) <= _NOTHING:
        return "FLOPs are the right measure, without any part of parameters"
    if mixed.low > 0 and mixed.high < 1:
        return "The right measure lies between FLOPs and parameters, as the paper says"
    if mixed.high <= 0:
        return "The right measure does not lie between FLOPs and parameters, but beyond FLOPs: space is dear"
    if mixed.low >= 1:
        return "The right measure does not lie between FLOPs and parameters, but beyond parameters"
    if mixed.low <= 0 and mixed.high >= 1:
        return "Where the right measure lies between FLOPs and parameters is open"
    nearer = "FLOPs" if mixed.low <= 0 else "parameters"
    return f"No mixture of FLOPs and parameters is told apart from {nearer} alone"


def _on_constants(alpha: Mapping[str, tuple[float, float, float]]) -> str:
    known = {name: ends for name, ends in alpha.items() if name in PAPER and not is_open(name, ends)}
    if not known:
        return ""
    outside = constants_outside(alpha)
    if not outside:
        return "The constants of α-FLOPs on the paper's T2000 lie within their intervals here."
    listed = "; ".join(
        f"{_WORDS[name]} is {value:.2g} ({low:.2g} to {high:.2g}) here, {PAPER[name]:g} on the T2000"
        for name, (value, low, high) in outside.items()
    )
    return f"The constants of α-FLOPs are others here than on the paper's T2000: {listed}."
