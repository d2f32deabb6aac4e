"""The options for figures as files."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.commands.options import FIGURES

Figures = Annotated[
    str | None,
    typer.Option(
        "--figures",
        metavar="FORMATS",
        rich_help_panel=FIGURES,
        help="Also write each figure alone, with its data and caption, as svg, pdf, png, or several with commas.",
    ),
]
Width = Annotated[
    str | None,
    typer.Option(
        "--width",
        metavar="LENGTH",
        rich_help_panel=FIGURES,
        help="Width of each figure in mm, cm, in or pt, as in 89mm, the default: one column of many journals.",
    ),
]
Font = Annotated[
    str | None,
    typer.Option(
        "--font",
        metavar="NAME",
        rich_help_panel=FIGURES,
        help="Font of the figures, one that is installed here; by default DejaVu Sans.",
    ),
]
