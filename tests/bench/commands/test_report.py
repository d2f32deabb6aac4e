"""`convcost report`: the page and the summary of a run."""

from __future__ import annotations

from pathlib import Path

from tests.bench.commands.running import Refuse, Run, assert_says, refusals


@refusals(
    ("report", "there is no run in results; make one with `convcost sweep`"),
    ("report --results {given}", "there is no run in"),
    ("report {given}/no-run", "is not a run: it has no run.json"),
    ("report {given}/missing", "is not a run"),
    ("report {given}/no-run --grid XX", "grid 'XX' is unknown"),
)
def test_bad_input_is_refused(refuse: Refuse, line: str, sentence: str) -> None:
    assert_says(refuse(line), sentence)


def test_a_damaged_run_is_exit_code_3(convcost: Run, given: Path) -> None:
    (given / "no-run" / "run.json").write_text("{")
    done = convcost("report", "{given}/no-run", given=given)
    assert (done.code, "run.json is damaged" in done.err) == (3, True)
