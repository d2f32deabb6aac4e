"""Options that several commands share. `rich_help_panel` is the heading that `--help` lists an option under."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

WHAT, HOW_LONG, ENERGY, RATES, PROFILERS, WHERE = "What", "How long", "Energy", "Rates", "For profilers", "Where"

Implementations = Annotated[
    list[str] | None,
    typer.Option(
        "-i",
        "--implementation",
        rich_help_panel=WHAT,
        help='Implementation to include; repeatable. "*" means all, "-name" all but that one.',
    ),
]
Devices = Annotated[list[str] | None, typer.Option("--device", rich_help_panel=WHAT, help="cpu or cuda; repeatable.")]
Precisions = Annotated[
    list[str] | None,
    typer.Option("-p", "--precision", rich_help_panel=WHAT, help="fp64, fp32, tf32, bf16 or fp16; repeatable."),
]
Layouts = Annotated[list[str] | None, typer.Option("--layout", rich_help_panel=WHAT, help="nchw or nhwc; repeatable.")]
Threads = Annotated[
    int | None, typer.Option("--threads", rich_help_panel=HOW_LONG, help="Threads on the CPU; all by default.")
]
StepTimeout = Annotated[
    str | None,
    typer.Option(
        "--step-timeout",
        rich_help_panel=HOW_LONG,
        help="Give up what takes longer to be proven, or timed once, as in 90s; 5m by default.",
    ),
]
Limit = Annotated[
    str | None,
    typer.Option(
        "--limit",
        rich_help_panel=HOW_LONG,
        help="End after this time, as in 90s or 10m, with what is finished by then.",
    ),
]
Seed = Annotated[int | None, typer.Option("--seed", min=0, rich_help_panel=WHAT, help="Seed of the inputs.")]
Load = Annotated[
    list[Path] | None,
    typer.Option("--load", rich_help_panel=WHAT, help="Python file with your own implementations; repeatable."),
]
AsJson = Annotated[bool, typer.Option("--json", rich_help_panel=WHERE, help="Print JSON for programs.")]
Bias = Annotated[bool, typer.Option("--bias", rich_help_panel=WHAT, help="The layer adds a bias.")]
# A day: a budget has to end.
_LONGEST_S = 86_400.0
MaxSeconds = Annotated[
    float | None,
    typer.Option(
        "--max-seconds",
        min=0.001,
        max=_LONGEST_S,
        rich_help_panel=HOW_LONG,
        help="Time budget of one case, all candidates together.",
    ),
]
Budget = Annotated[
    str | None,
    typer.Option(
        "--budget",
        rich_help_panel=HOW_LONG,
        help="Measuring time of all cases, as in 90s, 10m or 1.5h; most goes to the least sure.",
    ),
]
TargetCi = Annotated[
    float | None,
    typer.Option(
        "--target-ci",
        min=1e-6,
        max=1.0,
        rich_help_panel=HOW_LONG,
        help="Stop when intervals are within ± this share; 0.01 is 1 %.",
    ),
]
Processes = Annotated[
    int | None,
    typer.Option(
        "--processes",
        min=1,
        max=100,
        rich_help_panel=HOW_LONG,
        help="Worker processes behind every time; 3 by default.",
    ),
]
InProcess = Annotated[
    bool,
    typer.Option(
        "--in-process",
        rich_help_panel=PROFILERS,
        help="Only plan and call, in this process, for profilers; nothing is measured.",
    ),
]
Calls = Annotated[
    int | None,
    typer.Option("--calls", min=1, rich_help_panel=PROFILERS, help="Calls of each with --in-process; 1 by default."),
]
Cache = Annotated[
    str | None, typer.Option("--cache", rich_help_panel=WHAT, help="warm or cold: the caches when a sample starts.")
]
Grid = Annotated[
    str | None,
    typer.Option(
        "--grid",
        rich_help_panel=RATES,
        help="Country whose electricity it is, as in FR, EU or WORLD: for grams of CO2e.",
    ),
]
GPerKwh = Annotated[
    float | None,
    typer.Option(
        "--g-per-kwh", rich_help_panel=RATES, help="Your own carbon intensity, in g CO2e/kWh, in place of --grid."
    ),
]
PricePerKwh = Annotated[
    float | None,
    typer.Option(
        "--price-per-kwh", rich_help_panel=RATES, help="Price of a kWh, in your currency: for money a million calls."
    ),
]
PricePerHour = Annotated[
    float | None,
    typer.Option(
        "--price-per-hour",
        rich_help_panel=RATES,
        help="Price of an hour of the device; alone if electricity is included.",
    ),
]
Pue = Annotated[
    float | None,
    typer.Option(
        "--pue", rich_help_panel=RATES, help="Energy at the meter per energy at the devices, 1 or more; 1 by default."
    ),
]
Energy = Annotated[
    str | None,
    typer.Option(
        "--energy",
        rich_help_panel=ENERGY,
        help="Whose joules are measured: none, base, or all (in the full protocol: minutes a case).",
    ),
]
NoEnergy = Annotated[bool, typer.Option("--no-energy", rich_help_panel=ENERGY, help="The same as --energy none.")]
EnergyWindow = Annotated[
    float | None,
    typer.Option(
        "--energy-window",
        min=0.01,
        max=_LONGEST_S,
        rich_help_panel=ENERGY,
        help="Seconds of one window of energy, at least.",
    ),
]
EnergyWindows = Annotated[
    int | None,
    typer.Option(
        "--energy-windows", min=1, max=1000, rich_help_panel=ENERGY, help="Windows behind every joule, at least."
    ),
]
CpuIdleW = Annotated[
    float | None,
    typer.Option(
        "--cpu-idle-w", rich_help_panel=ENERGY, help="Idle power of the socket, in W: for a model where no sensor is."
    ),
]
CpuMaxW = Annotated[
    float | None,
    typer.Option("--cpu-max-w", rich_help_panel=ENERGY, help="Power of the socket with all cores busy, in W."),
]
CpuCores = Annotated[int | None, typer.Option("--cpu-cores", rich_help_panel=ENERGY, help="Cores of the socket.")]
MaxJoules = Annotated[
    float | None,
    typer.Option(
        "--max-joules",
        min=0.0,
        rich_help_panel=ENERGY,
        help="Stop once the sweep has used so many joules itself; resume later, counted anew.",
    ),
]
Axes = Annotated[
    list[str] | None,
    typer.Option(
        "-a", "--axis", rich_help_panel=WHAT, help="Axis that replaces the sweep's own, as in kernel=1,3,5; repeatable."
    ),
]
Device = Annotated[str, typer.Option("--device", rich_help_panel=WHAT, help="cpu or cuda.")]
Results = Annotated[Path, typer.Option("--results", rich_help_panel=WHERE, help="Folder that keeps runs.")]
Reports = Annotated[Path, typer.Option("--reports", rich_help_panel=WHERE, help="Folder that keeps pages.")]
