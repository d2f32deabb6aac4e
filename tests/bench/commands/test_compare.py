"""`convcost compare`: its exit codes, its outputs, and one sentence for each bad input."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.store import journal, runs
from bench.store.status import Status
from tests.bench.commands.running import Refuse, Run, assert_says, refusals
from tests.bench.compare.made_runs import CASES, ENVIRONMENT, slower, write_run


@refusals(
    ("compare", "no runs for both sides were given; type: convcost compare OLD NEW"),
    ("compare {given}/no-run", "1 run was given; a comparison has two: convcost compare OLD NEW"),
    ("compare a b c", "3 runs were given; a comparison has two"),
    ("compare --old a b", "no runs for both sides were given"),
    ("compare a b --old c", "two folders are the old and the new side already; leave out --old"),
    ("compare {given}/no-run {given}", "is not a run: it has no run.json"),
    ("compare a b --gate speed", "--gate speed is unknown; allowed: time, joules, plan, memory, error"),
    ("compare a b --margin 0", "'0'; allowed: a number from 0.01 to 100"),
    ("compare a b --json --markdown", "--json prints data for programs; leave out --markdown"),
    ("compare a b --page page.txt", "'page.txt'; allowed: a file to write that ends in .html, as in page.html"),
    ("compare a a", "a is given twice"),
)
def test_bad_input_is_refused(refuse: Refuse, line: str, sentence: str) -> None:
    assert_says(refuse(line), sentence)


def _refused(convcost: Run, *words: object) -> str:
    done = convcost("compare", *map(str, words))
    assert (done.code, done.out) == (2, ""), done
    assert done.err.count("\n") == 1
    return done.err


def _of_schema_3(folder: Path) -> Path:
    runs.write_meta(folder, {**runs.read_meta(folder), "schema_version": "3.0"})
    return folder


def test_runs_that_may_not_be_compared_are_refused(convcost: Run, tmp_path: Path) -> None:
    old = write_run(tmp_path, 1)
    cases = {
        "is given twice; a run says nothing about a change from itself": old,
        "no case in common": write_run(tmp_path, 2, cases=("mb1ic3ih8oc4kh3ph1",)),
        "written by a newer convcost (schema 2.77); this one reads up to": write_run(
            tmp_path, 3, schema_version="2.77"
        ),
        "has schema 3.0; this convcost reads": _of_schema_3(write_run(tmp_path, 4)),
        "cpu is Example CPU on the old side and Another on the new. Measure": write_run(
            tmp_path, 5, environment=ENVIRONMENT | {"cpu": "Another"}
        ),
    }
    for sentence, new in cases.items():
        assert_says(_refused(convcost, old, new), sentence)
    # The other way round, a run of failures is no side to compare with.
    failed = write_run(tmp_path, 6, every=Status.CRASHED)
    assert_says(_refused(convcost, failed, old), "is right (a reason); give as the old side a run with right results")


def test_a_damaged_run_is_infrastructure(convcost: Run, tmp_path: Path) -> None:
    old, new = write_run(tmp_path, 1), write_run(tmp_path, 2)
    file = new / journal.FILE_NAME
    file.write_text(file.read_text().replace("torch", "tarch", 1))
    done = convcost("compare", str(old), str(new))
    assert (done.code, done.out) == (3, "")
    assert_says(done.err, "journal.jsonl, line 1 is damaged: its checksum does not match")
    (new / runs.META_NAME).write_text("{")
    assert convcost("compare", str(old), str(new)).code == 3


def test_a_regression_is_exit_code_1_and_its_mirror_image_is_fine(convcost: Run, tmp_path: Path) -> None:
    old, new = write_run(tmp_path, 1), write_run(tmp_path, 2, factor=slower("direct", 1.3, CASES[0]))
    done = convcost("compare", str(old), str(new))
    assert (done.code, done.err) == (1, "")
    assert_says(done.out, f"1 slower (direct on {CASES[0]} +…Time: new over old…slower")
    back = convcost("compare", str(new), str(old))
    assert back.code == 0
    assert_says(back.out, "1 faster…Note: the old side was measured after the new one: are the sides swapped?")


def test_a_row_that_became_wrong_is_exit_code_1(convcost: Run, tmp_path: Path) -> None:
    old, new = write_run(tmp_path, 1), write_run(tmp_path, 2, every=Status.CRASHED)
    done = convcost("compare", str(old), str(new))
    assert done.code == 1
    assert_says(done.out, "Wrong: 42 rows were right and are not: …and 39 more.…No row has a time on both sides")


def test_undecided_is_exit_code_4_where_a_decision_is_required(convcost: Run, tmp_path: Path) -> None:
    sides = [str(write_run(tmp_path, seed, scatter=0.05)) for seed in (1, 2)]
    assert convcost("compare", *sides).code == 0
    done = convcost("compare", *sides, "--require-decision")
    assert done.code == 4
    assert_says(done.out, "undecided.…more of measuring its case would decide it")


def test_several_runs_a_side_may_follow_one_option(convcost: Run, tmp_path: Path) -> None:
    old, new = ([str(write_run(tmp_path, 2 * n + side)) for n in range(3)] for side in range(2))
    done = convcost("compare", "--old", *old, "--new", *new, "--json", "--require-decision")
    assert done.code == 0
    assert [len(done.json[side]) for side in ("old", "new")] == [3, 3]
    assert done.json["outcome"] == "fine"
    again = convcost("compare", *(w for run in old for w in ("--old", run)), "--new", *new, "--json")
    assert again.json["quantities"] == done.json["quantities"]


def test_an_unfinished_run_is_compared_as_far_as_it_goes(convcost: Run, tmp_path: Path) -> None:
    old, new = write_run(tmp_path, 1), write_run(tmp_path, 2, cases=CASES[:3], finished_utc=None)
    done = convcost("compare", str(old), str(new))
    assert done.code == 0
    assert_says(done.out, "of 21 rows…Only on the old side: …Note: …was not finished: the cases that it has are")


def test_an_allowed_difference_is_in_the_first_line(convcost: Run, tmp_path: Path) -> None:
    old, new = write_run(tmp_path, 1), write_run(tmp_path, 2, environment=ENVIRONMENT | {"torch": "2.14.0"})
    done = convcost("compare", str(old), str(new), "--across", "torch")
    assert done.code == 0
    assert_says(done.out.splitlines()[0], "Across torch (2.13.0 → 2.14.0): ")


def test_markdown_has_what_changed_open_and_the_rest_folded(convcost: Run, tmp_path: Path) -> None:
    old, new = write_run(tmp_path, 1), write_run(tmp_path, 2, factor=slower("direct", 1.3, CASES[0]))
    done = convcost("compare", str(old), str(new), "--markdown")
    assert done.code == 1
    lines = done.out.splitlines()
    assert lines[0] == "### convcost compare: Worse"
    folded = lines.index("</details>")
    assert any(line.startswith(f"| {CASES[0]} | direct |") for line in lines[: lines.index("", 5) + 5])
    assert lines[folded - 1] == ""
    assert "<details><summary>time: 11 other rows, 30 smaller ones not shown</summary>" in lines
    every = convcost("compare", str(old), str(new), "--markdown", "--all")
    assert "time: 41 other rows</summary>" in every.out


def test_github_shows_an_error_for_each_regression(convcost: Run, tmp_path: Path) -> None:
    old = write_run(tmp_path, 1)
    statuses = {(CASES[1], "fft"): Status.WRONG}
    new = write_run(tmp_path, 2, factor=slower("direct", 1.3, CASES[0]), statuses=statuses)
    done = convcost("compare", str(old), str(new), "--github")
    errors = [line for line in done.out.splitlines() if line.startswith("::")]
    assert errors[0] == f"::error title=convcost: wrong result::fft on {CASES[1]} was right and is wrong: a reason"
    assert errors[1].startswith(f"::error title=convcost: slower::direct on {CASES[0]}: +")
    assert errors[1].endswith(" %25)")
    assert len(errors) == 2


def test_the_margin_decides_what_is_the_same(convcost: Run, tmp_path: Path) -> None:
    sides = [str(write_run(tmp_path, seed, scatter=0.01)) for seed in (1, 2)]
    narrow, wide = (
        convcost("compare", *sides, "--margin", margin, "--json").json["quantities"][0] for margin in ("0.5", "30")
    )
    assert {row["verdict"] for row in narrow["rows"]} == {"undecided"}
    assert {row["verdict"] for row in wide["rows"]} == {"same"}


@pytest.mark.parametrize("name", ["direct", "fft"])
def test_a_control_may_be_named(convcost: Run, tmp_path: Path, name: str) -> None:
    sides = [str(write_run(tmp_path, seed)) for seed in (1, 2)]
    found = convcost("compare", *sides, "--control", name, "--json").json
    assert found["quantities"][0]["shared"]["controls"] == [name]


def test_a_page_is_written_beside_any_other_output(convcost: Run, tmp_path: Path) -> None:
    old, new = write_run(tmp_path, 1), write_run(tmp_path, 2, factor=slower("direct", 1.3, CASES[0]))
    page = tmp_path / "made" / "page.html"
    done = convcost("compare", str(old), str(new), "--json", "--page", str(page))
    assert (done.code, done.err) == (1, f"page: {page}\n")
    assert done.json["outcome"] == "worse"
    text = page.read_text(encoding="utf-8")
    assert "of 42 rows 1 slower" in text
    assert "exit code 1" in text


def test_a_page_that_cannot_be_written_is_infrastructure(convcost: Run, tmp_path: Path) -> None:
    old, new = write_run(tmp_path, 1), write_run(tmp_path, 2)
    (tmp_path / "file").touch()
    done = convcost("compare", str(old), str(new), "--page", str(tmp_path / "file" / "page.html"))
    assert done.code == 3
    assert_says(done.err, "page.html cannot be written: ")
