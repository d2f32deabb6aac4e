"""What the README shows is run as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import impls
from bench.gate.gate import gate
from bench.gate.inputs import draw
from bench.run.validate import default_problems
from bench.sweep.config import parse
from impls import Case, registry

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def _block(language: str, containing: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    (found,) = [block for block in blocks if containing in block]
    return str(found)


@pytest.fixture
def _registry() -> Iterator[None]:
    before = dict(registry._registered)
    yield
    registry._registered.clear()
    registry._registered.update(before)


@pytest.mark.usefixtures("_registry")
def test_the_plug_in_is_right_on_all_it_supports(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(_block("python", "# mine.py"))
    (name,) = impls.load_file(path)
    implementation, supported = impls.get(name), 0
    for problem in default_problems():
        for layout in ("nchw", "nhwc"):
            case = Case(problem, layout=layout)
            if implementation.why_not(case) is None:
                supported += 1
                assert gate(implementation, case, draw(case, 1)).verdict.reason is None
    assert supported > 5


def test_the_configuration_is_read() -> None:
    config = parse(_block("toml", "[axes]"), "readme", "README.md")
    assert [axis.name for axis in config.axes] == ["kernel", "padding"]


def test_every_command_named_exists() -> None:
    from bench.cli import app, load_commands

    load_commands()
    commands = {command.callback.__name__ for command in app.registered_commands if command.callback}
    named = set(re.findall(r"`?convcost ([a-z]+)", README))
    assert named - commands <= {"measures", "finds"}, named - commands
