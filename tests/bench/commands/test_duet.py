"""`convcost duet`: what is refused before anything is measured, and a whole duet of two plug-in files."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.bench.commands.running import SMALL, Refuse, Run, assert_says, refusals
from tests.bench.run.test_duet import PLUG_IN

NOTHING = "convcost: both sides are this environment; say what differs: --b ENV, --b-env NAME=VALUE, --b-load FILE or"


@refusals(
    ("duet", NOTHING),
    ("duet quick -i torch", NOTHING),
    ("duet --b nowhere", "nowhere is no environment: there is no nowhere/bin/python; allowed: the folder of a virtual"),
    ("duet --b-env X", "--b-env is 'X'; allowed: NAME=VALUE"),
    ("duet --a-env OMP_NUM_THREADS=2", "--a-env sets OMP_NUM_THREADS, which convcost sets itself"),
    ("duet --b-load no.py", "--b-load no.py is not there"),
    ("duet --revisions HEAD", "--revisions is 'HEAD'; allowed: two revisions as in v1.0..HEAD"),
    ("duet --revisions a..b --b x", "--revisions says what both sides are; leave out --b"),
    ("duet --b-env X=1 --same-code", "only environments have code of their own, and none is given; leave out"),
    ("duet nothing --b-env X=1", "there is no sweep 'nothing'"),
    ("duet --b-env X=1 --pairs 2", "'2'; allowed: a whole number from 3 to 100"),
    ("duet --b-env X=1 -i nothing", "nothing"),
    ("duet --b-env X=1 --page .", "'.'; allowed: a file to write that ends in .html, as in page.html"),
)
def test_wrong_words_are_refused(refuse: Refuse, line: str, sentence: str) -> None:
    assert_says(refuse(line), sentence)


@pytest.mark.slow
@pytest.mark.full
def test_a_slower_plug_in_ends_with_1(convcost: Run, here: Path) -> None:
    for name, sleep_s in (("old.py", 0.001), ("new.py", 0.01)):
        (here / name).write_text(PLUG_IN.format(sleep_s=sleep_s, factor=1))
    options = shlex.split("--a-load old.py --b-load new.py -i mine --threads 1 --pairs 4 --max-seconds 2")
    done = convcost("duet", SMALL, *options, "--page", "duet.html")
    assert done.code == 1, done.err
    assert done.out.startswith("B against A, 1 row: 1 slower\n")
    assert "A (old.py) against B (new.py): 1 case, 4 pairs of processes, 3 visits each" in done.err
    assert "A (old.py) against B (new.py)" in (here / "duet.html").read_text(encoding="utf-8")
    assert sorted(path.name.rpartition("-")[2] for path in (here / "results").iterdir()) == ["a", "b"]
