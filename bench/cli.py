"""Arguments in, exit code out: 0 fine, 1 a wrong result, 2 usage, 3 infrastructure. No logic."""

from __future__ import annotations

import signal
import sys
from types import FrameType

import typer

# Each adds its commands, in the order of the help.
from bench.commands import looking, measuring, proving  # noqa: F401
from bench.commands.app import INFRASTRUCTURE, USAGE, app
from bench.errors import InfrastructureError, UsageError
from impls.errors import ConvError


class _Interrupted(BaseException):
    """Ctrl-C. Not KeyboardInterrupt, which the command-line library turns into a silent exit of its own."""


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise _Interrupted


def main() -> None:
    """Run the command line; what users can mend is one sentence, not a traceback."""
    signal.signal(signal.SIGINT, _interrupt)
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
