"""The sides of a duet from what a user types: words, variables, plug-in files, and what is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.compare.duet.sides import HERE, AskedSide, of_environments
from bench.errors import UsageError
from bench.worker.settings import Settings


def test_one_environment_against_itself_with_a_variable() -> None:
    a, b = of_environments(AskedSide(), AskedSide(variables=("OMP_WAIT_POLICY=passive", "X=a=b")))
    assert (a.label, b.label) == (f"A ({HERE})", "B (OMP_WAIT_POLICY=passive, X=a=b)")
    assert b.interpreter.variables == (("OMP_WAIT_POLICY", "passive"), ("X", "a=b"))
    assert a.interpreter.python == b.interpreter.python == sys.executable
    assert a.settings(Settings(1)) == Settings(1)


def test_plug_in_files_come_after_those_of_both(tmp_path: Path) -> None:
    mine = tmp_path / "mine.py"
    mine.write_text("")
    _, b = of_environments(AskedSide(), AskedSide(load=(mine,)))
    assert b.settings(Settings(2, (Path("both.py"),))).load == (Path("both.py"), mine)
    assert b.words == str(mine)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (AskedSide(variables=("OMP",)), "--b-env is 'OMP'; allowed: NAME=VALUE, as in OMP_WAIT_POLICY=passive"),
        (AskedSide(variables=("2X=1",)), "--b-env is '2X=1'; allowed"),
        (AskedSide(variables=("OMP_NUM_THREADS=1",)), "--b-env sets OMP_NUM_THREADS, which convcost sets itself"),
        (AskedSide(variables=("MALLOC_TOP_PAD_=1",)), "use --threads or --malloc, the same for both sides"),
        (AskedSide(load=(Path("no.py"),)), "--b-load no.py is not there; give a Python file"),
        (AskedSide("no-environment"), "no-environment is no environment: there is no no-environment/bin/python"),
    ],
)
def test_what_cannot_be_a_side_is_refused(asked: AskedSide, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        of_environments(AskedSide(), asked)
