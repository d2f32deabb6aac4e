"""`convcost doctor`."""

from __future__ import annotations

from bench.commands.app import command
from bench.commands.options import AsJson


@command("convcost doctor", "convcost doctor --json")
def doctor(as_json: AsJson = False) -> None:
    """Say which quantities this machine measures, which it models, and what stands in the way.

    It takes a few seconds. Close other programs first: the doctor listens for them.
    """
    from bench.doctor.examination import examine
    from bench.terminal.console import print_json
    from bench.terminal.doctor import show

    found = examine()
    print_json(found.as_dict()) if as_json else show(found)
