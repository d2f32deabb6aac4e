"""The options of a sweep that say which machines measure it, and where its finished run is copied to."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.commands.combinations import Useless
from bench.commands.options import WHERE
from bench.worker.executor import EXECUTORS, LOCAL, RAY


def _executor(text: str) -> str:
    if text not in EXECUTORS:
        raise typer.BadParameter(f"{text!r}; allowed: {', '.join(EXECUTORS)}")
    return text


Executors = Annotated[
    str,
    typer.Option(
        "--executor",
        metavar="NAME",
        parser=_executor,
        rich_help_panel=WHERE,
        help="Who measures: local is this machine, ray the machines of a Ray cluster, which share the cases.",
    ),
]
Address = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="ADDRESS",
        rich_help_panel=WHERE,
        help="Address of the Ray cluster, as in 10.0.0.1:6379; by default RAY_ADDRESS, else one on this machine.",
    ),
]

Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URI",
        rich_help_panel=WHERE,
        help="Copy the finished run there too, as in s3://bucket/runs, gs://bucket/runs or file:///mnt/runs.",
    ),
]

FLEET_RULES = (
    Useless(
        "an address is that of a cluster, and this machine measures alone",
        lambda typed: typed.get("--executor", LOCAL) != RAY,
        ("--address",),
    ),
    Useless(
        "several machines have no common limit of joules, and a run goes on where it was begun",
        lambda typed: typed.get("--executor") == RAY,
        ("--max-joules", "--resume", "--list"),
    ),
)
