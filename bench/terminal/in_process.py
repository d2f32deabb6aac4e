"""Shows implementations that ran in this process, a line each."""

from __future__ import annotations

from bench import format as text
from bench.run.in_process import Profiled
from bench.terminal import console


def show(profiled: Profiled) -> bool:
    """Print a line; return whether the implementation failed."""
    where = f"{profiled.implementation}, {profiled.descriptor}"
    if profiled.reason is not None:
        console.print_line(f"{where}: {'failed' if profiled.failed else 'not run'}: {profiled.reason}")
        return profiled.failed
    ran = f"{text.count(profiled.calls, 'call')} {text.seconds(profiled.total_s)} in all"
    console.print_line(f"{where}: plan {text.seconds(profiled.plan_s)}, {ran}")
    return False
