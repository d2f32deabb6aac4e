"""Options that several commands share, each said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Implementations = Annotated[
    list[str] | None,
    typer.Option(
        "-i",
        "--implementation",
        help='Implementation to include; repeatable. "*" is all, "-name" all but it.',
    ),
]
Devices = Annotated[list[str] | None, typer.Option("--device", help="cpu or cuda; repeatable.")]
Precisions = Annotated[
    list[str] | None, typer.Option("-p", "--precision", help="fp64, fp32, tf32, bf16 or fp16; repeatable.")
]
Layouts = Annotated[list[str] | None, typer.Option("--layout", help="nchw or nhwc; repeatable.")]
Threads = Annotated[int | None, typer.Option("--threads", help="Threads on the CPU; all by default.")]
StepTimeout = Annotated[
    str | None,
    typer.Option(
        "--step-timeout", help="Give up what takes longer to be proven, or timed once, as in 90s; 5m by default."
    ),
]
Limit = Annotated[
    str | None, typer.Option("--limit", help="End after this time, as in 90s or 10m, with what is finished by then.")
]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="Seed of the inputs.")]
Load = Annotated[
    list[Path] | None, typer.Option("--load", help="Python file with your own implementations; repeatable.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Bias = Annotated[bool, typer.Option("--bias", help="The layer adds a bias.")]
# A day: a budget has to end.
_LONGEST_S = 86_400.0
MaxSeconds = Annotated[
    float | None,
    typer.Option("--max-seconds", min=0.001, max=_LONGEST_S, help="Time budget of one case, all candidates together."),
]
Budget = Annotated[
    str | None,
    typer.Option("--budget", help="Measuring time of all cases, as in 90s, 10m or 1.5h; most goes to the least sure."),
]
TargetCi = Annotated[
    float | None,
    typer.Option("--target-ci", min=1e-6, max=1.0, help="Stop when intervals are within ± this share; 0.01 is 1 %."),
]
Processes = Annotated[
    int | None, typer.Option("--processes", min=1, max=100, help="Worker processes behind every time; 3 by default.")
]
InProcess = Annotated[
    bool, typer.Option("--in-process", help="Only plan and call, in this process, for profilers; nothing is measured.")
]
Calls = Annotated[int | None, typer.Option("--calls", min=1, help="Calls of each with --in-process; 1 by default.")]
Cache = Annotated[str | None, typer.Option("--cache", help="warm or cold: the caches when a sample starts.")]
Grid = Annotated[
    str | None,
    typer.Option("--grid", help="Country whose electricity it is, as in FR, EU or WORLD: for grams of CO2e."),
]
GPerKwh = Annotated[
    float | None, typer.Option("--g-per-kwh", help="Your own carbon intensity, in g CO2e/kWh, in place of --grid.")
]
PricePerKwh = Annotated[
    float | None, typer.Option("--price-per-kwh", help="Price of a kWh, in your currency: for money a million calls.")
]
PricePerHour = Annotated[
    float | None,
    typer.Option("--price-per-hour", help="Price of an hour of the device; alone if electricity is included."),
]
Pue = Annotated[
    float | None, typer.Option("--pue", help="Energy at the meter per energy at the devices, 1 or more; 1 by default.")
]
Energy = Annotated[
    str | None,
    typer.Option(
        "--energy",
        help="Whose joules are measured: none, base, or all (in the full protocol: minutes a case).",
    ),
]
NoEnergy = Annotated[bool, typer.Option("--no-energy", help="The same as --energy none.")]
EnergyWindow = Annotated[
    float | None,
    typer.Option("--energy-window", min=0.01, max=_LONGEST_S, help="Seconds of one window of energy, at least."),
]
EnergyWindows = Annotated[
    int | None, typer.Option("--energy-windows", min=1, max=1000, help="Windows behind every joule, at least.")
]
CpuIdleW = Annotated[
    float | None, typer.Option("--cpu-idle-w", help="Idle power of the socket, in W: for a model where no sensor is.")
]
CpuMaxW = Annotated[float | None, typer.Option("--cpu-max-w", help="Power of the socket with all cores busy, in W.")]
CpuCores = Annotated[int | None, typer.Option("--cpu-cores", help="Cores of the socket.")]
MaxJoules = Annotated[
    float | None,
    typer.Option(
        "--max-joules",
        min=0.0,
        help="Stop once the sweep has used so many joules itself; resume later, counted anew.",
    ),
]
