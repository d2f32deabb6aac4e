"""The cells of docs/lessons/flops-are-not-a-cost.ipynb."""

from __future__ import annotations

from tests.docs.notebook_cells import Python, Words

CELLS: tuple[Words | Python, ...] = (
    Words("""\
# FLOPs are not a cost

A paper says: "our network needs 40 % fewer FLOPs". Is it faster? This lesson looks at layers that have **equal
FLOPs** and at the times that they take on one machine, measured and committed in this repository. Nothing is
measured here.

Five questions check their own answers: put yours in place of the three dots and run the cell. A wrong answer
gives a hint."""),
    Python("""\
import numpy as np

import bench
from bench.notebook.flops_lesson import FlopsLesson

run = bench.load("../../results/reference/intel-xeon-2-cores/study")
lesson = FlopsLesson(run)
print(run.meta["environment"]["microarchitecture"], "·", run.meta["created_utc"][:10], "·", "questions on", lesson.name)
lesson.times.head()"""),
    Words("""\
## Counting

A convolution with *c* input channels, *k* output channels, a kernel of *a* × *b* and *h* × *w* outputs sums
*c·a·b* products for each of *k·h·w* outputs: *k·h·w·c·a·b* multiply–accumulates (MACs), and twice as many FLOPs.
Its parameters are *k·c·a·b*: the same, without the pixels.

**Question 1.** How many MACs has a layer from 64 to 64 channels, 3 × 3, with 8 × 8 outputs?"""),
    Python("""\
lesson.check(1, ...)"""),
    Words("""\
## Equal FLOPs, different times

This is the first of five levels; each has four times the MACs of the one before. On every level the same number
of MACs lies in the image (*space*), in *channels*, in the *kernel*, in an image of 1 × 1 kernels, or in a dense
layer: in its *batch* or in its *neurons*. If FLOPs were the cost, all columns of a line were equal."""),
    Python("""\
own = lesson.times[lesson.times["implementation"] == lesson.name]
milliseconds = own.pivot_table(index="macs", columns="flops_in", values="time_s", sort=False) * 1e3
milliseconds.round(3)"""),
    Python("""\
axes = milliseconds.plot(loglog=True, marker="o", figsize=(6.4, 4.2), title=f"Time at equal FLOPs, {lesson.name}")
_ = axes.set(xlabel="MACs", ylabel="time of one call in ms")"""),
    Words("""\
**Question 2.** At the highest level, how many times the shortest time is the longest? (Three digits are enough.)"""),
    Python("""\
lesson.check(2, ...)"""),
    Words("""\
**Question 3.** Where are the FLOPs of the highest level dearest? Answer with a name of the column `flops_in`, in
quotes."""),
    Python("""\
lesson.check(3, ...)"""),
    Words("""\
## Fewer FLOPs, executed

The definition's FLOPs need not be executed: Winograd's algorithm computes a 3 × 3 convolution with fewer
products, an FFT with fewer or more. `executed_flops` has what an implementation executes by its own count; it is
missing where a library does not tell which algorithm it chose. Surely the one with the fewest is the fastest?"""),
    Python("""\
known = lesson.times.dropna(subset=["executed_flops"])
share = known["executed_flops"] / (2 * known["macs"])
share.groupby(known["implementation"]).agg(["min", "max"]).round(2)"""),
    Words("""\
**Question 4.** In how many problems is the implementation that executes the fewest FLOPs the fastest? Count
problems (a level and a place of the FLOPs) in which the executed FLOPs of at least two implementations are known
and differ."""),
    Python("""\
lesson.check(4, ...)"""),
    Words("""\
## What to count instead

Does any simple measure order the times better? Spearman's correlation says how well: 1 is perfect order."""),
    Python("""\
measures = own.assign(flops=2 * own["macs"])[["flops", "parameters", "pixels"]]
measures.corrwith(own["time_s"], method="spearman").round(3)"""),
    Words("""\
A. Asperti, D. Evangelista and M. Marzolla ([arXiv 2107.11949](https://arxiv.org/abs/2107.11949)) found on a GPU
that FLOPs in many pixels are cheap, because they are computed side by side, and that the right measure lies
**between parameters and FLOPs**. Let the time go with FLOPs^(1 − λ) · parameters^λ: λ = 0 is FLOPs, λ = 1 is
parameters.

**Question 5.** Which λ fits these times best, by least squares of logarithms? (Since parameters / MACs = 1 /
pixels, it is the slope of a line.)"""),
    Python("""\
x, y = np.log(own["pixels"]), np.log(own["time_s"] / own["macs"])
lesson.check(5, ...)"""),
    Words("""\
## To go on

- Other implementations: `FlopsLesson(run, "direct")` asks the same questions about another one; the answers change.
- Your machine: `nox -s study` measures it in minutes and writes a page; give its folder in `results` to `bench.load`.
- Better than any formula: [a law of counted work with a Gaussian process](../predict.md), with intervals."""),
)
