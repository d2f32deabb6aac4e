"""Runs the command that the user types.

Exit codes: 0 fine, 1 a wrong result or a regression, 2 usage, 3 infrastructure, 4 undecided where a decision was
required; 143 and 129 after SIGTERM and SIGHUP.
"""

from __future__ import annotations

import importlib
import sys

from bench.commands.app import FINE, INFRASTRUCTURE, USAGE, CommandLineError, app, explain
from bench.errors import InfrastructureError, Interrupted, UsageError
from bench.machine import interrupts
from bench.terminal import console
from impls.errors import ConvError

# In the order of the help.
COMMANDS = (
    "sweep", "measure", "duet", "compare", "history", "network", "choose", "count", "validate", "report", "cost",
    "archive", "export", "results", "impls", "explain", "calibrate", "doctor", "qualify", "overhead", "kernels",
    "regret", "learn", "fit", "predict", "energy-fit",
)  # fmt: skip

# Characters of an error.
_LONGEST = 2_000


def main() -> None:
    """Run the command line. An error that the user can fix is one sentence, not a traceback."""
    interrupts.listen()
    console.replace_unknown_characters()
    load_commands()
    code = _run()
    if code > interrupts.FIRST_CODE:
        interrupts.leave(code)
    sys.exit(code)


def load_commands() -> None:
    """Import every command: it registers itself with the application."""
    # Typer writes the underscores of functions as hyphens.
    places = {name.replace("-", "_"): place for place, name in enumerate(COMMANDS)}
    for name in places:
        importlib.import_module(f"bench.commands.{name}")
    # A command that was imported before is not listed before the others.
    app.registered_commands.sort(key=lambda found: places[getattr(found.callback, "__name__", "")])


def _run() -> int:
    try:
        return app(prog_name="convcost", standalone_mode=False) or FINE
    except CommandLineError as error:
        _print_failure(explain(error))
        return USAGE
    except (UsageError, ConvError) as error:
        _print_failure(str(error))
        return USAGE
    except InfrastructureError as error:
        _print_failure(str(error))
    except Interrupted as error:
        _print_failure(f"{error}; {error.advice}" if error.advice else str(error))
        return error.exit_code
    except console.OutputFailed as error:
        _print_failure(str(error))
    except OSError as error:
        if not {"-h", "--help"} & set(sys.argv[1:]):
            raise
        # Typer writes the help itself.
        console.drop_the_rest()
        _print_failure(f"the help cannot be written: {error.strerror or error}")
    except console.OutputClosed:
        # As other programs do: no message.
        pass
    return INFRASTRUCTURE


def _print_failure(text: str) -> None:
    """Print an error; of a very long one, which quotes a text of the user, the beginning and the end."""
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"
    console.print_error(f"convcost: {text}")


if __name__ == "__main__":
    main()
