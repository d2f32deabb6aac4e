"""The command `convcost doctor`."""

from __future__ import annotations

from bench.commands.app import command
from bench.commands.options import AsJson


@command("convcost doctor", "convcost doctor --json")
def doctor(as_json: AsJson = False) -> None:
    """Show which quantities this machine can measure.

    It also says how to enable the others. This takes a few seconds. Close other programs first: the doctor looks for
    them.
    """
    from bench.doctor.examination import examine
    from bench.terminal.console import print_json
    from bench.terminal.doctor import show

    found = examine()
    print_json(found.as_dict()) if as_json else show(found)
