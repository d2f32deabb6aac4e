"""A problem as an argument, and the options that describe one problem by its sizes, in place of a descriptor."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from bench.commands.options import PROBLEM
from bench.commands.parsing import pair, whole_number, words


def _option(name: str, metavar: str, parser: Any, text: str) -> Any:
    return typer.Option(name, metavar=metavar, parser=parser, rich_help_panel=PROBLEM, help=text)


OneProblem = Annotated[
    str | None,
    typer.Argument(metavar="PROBLEM", parser=words, help="A problem in benchdnn's notation, or a pasted line."),
]
ManyProblems = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PROBLEM",
        parser=words,
        help="Problems in benchdnn's notation, pasted text, layer sets, and files of layers.",
    ),
]
ManyOrTable = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PROBLEM",
        parser=words,
        help="Problems in benchdnn's notation, pasted text, layer sets, files of layers; some odd ones by default.",
    ),
]

Batch = Annotated[int | None, _option("--batch", "N", whole_number(0), "Images of a call; 1 by default.")]
Channels = Annotated[int | None, _option("--channels", "N", whole_number(1), "Channels in, and as many out.")]
InChannels = Annotated[int | None, _option("--in-channels", "N", whole_number(1), "Channels in.")]
OutChannels = Annotated[int | None, _option("--out-channels", "N", whole_number(1), "Channels out.")]
Size = Annotated[str | None, _option("--size", "SIZE", pair(), "Height and width of the images, as in 56 or 56x48.")]
Kernel = Annotated[str | None, _option("--kernel", "SIZE", pair(), "Height and width of the kernel, as in 3 or 3x5.")]
Stride = Annotated[str | None, _option("--stride", "SIZE", pair(), "Stride, as in 2 or 2x1; 1 by default.")]
Padding = Annotated[
    str | None,
    _option("--padding", "SIZE", pair(0, ("same", "valid")), "same, valid, or rows and columns, as in 1."),
]
Dilation = Annotated[
    str | None, _option("--dilation", "SIZE", pair(), "Dilation, counted from 1 as in torch; 1 by default.")
]
Groups = Annotated[int | None, _option("--groups", "N", whole_number(1), "Groups of channels; 1 by default.")]

# In the order of the help, by the name of the parameter.
SIZES: dict[str, Any] = {
    "batch": Batch,
    "channels": Channels,
    "in_channels": InChannels,
    "out_channels": OutChannels,
    "size": Size,
    "kernel": Kernel,
    "stride": Stride,
    "padding": Padding,
    "dilation": Dilation,
    "groups": Groups,
}
