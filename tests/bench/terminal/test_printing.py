"""Only `bench/terminal/` prints: a command's output is in one place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# Files and folders that may print, and the reason.
PRINTERS = {
    "bench/terminal/": "prints for everything else",
    "bench/borrowed_gpu/session.py": "runs by path, without the package",
    "bench/compare/identical.py": "is for development: no command, and nothing that a user sees",
    "bench/compare/power.py": "is for development: no command, and nothing that a user sees",
    "bench/kernels/first_use.py": "is for development: no command, and nothing that a user sees",
    "bench/predict/judged/speed.py": "is for development: no command, and nothing that a user sees",
    "bench/sweep/network_totals.py": "is for development: no command, and nothing that a user sees",
    "bench/report/flops_study/make.py": "is for development: no command, and nothing that a user sees",
    "bench/energy/bracket/check.py": "is for development: no command, and nothing that a user sees",
    "bench/energy/bracket/derive.py": "is for development: no command, and nothing that a user sees",
}
# Calls that write to the terminal, by the end of their dotted name.
CALLS = ("print", "pprint", "echo", "secho", "Console", "stdout.write", "stderr.write")


def printing(source: str) -> Iterator[int]:
    """The lines of calls that write to the terminal."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = f".{ast.unparse(node.func)}"
            if any(name.endswith(f".{call}") for call in CALLS):
                yield node.lineno


@pytest.mark.parametrize("printer", PRINTERS)
def test_every_printer_exists(printer: str) -> None:
    assert (ROOT / printer).exists()


def test_only_the_terminal_prints() -> None:
    files = {str(file.relative_to(ROOT)): file for file in sorted((ROOT / "bench").rglob("*.py"))}
    found = [
        f"{name}:{line}"
        for name, file in files.items()
        if not name.startswith(tuple(PRINTERS))
        for line in printing(file.read_text(encoding="utf-8"))
    ]
    assert not found, f"print by bench.terminal.console: {', '.join(found)}"


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("print('x')", [1]),
        ("import sys\nsys.stdout.write('x')", [2]),
        ("import typer\ntyper.echo('x', err=True)", [2]),
        ("from rich.console import Console\nConsole(stderr=True)", [2]),
        ("console.print_line('x')\nfile.write('x')\nfingerprint(3)", []),
    ],
)
def test_printing_is_found(source: str, lines: list[int]) -> None:
    assert list(printing(source)) == lines
