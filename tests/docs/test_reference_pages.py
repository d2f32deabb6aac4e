"""The reference pages name every command, option, column, exit code, key and file, and nothing else."""

from __future__ import annotations

import json
import lzma
import re
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bench.commands import app as application
from bench.qualify.qualification import Qualification
from bench.store.energy_schema import Energy
from bench.store.schema import Row, Sample
from bench.sweep.axes import AXES
from bench.sweep.config import parse
from tests.bench.commands.running import Run
from tests.bench.compare.made_runs import write_run
from tests.bench.qualify.forged_runs import twin_run

REFERENCE = Path(__file__).parents[2] / "results" / "reference"


def test_every_column_has_a_line(reference_pages: ModuleType) -> None:
    page = reference_pages.pages()["columns.md"]
    for kind in (Row, Sample, Energy):
        for column in fields(kind):
            assert f"| `{column.name}` |" in page, column.name


def test_every_command_has_a_section_with_all_its_options(reference_pages: ModuleType) -> None:
    group = reference_pages.command_line()
    sections = dict(
        re.findall(r"^## convcost (\S+)\n(.*?)(?=^## |\Z)", reference_pages.pages()["commands.md"], re.S | re.M)
    )
    assert set(sections) == set(group.commands)
    for name, command in group.commands.items():
        for parameter in command.params:
            for option in parameter.opts if parameter.param_type_name == "option" else ():
                assert re.search(rf"[`\s]{option}[`,\s]", sections[name]), f"{name} {option}"
        for example in (command.epilog or "").splitlines():
            assert example in sections[name]


def test_commands_of_the_program_are_those_of_the_page(reference_pages: ModuleType) -> None:
    from bench import cli

    assert set(reference_pages.command_line().commands) == set(cli.COMMANDS)


def test_every_exit_code_is_explained(reference_pages: ModuleType) -> None:
    constants = {n: v for n, v in vars(application).items() if n.isupper() and isinstance(v, int)}
    assert reference_pages.exit_codes() == constants


def test_keys_of_sweep_files_have_a_meaning_and_their_default(reference_pages: ModuleType) -> None:
    keys = reference_pages.sweep_keys()
    assert set(reference_pages.texts()["sweep_keys"]) == set(keys)
    written = "\n".join(f"{key} = {default}" for key, default in keys.items() if default)
    assert parse(written, "defaults", "defaults.toml") == parse(f"base = {keys['base']}", "defaults", "defaults.toml")


def test_every_axis_has_a_line(reference_pages: ModuleType) -> None:
    page = reference_pages.pages()["sweep-files.md"]
    assert all(f"| `{name}` |" in page for name in AXES)


# Keys that files of results did not always have, with the first format that has them.
ADDED = {
    ("kernels", "others_processors"): "1.1", ("regret", "others_processors"): "1.1", ("kernels", "runs"): "2.0",
    ("kernels", "list"): "2.1", ("kernels", "busy"): "2.1", ("kernels", "busy_shapes"): "2.1",
}  # fmt: skip


def _read(name: str) -> Any:
    """A file of the archive, or the first record of its journal."""
    # That on the GPU was stopped before its end.
    finished = (file for file in REFERENCE.glob(f"*/{name}") if file.parent.name != "nvidia-h200")
    # The newest machine first: its files come from this version.
    content = next(iter(sorted(finished, reverse=True))).read_bytes()
    text = (lzma.decompress(content) if name.endswith(".xz") else content).decode("utf-8")
    return json.loads(text.splitlines()[0])["record"] if ".jsonl" in name else json.loads(text)


@pytest.mark.parametrize(
    ("table", "file"),
    [
        ("run", "run.json"),
        ("journal", "journal.jsonl.xz"),
        ("kernels", "kernels.json.xz"),
        ("regret", "kernels-auto.json.xz"),
    ],
)
def test_files_of_the_reference_run_have_the_keys_of_the_page(
    reference_pages: ModuleType, table: str, file: str
) -> None:
    content = _read(file)
    version = content.get("format_version", "")
    keys = [key for key in reference_pages.texts()[table] if ADDED.get((table, key), "") <= version]
    assert keys == list(content)


def test_the_file_of_qualify_has_the_keys_of_the_page(reference_pages: ModuleType) -> None:
    runs = (twin_run(0), twin_run(1))
    content = Qualification({}, "cpu", runs, len(runs), 1.0).as_dict()
    assert list(reference_pages.texts()["qualification"]) == list(content)


def test_the_json_of_compare_has_the_keys_of_the_page(
    reference_pages: ModuleType, convcost: Run, tmp_path: Path
) -> None:
    texts = reference_pages.texts()
    found = convcost("compare", str(write_run(tmp_path, 1)), str(write_run(tmp_path, 2)), "--json").json
    time = found["quantities"][0]
    parts = {
        "comparison": found, "comparison_quantity": time, "comparison_shared": time["shared"],
        "comparison_implementation": time["implementations"][0], "comparison_row": time["rows"][0],
    }  # fmt: skip
    assert {name: list(part) for name, part in parts.items()} == {name: list(texts[name]) for name in parts}


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("an *item* of [a, b] <c>", r"an \*item\* of \[a, b\] \<c\>"),
        ("`cold_cache` and warm_cache", r"`cold_cache` and warm\_cache"),
        ("two\n  lines", "two lines"),
    ],
)
def test_text_of_the_program_keeps_its_characters(reference_pages: ModuleType, text: str, escaped: str) -> None:
    assert reference_pages._prose(text) == escaped


def test_a_page_that_has_not_changed_is_left_alone(reference_pages: ModuleType, tmp_path: Path) -> None:
    reference_pages.write(tmp_path)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    reference_pages.write(tmp_path)
    assert {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == before
