"""Shows implementations that ran in this process, a line each."""

from __future__ import annotations

from collections.abc import Iterable

from bench import format as text
from bench.run.in_process import Profiled
from bench.terminal import console


def show(profiled: Iterable[Profiled]) -> bool:
    """Print a line for each, and the file with names for perf; return whether one of them failed."""
    failed, symbols = False, None
    for each in profiled:
        console.print_line(_line(each))
        failed, symbols = failed or each.failed, each.symbols or symbols
    if symbols is not None:
        console.print_line(f"names of compiled functions, for perf: {symbols}")
    return failed


def _line(profiled: Profiled) -> str:
    where = f"{profiled.implementation}, {profiled.descriptor}"
    if profiled.reason is not None:
        return f"{where}: {'failed' if profiled.failed else 'not run'}: {profiled.reason}"
    before = f"plan {text.seconds(profiled.plan_s)}, first call {text.seconds(profiled.first_s)}"
    return f"{where}: {before}, {text.count(profiled.calls, 'call')} {text.seconds(profiled.total_s)} in all"
