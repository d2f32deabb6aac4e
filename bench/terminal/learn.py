"""Prints the result of `convcost learn`."""

from __future__ import annotations

from bench.estimates.binomial import quantile
from bench.format import count
from bench.predict.fit import Fitted
from bench.predict.regret import MOST
from bench.terminal.console import print_line


def show(fitted: Fitted) -> None:
    """Print the distribution of the choice's time over the best time, on shapes left out, and the model's file."""
    if fitted.ratios:
        quantiles = ", ".join(f"{q:.0%} {quantile(fitted.ratios, q).value:.3f}" for q in (0.5, 0.75, 0.9, 0.95, 1.0))
        within = sum(ratio <= MOST for ratio in fitted.ratios) / len(fitted.ratios)
        print_line(
            f"time of the choice over the best time, on {count(len(fitted.ratios), 'case')} left out: {quantiles}"
        )
        print_line(f"at most {MOST:g} on {within:.0%}")
    else:
        print_line("too few shapes to leave any out")
    print_line(f"{count(fitted.shapes, 'shape')} of {fitted.times}; written: {fitted.file}")
