"""The options that several commands share. `rich_help_panel` is the heading of an option in the help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.parsing import html_file, local_folder, number, whole_number, words

PROBLEM, WHAT, RIVALS, HOW_LONG = "In place of a descriptor", "What", "Against other runtimes", "How long"
ENERGY, RATES, FIGURES, PROFILERS, WHERE = "Energy", "Rates", "Figures", "For profilers", "Where"
# In the order of the help.
PANELS = ("Arguments", PROBLEM, WHAT, RIVALS, HOW_LONG, ENERGY, RATES, FIGURES, PROFILERS, WHERE, "Options")

# A budget must end: one day.
LONGEST_S = 86_400

Implementations = Annotated[
    list[str] | None,
    typer.Option(
        "-i",
        "--implementation",
        metavar="NAME",
        rich_help_panel=WHAT,
        help='Implementation to include: a name, "*" for all, "-name" for all but that one; repeatable.',
    ),
]
Devices = Annotated[
    list[str] | None,
    typer.Option("--device", metavar="DEVICE", rich_help_panel=WHAT, help="cpu or cuda; repeatable."),
]
Device = Annotated[str, typer.Option("--device", metavar="DEVICE", rich_help_panel=WHAT, help="cpu or cuda.")]
Precisions = Annotated[
    list[str] | None,
    typer.Option(
        "-p",
        "--precision",
        metavar="NAME",
        rich_help_panel=WHAT,
        help="fp64, fp32, tf32, tf32x3, bf16 or fp16; repeatable.",
    ),
]
Layouts = Annotated[
    list[str] | None,
    typer.Option("--layout", metavar="NAME", rich_help_panel=WHAT, help="nchw or nhwc; repeatable."),
]
Data = Annotated[
    list[str] | None,
    typer.Option(
        "--data",
        metavar="NAME",
        parser=words,
        rich_help_panel=WHAT,
        help="Values of the inputs: normal, uniform, relu, zeros, constant, integers, sparse90, subnormal, or your "
        "own, as in file:x.npy (.npy, .pt, .safetensors); repeatable.",
    ),
]
Weights = Annotated[
    str | None,
    typer.Option(
        "--weights",
        metavar="NAME",
        parser=words,
        rich_help_panel=WHAT,
        help="Values of the weights, named as those of --data.",
    ),
]
Axes = Annotated[
    list[str] | None,
    typer.Option(
        "-a",
        "--axis",
        metavar="NAME=VALUES",
        rich_help_panel=WHAT,
        help="Axis in place of the sweep's own of that name, as in kernel=1,3,5 or gpu_clock=1200,1500 (MHz); the "
        "first is baseline; repeatable.",
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        rich_help_panel=WHAT,
        help="Clock or power while measuring, put back afterwards: gpu_clock=1200 (MHz), power_limit=200 (W) or "
        "governor=performance; most machines want root; repeatable.",
    ),
]
Bias = Annotated[bool, typer.Option("--bias", rich_help_panel=WHAT, help="Add a bias to each layer.")]
Cache = Annotated[
    str | None,
    typer.Option(
        "--cache", metavar="STATE", rich_help_panel=WHAT, help="State of the caches before a sample: warm or cold."
    ),
]
Malloc = Annotated[
    str | None,
    typer.Option(
        "--malloc",
        metavar="STATE",
        rich_help_panel=WHAT,
        help="pinned: freed memory stays with the process; default: as in a program that sets nothing.",
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(
        "--seed",
        metavar="N",
        parser=whole_number(0),
        rich_help_panel=WHAT,
        help="Seed of the random inputs, 0 or more.",
    ),
]
Load = Annotated[
    list[Path] | None,
    typer.Option(
        "--load", metavar="FILE", rich_help_panel=WHAT, help="Python file with your own implementations; repeatable."
    ),
]

Threads = Annotated[
    int | None,
    typer.Option(
        "--threads",
        metavar="N",
        parser=whole_number(),
        rich_help_panel=HOW_LONG,
        help="Threads on the CPU; all by default.",
    ),
]
Budget = Annotated[
    str | None,
    typer.Option(
        "--budget",
        metavar="DURATION",
        rich_help_panel=HOW_LONG,
        help="Time for samples and checks of all cases, as in 90s, 10m or 1.5h, not wall time: starting, energy and "
        "the report come on top, and each process visits every case as often as without it, however long; the rest "
        "goes to the least certain cases.",
    ),
]
MaxSeconds = Annotated[
    float | None,
    typer.Option(
        "--max-seconds",
        metavar="SECONDS",
        parser=number(0.001, LONGEST_S),
        rich_help_panel=HOW_LONG,
        help="Measuring time of one case, shared by those that may be the fastest; 0.001 to 86,400.",
    ),
]
TargetCi = Annotated[
    float | None,
    typer.Option(
        "--target-ci",
        metavar="SHARE",
        parser=number(1e-6, 1),
        rich_help_panel=HOW_LONG,
        help="End a visit early when, by its samples, each interval is within ± this share, as in 0.01 for 1 %.",
    ),
]
Processes = Annotated[
    int | None,
    typer.Option(
        "--processes",
        metavar="N",
        parser=whole_number(1, 100),
        rich_help_panel=HOW_LONG,
        help="Worker processes that measure each case in turn, 1 to 100; by default 6, for one problem 3.",
    ),
]
StepTimeout = Annotated[
    str | None,
    typer.Option(
        "--step-timeout",
        metavar="DURATION",
        rich_help_panel=HOW_LONG,
        help="Give up an implementation if one check or timing takes longer, as in 90s; 5m by default.",
    ),
]
MaxWorkerMemory = Annotated[
    float | None,
    typer.Option(
        "--max-worker-memory",
        metavar="GIB",
        parser=number(0.25, 1e6),
        rich_help_panel=HOW_LONG,
        help="End a worker process that holds more memory, in GiB; 90 % of the machine's by default.",
    ),
]
Limit = Annotated[
    str | None,
    typer.Option(
        "--limit",
        metavar="DURATION",
        rich_help_panel=HOW_LONG,
        help="Stop after this time, as in 90s or 10m, and keep the finished cases.",
    ),
]

DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", rich_help_panel=WHAT, help="Print the cases, the expected time and the memory, and stop."
    ),
]

InProcess = Annotated[
    bool,
    typer.Option(
        "--in-process",
        rich_help_panel=PROFILERS,
        help="Plan and call in this process, for a profiler to watch; nothing is measured.",
    ),
]
Calls = Annotated[
    int | None,
    typer.Option(
        "--calls",
        metavar="N",
        parser=whole_number(1),
        rich_help_panel=PROFILERS,
        help="Calls of each implementation with --in-process, 1 or more; 1 by default.",
    ),
]

Page = Annotated[
    Path | None,
    typer.Option(
        "--page",
        metavar="FILE",
        parser=html_file,
        rich_help_panel=WHERE,
        help="Also write a page, FILE.html, which needs no other file; its path is printed on standard error.",
    ),
]
Results = Annotated[
    Path,
    typer.Option(
        "--results", metavar="FOLDER", parser=local_folder, rich_help_panel=WHERE, help="Folder of the results."
    ),
]
Resume = Annotated[
    Path | None,
    typer.Option(
        "--resume", metavar="FOLDER", parser=local_folder, rich_help_panel=WHERE, help="Continue this unfinished run."
    ),
]
Trust = Annotated[
    bool, typer.Option("--trust", rich_help_panel=WHERE, help="With --resume: run the Python files that the run names.")
]
AcceptChanges = Annotated[
    bool,
    typer.Option(
        "--accept-changes", rich_help_panel=WHERE, help="With --resume: go on with files that have changed since."
    ),
]
Reports = Annotated[
    Path | None,
    typer.Option(
        "--reports",
        metavar="FOLDER",
        parser=local_folder,
        rich_help_panel=WHERE,
        help="Folder of the reports; by default, reports beside the run's folder results, else reports here.",
    ),
]
Wide = Annotated[bool, typer.Option("--wide", rich_help_panel=WHERE, help="Print every column of the table.")]
AsJson = Annotated[bool, typer.Option("--json", rich_help_panel=WHERE, help="Print JSON for programs.")]
