"""A run of a busy machine: no sentence of page or summary makes a finding of noise, and the first one says so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.report.document.blocks import Table
from bench.report.page import in_short, write
from bench.report.sections import answer, axes, flops, networks, plan_and_memory, winners
from bench.report.sections.study import Study
from bench.store.runs import Run
from bench.store.status import Flag
from tests.bench.report.busy_run import busy_run
from tests.bench.report.synthetic_run import make_run, ok

# Seven of ten implementations are noisy; with six quiet ones more, most are not.
MOSTLY, PARTLY = busy_run(), busy_run(quiet_copies=6)
# Sentences that older versions made of these rows.
NONSENSE = (
    "5889", "10510", "tie:", " are tied", "(tie)", "0.933×", "0.970×", "641×", "NaN", "None",
    "the fastest is direct", "direct is clearly", "direct is the fastest", "It pays off from",
)  # fmt: skip


@pytest.fixture(scope="module", params=[MOSTLY, PARTLY], ids=["mostly noisy", "partly noisy"])
def pages(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    page = write(request.param, tmp_path_factory.mktemp("busy"))
    # The script is the same on every page; the data that it draws stay.
    html = re.sub(r"<script>.*?</script>", "", page.read_text(), flags=re.S)
    return re.sub(r'src="[^"]*"', "", html), (page.parent / "summary.md").read_text()


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_no_page_states_noise_as_a_finding(pages: tuple[str, str], nonsense: str) -> None:
    assert not [text for text in pages if nonsense in text]


def test_no_ratio_is_below_1_anywhere(pages: tuple[str, str]) -> None:
    for text in pages:
        assert not re.findall(r"\b0\.\d+×", text)


def test_a_wide_interval_is_called_too_noisy(pages: tuple[str, str]) -> None:
    assert all("no interval: too noisy" in text for text in pages)


@pytest.mark.parametrize("file", ["index.html", "summary.md"])
def test_the_first_sentence_says_that_the_machine_was_busy_and_what_helps(tmp_path: Path, file: str) -> None:
    write(MOSTLY, tmp_path)
    text = (tmp_path / file).read_text()
    said = (
        "The machine was busy: 21 of 30 times are uncertain (disturbed, or with too wide an interval). "
        "What helps: close other programs, measure on one thread "
        "(--threads 1), or measure longer (--budget). Nothing is summed up here: no wins, no ties, no totals, no "
        "factors."
    )
    assert text.index(said) < text.index("Forward pass only")
    assert "In short" not in text


def test_a_busy_machine_has_no_headlines() -> None:
    """Found in the field: "2940× per FLOP" with 29 of 42 rows noisy."""
    study = Study.of(MOSTLY)
    assert in_short(study.quiet()) == ()
    assert winners.answers(study) == ("3 cases: most times are uncertain, so wins and ties are not counted.",)
    (kernel,) = axes.sections(study)
    assert kernel.answers == ("Most times are uncertain, so the fastest is not named.",)
    assert list(flops.answers(study)) == ["Most times are uncertain, so the time per FLOP is not compared."]
    assert [networks.answer(network) for network in study.networks] == [
        "most times of its layers are uncertain, so totals are not compared."
    ]
    (plan,) = plan_and_memory.sections(study)
    assert plan.answers == ("On mb1ic64ih28oc64kh3, winograd-f4 takes 600.0 µs per call after a plan of 5.000 ms.",)


def test_a_run_of_nothing_but_noise_compares_no_flops() -> None:
    rows = [ok("a", "x", 1e-3, time_low_s=1e-5, time_high_s=5889.0, flags=(Flag.WIDE_INTERVAL,))]
    assert flops.section(Study.of(make_run(rows))).answers == ("All times are too noisy to be compared.",)
    assert flops.section(Study.of(make_run([]))).answers == ("No case has both a time and FLOPs.",)


def test_where_most_times_are_quiet_only_the_noisy_ones_decide_nothing() -> None:
    study = Study.of(PARTLY)
    wins, total, per_flop = in_short(study.quiet())
    assert wins == "3 cases: no implementation is clearly fastest; 3 undecided."
    # The sums of the noisy implementations are smaller, and no interval says by how much.
    assert total == (
        "net: no implementation is clearly the fastest that covers all 6 convolutions (3 different); "
        "winograd-f4 has the least total of those with an interval, 3.600 ms (3.540–3.672 ms)."
    )
    # Every rate comes from a time with an interval.
    assert per_flop.startswith("The time per FLOP of one implementation differs by up to 300×")
    (kernel,) = axes.sections(study)
    assert kernel.answers[0].startswith("The fastest is undecided at 1–5.")


def test_the_table_names_the_least_certain_time_and_its_runner_up_by_one_rule() -> None:
    study = Study.of(PARTLY)
    for ranking in study.rankings:
        assert [r.implementation for r in ranking.order[:2]] == ["winograd-f4", "winograd-f2"]
        assert ranking.ratio == 1.5


def test_a_group_without_noise_keeps_its_headlines_beside_a_busy_one() -> None:
    noisy = [
        ok(case, name, t, t / 100, flags=(Flag.NOISY,), threads=8)
        for case in "ab" for name, t in (("x", 1e-3), ("y", 1.01e-3))
    ]  # fmt: skip
    quiet = [ok(case, name, t, t / 100, threads=1) for case in "ab" for name, t in (("x", 1e-3), ("y", 2e-3))]
    study = Study.of(make_run([*noisy, *quiet]))
    first, *others = in_short(study.quiet())
    assert first == "cpu · fp32 · nchw · 1 thread, 2 cases: x is clearly fastest in 2."
    assert not [line for line in others if "8 threads" in line]


def test_where_nothing_is_summed_up_no_table_counts_or_adds_up(pages: tuple[str, str]) -> None:
    """Found in the field: the first sentence said so, and a table of wins and ties followed."""
    counts = ("clearly fastest", "tied for fastest", "sum over covered layers", "best per layer", "second fastest",
              "fastest per case")  # fmt: skip
    for text in pages:
        is_busy = "Nothing is summed up here" in text
        assert ("took the least" in text) is is_busy
        assert [words for words in counts if (words in text) is is_busy] == []


@pytest.mark.parametrize("run", [MOSTLY, PARTLY], ids=["mostly noisy", "partly noisy"])
def test_terminal_and_summary_name_the_same_for_each_case(run: Run) -> None:
    study = Study.of(run)
    tables = [block for block in winners.section(study).blocks if isinstance(block, Table)]
    (cases,) = (table for table in tables if table.head[0] == "case")
    shown = [(row[0].text, row[2].text, row[3].text.removesuffix(" †")) for row in cases.rows]
    said = answer.lines(study, study.groups[0])
    assert [(line.case, line.use, line.time) for line in said] == shown
    assert [line.tied for line in said] == [(row[2].small,) if row[2].small else () for row in cases.rows]
