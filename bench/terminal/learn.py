"""Prints the result of `convcost learn`."""

from __future__ import annotations

from bench.estimates.binomial import quantile
from bench.format import count
from bench.predict.learning.learn import Learnt
from bench.predict.regret import MOST
from bench.terminal.console import print_line


def show(learnt: Learnt) -> None:
    """Print the distribution of the choice's time over the best time, on layers left out, and the model's file."""
    quantiles = ", ".join(f"{q:.0%} {quantile(learnt.ratios, q).value:.3f}" for q in (0.5, 0.75, 0.9, 0.95, 1.0))
    within = sum(ratio <= MOST for ratio in learnt.ratios) / len(learnt.ratios)
    print_line(
        f"time of the choice over the best time, on {count(len(learnt.ratios), 'layer')} left out with their family: "
        f"{quantiles}"
    )
    print_line(f"at most {MOST:g} on {within:.0%}; layers were chosen where the choice is hard")
    if learnt.expected is not None:
        print_line(f"on random shapes the model expects a good choice on {learnt.expected:.0%}")
    print_line(f"{count(learnt.shapes, 'shape')} of {learnt.times}; written: {learnt.file}")
    print_line("How good the choices are on other shapes: convcost regret")
