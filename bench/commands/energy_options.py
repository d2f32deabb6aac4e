"""The options about energy, carbon and prices that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.options import ENERGY, LONGEST_S, RATES
from bench.commands.parsing import number, whole_number

Energy = Annotated[
    str | None,
    typer.Option(
        "--energy",
        metavar="CASES",
        rich_help_panel=ENERGY,
        help="Cases whose energy is measured: none, base, or all (full protocol: minutes for each case).",
    ),
]
NoEnergy = Annotated[bool, typer.Option("--no-energy", rich_help_panel=ENERGY, help="The same as --energy none.")]
EnergyWindow = Annotated[
    float | None,
    typer.Option(
        "--energy-window",
        metavar="SECONDS",
        parser=number(0.01, LONGEST_S),
        rich_help_panel=ENERGY,
        help="Shortest time of one energy window, 0.01 to 86,400.",
    ),
]
EnergyWindows = Annotated[
    int | None,
    typer.Option(
        "--energy-windows",
        metavar="N",
        parser=whole_number(1, 1000),
        rich_help_panel=ENERGY,
        help="Fewest windows for each energy, 1 to 1,000.",
    ),
]
CpuIdleW = Annotated[
    float | None,
    typer.Option(
        "--cpu-idle-w",
        metavar="WATTS",
        parser=number(),
        rich_help_panel=ENERGY,
        help="Idle power of the socket, for a model of its power where there is no sensor.",
    ),
]
CpuMaxW = Annotated[
    float | None,
    typer.Option(
        "--cpu-max-w",
        metavar="WATTS",
        parser=number(),
        rich_help_panel=ENERGY,
        help="Power of the socket with all cores busy, for the same model.",
    ),
]
CpuCores = Annotated[
    int | None,
    typer.Option(
        "--cpu-cores",
        metavar="N",
        parser=whole_number(),
        rich_help_panel=ENERGY,
        help="Cores of the socket, for the same model.",
    ),
]
EnergyModel = Annotated[
    Path | None,
    typer.Option(
        "--energy-model",
        metavar="FILE",
        rich_help_panel=ENERGY,
        help="File of energy-fit for this microarchitecture, for a model of what was executed where there is no "
        "sensor.",
    ),
]
MaxJoules = Annotated[
    float | None,
    typer.Option(
        "--max-joules",
        metavar="JOULES",
        parser=number(0),
        rich_help_panel=ENERGY,
        help="Stop when the sweep itself has used this much energy (the high end of a bracket); --resume starts to "
        "count at 0 again.",
    ),
]

Grid = Annotated[
    str | None,
    typer.Option(
        "--grid",
        metavar="CODE",
        rich_help_panel=RATES,
        help="Country of the electricity, as in FR, EU or WORLD, for grams of CO2e.",
    ),
]
GPerKwh = Annotated[
    float | None,
    typer.Option(
        "--g-per-kwh",
        metavar="GRAMS",
        parser=number(),
        rich_help_panel=RATES,
        help="Your own carbon intensity in g CO2e/kWh, instead of --grid.",
    ),
]
PricePerKwh = Annotated[
    float | None,
    typer.Option(
        "--price-per-kwh",
        metavar="PRICE",
        parser=number(),
        rich_help_panel=RATES,
        help="Price of a kWh, for the price of a million calls and of a million inferences.",
    ),
]
PricePerHour = Annotated[
    float | None,
    typer.Option(
        "--price-per-hour",
        metavar="PRICE",
        parser=number(),
        rich_help_panel=RATES,
        help="Price of an hour of the device; the only price if it includes electricity.",
    ),
]
Currency = Annotated[
    str | None,
    typer.Option(
        "--currency",
        metavar="CODE",
        rich_help_panel=RATES,
        help="Currency of the prices in three letters, as in USD; EUR by default.",
    ),
]
Pue = Annotated[
    float | None,
    typer.Option(
        "--pue",
        metavar="RATIO",
        parser=number(),
        rich_help_panel=RATES,
        help="Energy at the meter divided by energy at the devices, 1 or more; 1 by default.",
    ),
]
