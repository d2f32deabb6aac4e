"""The help of every command: examples, headings, and one sentence for each option."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from bench import cli
from bench.commands.app import app
from bench.commands.options import PANELS
from tests.bench.commands.running import COMMANDS, STOPPED, WRONG, Run, stop
from tests.bench.compare.duet.forged_environment import forged

cli.load_commands()
GROUP: Any = typer.main.get_command(app)
EXAMPLES = [(name, line) for name in COMMANDS for line in GROUP.commands[name].epilog.splitlines()]
OPTIONS = [(name, option) for name in COMMANDS for option in GROUP.commands[name].params]
# The first step of each command after its options: everything before it is cheap.
WORK = (
    "bench.run.sweep.sweep", "bench.run.measure.measure", "bench.run.in_process.profile", "bench.run.validate.prove",
    "bench.run.ranges.measure", "bench.networks.target.read", "bench.run.duet.duet",
    "bench.compare.history.history.history", "bench.fleet.ray_executor.RayExecutor",
    "bench.report.render.render", "bench.report.year_costs.of_run", "bench.store.archive.archive",
    "bench.store.contents.examine", "bench.store.merge.merge",
    "bench.store.export.formats.export",
    "bench.cost.layers.count", "bench.predict.choices.choices",
    "bench.run.catalogue.entries", "bench.run.catalogue.explanations", "bench.run.ceilings.measure",
    "bench.doctor.examination.examine", "bench.qualify.qualification.qualify",
    "bench.kernels.benchmark.run", "bench.energy.overhead.measure_overhead",
    "bench.compare.comparison.compare_folders",
    "bench.predict.regret.run", "bench.predict.learning.learn.learn", "bench.predict.energy_fit.fit_run",
    "bench.sweep.time_sources.read", "bench.predict.time_model.read",
)  # fmt: skip


def ids(value: Any) -> str | None:
    return value if isinstance(value, str) else getattr(value, "name", None)


def test_every_command_is_listed_in_one_line(convcost: Run) -> None:
    done = convcost("--help")
    assert (done.code, done.err) == (0, "")
    listed = done.out.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed] == list(COMMANDS)
    assert all(line.endswith(".") and "..." not in line for line in listed)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("columns", ["30", "80", "300"])
def test_examples_are_whole_lines_at_the_end(
    convcost: Run, monkeypatch: pytest.MonkeyPatch, command: str, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    done = convcost(command, "--help")
    assert (done.code, done.err) == (0, "")
    assert convcost(command, "-h") == done
    assert done.out.startswith(f"Usage: convcost {command} ")
    examples = [f"  {line}" for name, line in EXAMPLES if name == command]
    assert len(examples) == 2
    assert done.out.rstrip("\n").splitlines()[-3:] == ["Examples:", *examples]


@pytest.mark.parametrize(("command", "line"), EXAMPLES, ids=ids)
def test_examples_have_valid_options(command: str, line: str) -> None:
    program, name, *words = shlex.split(line, comments=True)
    assert (program, name) == ("convcost", command)
    GROUP.commands[command].make_context(command, words)


@pytest.mark.parametrize(("command", "line"), EXAMPLES, ids=ids)
def test_examples_reach_the_work(
    convcost: Run, here: Path, monkeypatch: pytest.MonkeyPatch, command: str, line: str
) -> None:
    (here / "mine.py").write_text(WRONG)
    forged(here / ".venv-new")
    monkeypatch.setattr("bench.store.runs.latest", lambda results: results / "newest")
    for work in WORK:
        monkeypatch.setattr(work, stop)
    done = convcost(*shlex.split(line, comments=True)[1:])
    assert done.code == 2
    # After the progress bar of a sweep.
    assert done.err.splitlines()[-1] == STOPPED.strip()


@pytest.mark.parametrize("command", COMMANDS)
def test_headings_are_in_one_order(convcost: Run, command: str) -> None:
    headings = re.findall(r"^(\S.*):$", convcost(command, "--help").out, flags=re.MULTILINE)
    assert headings == [name for name in (*PANELS, "Examples") if name in headings]
    assert headings[-2:] == ["Options", "Examples"]


def test_sweep_has_a_heading_for_each_kind_of_option(convcost: Run) -> None:
    headings = re.findall(r"^(\S.*):$", convcost("sweep", "--help").out, flags=re.MULTILINE)
    assert headings == ["Arguments", "What", "How long", "Energy", "Rates", "Where", "Options", "Examples"]


def test_only_help_stands_under_options(convcost: Run) -> None:
    for command in COMMANDS:
        options = convcost(command, "--help").out.partition("\nOptions:\n")[2].partition("\n\n")[0]
        assert options.split() == ["-h,", "--help", "Show", "this", "message", "and", "exit."], command


@pytest.mark.parametrize(("command", "option"), OPTIONS, ids=ids)
def test_each_option_is_one_sentence_with_a_named_value(command: str, option: Any) -> None:
    assert re.fullmatch(r"[A-Za-z0-9].*[^.]\.", option.help)
    assert ". " not in option.help
    if option.param_type_name == "option":
        assert option.rich_help_panel in PANELS
    if not getattr(option, "is_flag", False):
        assert re.fullmatch(r"[A-Z]+(=[A-Z]+)?", option.metavar)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_no_python_types(convcost: Run, command: str) -> None:
    done = convcost(command, "--help")
    assert not re.search(r"<\w+|<=|\bNone\b|\{", done.out)
