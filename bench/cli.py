"""Arguments in, exit code out: 0 fine, 1 a wrong result, 2 usage, 3 infrastructure. No logic."""

from __future__ import annotations

import importlib
import signal
import sys
from types import FrameType

import typer

from bench.commands.app import INFRASTRUCTURE, USAGE, app
from bench.errors import InfrastructureError, UsageError
from impls.errors import ConvError

# In the order of the help.
_COMMANDS = (
    "sweep", "measure", "validate", "report", "archive", "count", "impls", "calibrate", "doctor", "qualify", "kernels",
    "regret", "fit",
)  # fmt: skip


class _Interrupted(BaseException):
    """Ctrl-C. Not KeyboardInterrupt, which the command-line library turns into a silent exit of its own."""


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise _Interrupted


def main() -> None:
    """Run the command line; what users can mend is one sentence, not a traceback."""
    signal.signal(signal.SIGINT, _interrupt)
    for name in _COMMANDS:
        importlib.import_module(f"bench.commands.{name}")
    try:
        app()
    except (UsageError, ConvError) as error:
        typer.echo(f"convcost: {error}", err=True)
        sys.exit(USAGE)
    except InfrastructureError as error:
        typer.echo(f"convcost: {error}", err=True)
        sys.exit(INFRASTRUCTURE)
    except _Interrupted:
        typer.echo(
            "convcost: interrupted; a sweep keeps its finished cases: convcost sweep --resume results/<run>", err=True
        )
        sys.exit(INFRASTRUCTURE)


if __name__ == "__main__":
    main()
