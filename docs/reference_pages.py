"""Writes the reference pages from the code: commands, columns, exit codes, sweep files and files of results.

`python docs/reference_pages.py FOLDER` writes them as Markdown; conf.py does so for the site.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import typer

from bench import commands
from bench.commands import app as application
from bench.energy.plan import PLANS
from bench.gate.data import KINDS
from bench.machine.pinning import MALLOCS
from bench.notebook.columns import ADDED
from bench.store.column_types import describe
from bench.store.energy_schema import Energy
from bench.store.schema import SCHEMA_VERSION, Row, Sample
from bench.sweep import config, config_keys, layers
from bench.sweep.axes import AXES
from bench.timing import CACHES
from impls.interface import DEVICES, LAYOUTS
from impls.precision import PRECISIONS

_TEXTS = Path(__file__).with_name("reference_texts.toml")
TABLES: tuple[tuple[str, type[Row] | type[Sample] | type[Energy]], ...] = (
    ("measurements.parquet", Row),
    ("samples.parquet", Sample),
    ("energy.parquet", Energy),
)
# Words that a key of a sweep file may take; keys of other kinds are described by their meaning.
_ALLOWED: Mapping[str, Iterable[str]] = {
    "design": config_keys.DESIGNS,
    "devices": DEVICES,
    "precisions": PRECISIONS,
    "layouts": LAYOUTS,
    "data": KINDS,
    "cache": CACHES,
    "malloc": MALLOCS,
    "energy": config_keys.ENERGY,
    "energy_plan": PLANS,
}
_FILES = (
    ("run", "run.json", "what was measured where, as it was begun, and what it took"),
    ("journal", "journal.jsonl", "one line for each visit to a case"),
    ("kernels", "results/kernels/….json", "the file of `convcost kernels`"),
    ("regret", "results/kernels/…-auto.json", "the file of `convcost regret`"),
    ("qualification", "results/qualify/….json", "the file of `convcost qualify`"),
    ("comparison", "convcost compare --json", "what `convcost compare --json` prints"),
    ("comparison_quantity", "quantities of a comparison", "one line for each quantity and device"),
    ("comparison_shared", "shared of a quantity", "what its rows share"),
    ("comparison_implementation", "implementations of a quantity", "each in all its cases; of times alone"),
    ("comparison_row", "rows of a quantity", "one line for each row that both sides have"),
)
_JOURNAL = """\
A line is `{"after": …, "sha256": …, "record": …}`: `after` is the checksum of the line before (zeros in the first), and
`sha256` is over `convcost`, the run's `run_id`, `after` and the record as it is written. The last line of a finished
run has the record `{"closed": N}`. Up to schema 2.4 a line was `{"sha256": …, "record": …}`. A torn last line is left
out, damage anywhere else is an error: `convcost results repair`. A record of a visit has its number, `visit`.
run.json has its own `sha256`, `run_id`, `sources` (contents of the files it was begun from) and `journal_lines`.
A record of energy has `key`, `energy` (by implementation, the
figures of each scope), `processes` (the raw data of each process: windows, idle periods, rounds, neighbours), and
`spent_s`."""
_FOLDER = f"""\
A run is a folder `results/<utc>-<host>-<sweep>/`: `run.json`, `journal.jsonl`, and three tables that are made from the
journal, [measurements, samples and energy](columns.md). `convcost archive` copies a run without its tables, its journal
compressed as `journal.jsonl.xz`, with `--rows-only` without samples; the copy can be rendered, not resumed. The schema
is {SCHEMA_VERSION}: its first part changes when a column changes type or meaning or goes, its second when one is added.
Runs of schema 1 can be rendered; only those of the same first part can be resumed."""
_TYPES = """\
Missing is null, never 0; an empty list is not missing. A column has its type also where all its values are null, and
its unit and meaning as metadata. Lists are lists; pandas gives them as arrays: `table["stride"].str[0]` is the vertical
stride, `table["flags"].explode()` has one flag a line, and `table["padding"].map(tuple)` can be grouped."""

_FRAMES = """\
`bench.load(RUN)` gives the tables above as the frames `measurements`, `samples` and `energy`, with more columns in the
first, and its lists as two frames of their own."""


def texts() -> dict[str, dict[str, str]]:
    """Meanings by table and key, from reference_texts.toml."""
    return tomllib.loads(_TEXTS.read_text(encoding="utf-8"))


def pages() -> dict[str, str]:
    """Every page as Markdown, by its file name."""
    return {
        "commands.md": _commands_page(),
        "columns.md": _columns_page(),
        "exit-codes.md": _exit_codes_page(),
        "sweep-files.md": _sweep_files_page(),
        "result-files.md": _result_files_page(),
    }


def write(folder: Path) -> None:
    """Write all pages; one that has not changed is left alone, so that Sphinx does not read it again."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        file = folder / name
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")


def command_line() -> Any:
    """The command line with every command, as the library that parses it has it."""
    for module in pkgutil.iter_modules(commands.__path__):
        importlib.import_module(f"{commands.__name__}.{module.name}")
    return typer.main.get_command(application.app)


def exit_codes() -> dict[str, int]:
    """Exit codes by the names that the code gives them."""
    return {name: getattr(application, name) for name in texts()["exit_codes"]}


def sweep_keys() -> dict[str, str]:
    """Every key of a sweep file with its default as TOML."""
    defaults = {field.name: field.default for field in fields(config.Config)}
    return {key: _toml(defaults[config_keys.FIELDS.get(key, key)]) for key in config_keys.KEYS}


def _commands_page() -> str:
    group = command_line()
    context = group.make_context("convcost", [], resilient_parsing=True)
    parts = ["# Commands", _prose(str(group.help)), "Options of `convcost` itself: `--version`, `-h`, `--help`."]
    for name in sorted(group.commands):
        command = group.commands[name]
        parts += _command(name, command, command.make_context(name, [], parent=context, resilient_parsing=True))
    return _page(parts)


def _command(name: str, command: Any, context: Any) -> list[str]:
    """The sections of one command: its purpose, its options by heading, its examples."""
    parts = [f"## convcost {name}", _prose(inspect.cleandoc(command.help or ""))]
    # Without `--help`, which stands alone under `Options`.
    panels = {heading: records for heading, records in command.panels(context).items() if heading != "Options"}
    parts += [
        _table((heading, ""), [(f"`{option}`", _prose(text)) for option, text in records])
        for heading, records in panels.items()
    ]
    if command.epilog:
        parts += ["**Examples**", f"```console\n{command.epilog}\n```"]
    return parts


def _columns_page() -> str:
    parts = ["# Columns", f"Schema {SCHEMA_VERSION}. {_TYPES}"]
    for file, kind in TABLES:
        rows = [(f"`{c.name}`", f"`{c.type}`", c.unit, _prose(c.meaning)) for c in describe(kind)]
        parts += [
            f"## {file}",
            _prose(inspect.cleandoc(kind.__doc__ or "")),
            _table(("column", "type", "unit", "meaning"), rows),
        ]
    parts += ["## Frames of bench.load", _FRAMES]
    for frame, added in ADDED.items():
        rows = [(f"`{c.name}`", f"`{c.type}`", c.unit, _prose(c.meaning)) for c in describe(added)]
        parts += [
            f"### {frame}",
            _prose(inspect.cleandoc(added.__doc__ or "")),
            _table(("column", "type", "unit", "meaning"), rows),
        ]
    return _page(parts)


def _exit_codes_page() -> str:
    meanings = texts()["exit_codes"]
    rows = [(str(code), _prose(meanings[name])) for name, code in exit_codes().items()]
    return _page(["# Exit codes", _table(("code", "meaning"), rows)])


def _sweep_files_page() -> str:
    meanings = texts()["sweep_keys"]
    keys = [
        (f"`{key}`", f"`{default}`" if default else "", _prose(meanings[key]) + _allowed(key))
        for key, default in sweep_keys().items()
    ]
    axes = [(f"`{name}`", _prose(kind.allowed)) for name, kind in AXES.items()]
    parts = ["# Sweep files", "A sweep is a TOML file: `convcost sweep mine.toml`. Unknown keys are refused."]
    parts += ["## Keys", _table(("key", "default", "meaning"), keys)]
    parts += ["## Axes", "Names of the table `[axes]`, and of `--axis`.", _table(("axis", "values"), axes)]
    parts += ["## Sweeps that come with convcost", _names(config.built_in_names())]
    parts += ["## Layer sets that come with convcost", _names(layers.built_in_names())]
    return _page(parts)


def _result_files_page() -> str:
    meanings = texts()
    parts = ["# Files of results", "## The folder of a run", _FOLDER]
    for table, title, about in _FILES:
        rows = [(f"`{key}`", _prose(meaning)) for key, meaning in meanings[table].items()]
        parts += [f"## {title}", about[0].upper() + about[1:] + "."]
        parts += [_JOURNAL] if table == "journal" else []
        parts.append(_table(("key", "meaning"), rows))
    return _page(parts)


def _allowed(key: str) -> str:
    words = _ALLOWED.get(key)
    return "" if words is None else f" Allowed: {', '.join(f'`{word}`' for word in words)}."


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) + "."


def _toml(value: object) -> str:
    """A default as a sweep file would say it; empty for a key that has none."""
    if value is None or value == ():
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _prose(text: str) -> str:
    """Text of the program as Markdown: characters that would be marks are escaped, except within backticks."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(part if part.startswith("`") else re.sub(r"([\\*_<>\[\]$~])", r"\\\1", part) for part in parts)


def _page(parts: Sequence[str]) -> str:
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    write(Path(sys.argv[1]))
