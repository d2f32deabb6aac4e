"""Says in words what the study found; the words follow from the numbers, and change with them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.format import seconds
from bench.predict.predictors.alpha_flops import PUBLISHED
from bench.predict.study.evaluation import StudyResult
from bench.predict.study.problems import BATCH, CHANNELS, KERNEL, POINTWISE, SPACE

# Times at equal FLOPs that differ by less than this factor, or than three times the noise, are the same.
SAME = 1.25
_NOISES = 3
# The rank correlation from which a measure is said to order times.
ORDERS = 0.95
_PLACES = (SPACE, POINTWISE, CHANNELS, KERNEL, BATCH)
_PAPER = dict(zip(("beta_1", "beta_k", "gamma_1", "gamma_k"), PUBLISHED[1:], strict=True))


def page(results: Sequence[StudyResult]) -> str:
    """The page of the study in Markdown."""
    parts = ["# FLOPs are not a cost: problems of equal FLOPs", *(_part(result) for result in results)]
    return "\n\n".join(parts) + "\n"


def sentences(result: StudyResult) -> list[str]:
    """The verdict on one implementation."""
    return [_on_flops(result), _on_space(result), _on_measures(result)]


def _on_flops(result: StudyResult) -> str:
    noise = 0.0 if math.isnan(result.redraw) else result.redraw
    same = max(SAME, 1 + _NOISES * noise)
    if result.spread <= same:
        return (
            f"FLOPs tell the time here: at equal FLOPs the longest time is {result.spread:.2f} × the shortest, no more "
            f"than {same:.2f} × counts as the same."
        )
    worst = max(result.levels, key=lambda level: level.spread)
    slow, fast = (by(worst.time_s, key=worst.time_s.__getitem__) for by in (max, min))
    return (
        f"FLOPs do not tell the time: at equal FLOPs the longest time is {result.spread:.1f} × the shortest on "
        f"average; at {worst.macs / 1e6:.0f} million MACs {worst.spread:.1f} ×, FLOPs in {slow} against FLOPs in "
        f"{fast}."
    )


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


def _on_measures(result: StudyResult) -> str:
    ordered = sorted((m for m in result.measures if not math.isnan(m.spearman)), key=lambda m: -m.spearman)
    if not ordered:
        return "No measure varies."
    best, flops = ordered[0], next((m for m in ordered if m.name == "FLOPs"), None)
    text = f"Of all measures {best.name} orders the times best (Spearman {best.spearman:.2f})"
    text += f", FLOPs with {flops.spearman:.2f}" if flops is not None and flops is not best else ""
    return text + ("." if best.spearman >= ORDERS else f"; none reaches {ORDERS}.")


def _part(result: StudyResult) -> str:
    head = ["MACs", *_PLACES, "longest / shortest"]
    rows = [
        [
            f"{level.macs / 1e6:.1f} M",
            *(seconds(level.time_s.get(where), 3) for where in _PLACES),
            f"{level.spread:.1f}",
        ]
        for level in result.levels
    ]
    measures = [[m.name, f"{m.spearman:.3f}", f"{m.r2:.3f}"] for m in result.measures]
    alpha = [
        [name, f"{_PAPER[name]:g}", f"{value:.3g} ({low:.2g} to {high:.2g})"]
        for name, (value, low, high) in result.alpha.items()
        if name in _PAPER
    ]
    return "\n\n".join(
        [
            f"## {result.subject}",
            " ".join(sentences(result)),
            _table(head, rows),
            _table(["measure", "Spearman", "R² of logarithms"], measures),
            _table(["α-FLOPs", "paper (T2000)", "here (95 % interval)"], alpha),
        ]
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
