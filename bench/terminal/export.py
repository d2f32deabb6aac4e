"""One line on an export: where it is, and how many rows it holds and lacks."""

from __future__ import annotations

from bench import format
from bench.store.export.content import Exported
from bench.terminal.console import print_line


def show(exported: Exported) -> None:
    missing = "".join(f"; {number} more {reason}" for reason, number in exported.left_out)
    print_line(f"{exported.path}: {format.count(exported.rows, 'row')}{missing}")
