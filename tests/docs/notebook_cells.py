"""The cells of docs/run-in-a-notebook.ipynb."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """A cell of Markdown."""

    source: str


@dataclass(frozen=True, slots=True)
class Python:
    """A cell of code."""

    source: str


CELLS: tuple[Words | Python, ...] = (
    Words("""\
# A run in a notebook

`bench.load` reads a run, a folder of `convcost sweep` or an archive of `convcost archive`, as pandas frames.
`bench.plot` draws rows of them on matplotlib's axes, as the page of the run does. Here it is the reference run of this
repository."""),
    Python("""\
import pandas as pd

import bench

pd.set_option("display.max_colwidth", None)
run = bench.load("../results/reference/intel-xeon-2-cores")
run"""),
    Words("""\
A line of `measurements` is one implementation on one case. Every column has its unit and its meaning; missing
is null, never 0."""),
    Python("""\
run.columns("measurements").query("unit == 's'").head(4)"""),
    Words("""\
Only rows with the status `ok` were proven right, and only they have a time. Times of different conditions are never
compared; this run has one set of them."""),
    Python("""\
rows = run.measurements.query("status == 'ok'")
print(*rows["conditions"].unique())
milliseconds = rows.pivot_table(index="case", columns="implementation", values="time_s", sort=False) * 1e3
milliseconds[["torch", "onednn", "direct", "winograd-f4", "fft-tiled"]].round(3).head(8)"""),
    Words("""\
## Time over an axis

All other axes are at their baseline. Bars are 95 % intervals; a gap is a case that an implementation refuses."""),
    Python("""\
bench.plot.time(rows, "kernel")"""),
    Words("""\
## Speed-up over a baseline

By default that of the fastest other implementation of each case."""),
    Python("""\
bench.plot.speedup(rows[rows["points"].str.len() > 0], over="torch")"""),
    Words("""\
## Roofline

A marker above the lines is an algorithm that executes fewer FLOPs than the definition has, not a faster machine."""),
    Python("""\
bench.plot.roofline(rows[rows["implementation"].isin(["torch", "direct", "im2col", "winograd-f4", "fft"])])"""),
    Words("""\
## Who wins where

This sweep varies one axis at a time, so most cells were not measured; with `design = "product"` in a sweep file all
are."""),
    Python("""\
bench.plot.winners(rows, x="kernel", y="channels")"""),
    Words("""\
## Joules

Measured joules have bars. This machine has no sensor, so there is nothing to draw, and the product says why."""),
    Python("""\
try:
    bench.plot.joules(rows, run.energy)
except bench.UsageError as error:
    print(error)"""),
    Words("""\
## Samples

A line of `samples` is one timed sample, with all evidence of interference. Each process has plans and memory of its
own."""),
    Python("""\
base = rows[rows["case"] == "baseline"].sort_values("time_s").iloc[0]
own = run.samples.query("case_key == @base.case_key and implementation == @base.implementation")
own.groupby("process")["time_s"].describe()[["count", "min", "50%", "max"]]"""),
    Python("""\
axes = (own["time_s"] * 1e6).plot.hist(bins=40, figsize=(5.4, 2.6), title=f"Samples of {base.implementation}, baseline")
_ = axes.set_xlabel("time of one call in µs")"""),
)
