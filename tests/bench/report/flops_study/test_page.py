"""The page of the study: one file without script, its verdict first, every implementation, and how to cite it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.errors import UsageError
from bench.predict.study import conclusion
from bench.predict.study.problems import CHANNELS, LEVELS, SPACE, StudyProblem, macs_of
from bench.predict.study.results import StudyResult
from bench.report.document.blocks import Gallery, Section, Table
from bench.report.flops_study import make, page, sections
from bench.report.flops_study.origin import StudyOrigin
from bench.report.flops_study.settings import settings
from bench.store import runs
from tests.bench.predict.study.made_study import by_flops, by_place, write
from tests.bench.report.opened import checked

TITLES = ["Verdict by implementation", "Equal FLOPs, by where they lie", "Which measure follows the time",
          "The curves of the paper, redrawn here", "Executed against direct FLOPs",
          "How it was measured, and how to cite it"]  # fmt: skip
EVIL = '<script>alert("x")</script> {}'


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Torch by place, Winograd by FLOPs, joules by time, on a machine with an evil name."""
    rules = {"torch": by_place, "winograd-f4": by_flops}
    return write(tmp_path_factory.mktemp("runs"), rules, joules=10.0, cpu=EVIL)


@contextmanager
def without_fits() -> Iterator[None]:
    """Without the measures that are fitted, which take seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bench.predict.study.measures._left_out", lambda predictor, asked: None)
        yield


@pytest.fixture
def _quick() -> Iterator[None]:
    with without_fits():
        yield


@pytest.fixture(scope="module")
def written(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, by its command."""
    target = tmp_path_factory.mktemp("page") / "made" / "study.html"
    with without_fits():
        assert make.main(["page", str(target), str(run)]) == 0
    return target


def section(found: list[StudyResult], run: Path, title: str) -> Section:
    built = sections.sections(settings(found), StudyOrigin.of([run]))
    return next(part for part in built if part.title == title)


def images(part: Section) -> list[Any]:
    return [image for block in part.blocks if isinstance(block, Gallery) for image in block.images]


@pytest.mark.slow
def test_the_page_is_one_file_with_its_verdict_first(written: Path) -> None:
    text = checked(written)
    said = "FLOPs are a cost for 1 of 2 implementations only: for the others at equal FLOPs the longest time is"
    assert text.index(said) < text.index("torch on cpu in fp32, threads 2: FLOPs do not tell the time")
    assert text.index("What this study cannot say") < text.index("<table>")
    with_joules = [*TITLES[:3], "Which measure follows the joules", *TITLES[3:]]
    assert re.findall(r"<section id=.*?>\s*<h2>(.*?)</h2>", text) == with_joules
    for words in ("nox -s study", "@misc{convcost-equal-flops,", "commit c0ffeec0ff", "arXiv 2107.11949",
                  "β, larger"):  # fmt: skip
        assert words in text
    assert "&lt;script&gt;" in text


@pytest.mark.slow
def test_the_summary_has_the_same_words_and_tables(written: Path) -> None:
    summary = written.with_suffix(".md").read_text(encoding="utf-8")
    assert "**FLOPs are a cost for 1 of 2 implementations only" in summary
    assert [title for title in TITLES if f"## {title}" in summary] == TITLES
    assert "The figures are in study.html next to this file." in summary
    assert summary.count("|---") > 5
    # Code is shown as it is.
    assert "<script" not in re.sub(r"(?ms)^(`{3,})$.*?^\1$", "", summary)


@pytest.mark.usefixtures("_quick")
def test_every_figure_has_each_implementation_and_its_data(run: Path) -> None:
    found = page.results_of([run])
    assert [image.drawing.title for image in images(section(found, run, TITLES[1]))] == [
        "Equal FLOPs, torch on cpu in fp32, threads 2", "Equal FLOPs, winograd-f4 on cpu in fp32, threads 2"
    ]  # fmt: skip
    measured = images(section(found, run, TITLES[2]))
    # Torch does not tell what it executes.
    assert [image.drawing.title for image in measured] == [
        "Time against FLOPs", "Time against parameters", "Time against executed FLOPs",
        "Time against α-FLOPs, published"
    ]  # fmt: skip
    assert {row[0].split(" on ")[0] for row in measured[0].drawing.data.rows} == {"torch", "winograd-f4"}
    assert {row[0].split(" on ")[0] for row in measured[2].drawing.data.rows} == {"winograd-f4"}
    (executed,) = images(section(found, run, TITLES[4]))
    assert len(executed.drawing.data.rows) == 12
    line = images(section(found, run, TITLES[3]))[0]
    assert [row[1] for row in line.drawing.data.rows if row[0].startswith("paper")] == [1, 3, 5, 10, 28]


@pytest.mark.usefixtures("_quick")
def test_joules_are_those_of_a_meter(run: Path, tmp_path: Path) -> None:
    found = page.results_of([run])
    measured = images(section(found, run, "Which measure follows the joules"))
    assert "Joules against time" in [image.drawing.title for image in measured]
    torch = next(one for one in found if one.subject.implementation == "torch")
    assert [one.joules for one in torch.times] == [pytest.approx(10 * one.time_s) for one in torch.times]
    time = next(fit for fit in torch.joule_measures if fit.name == "time")
    assert time.spearman == pytest.approx(1.0)
    bare = write(tmp_path, {"torch": by_flops})
    assert page.results_of([bare])[0].joule_measures == ()


@pytest.mark.usefixtures("_quick")
def test_joules_of_a_few_problems_are_told_by_place(tmp_path: Path) -> None:
    def dear_channels(one: StudyProblem) -> float | None:
        return {SPACE: 0.01, CHANNELS: 0.03}.get(one.where) if one.level == LEVELS - 1 else None

    few = write(tmp_path, {"torch": by_flops}, joules=dear_channels)
    found = page.results_of([few])
    (level,) = found[0].joule_levels
    assert (level.macs, level.spread) == (macs_of(LEVELS - 1), pytest.approx(3.0))
    said = "Measured joules of equal FLOPs differ too: those of torch up to 3.0 × (at 604 million MACs)."
    assert said in conclusion.sentences(found)
    table = section(found, few, "Joules of equal FLOPs").blocks[0]
    assert isinstance(table, Table)
    assert [cell.text.replace("\u00a0", " ") for cell in table.rows[0]][2:5] == ["10.0 mJ", "–", "30.0 mJ"]


@pytest.mark.usefixtures("_quick")
def test_settings_are_kept_apart(run: Path, tmp_path: Path) -> None:
    (other,) = page.results_of([write(tmp_path, {"torch": by_flops})])
    (same,) = [one for one in page.results_of([run]) if one.subject.implementation == "torch"]
    on_one = replace(other, subject=replace(other.subject, threads=1))
    assert [(one.on, len(one.results)) for one in settings([same, on_one])] == [
        (", cpu in fp32, threads 2", 1), (", cpu in fp32, threads 1", 1)
    ]  # fmt: skip
    built = sections.sections(settings([same, on_one]), StudyOrigin.of([run]))
    (spreads, *_) = built[0].blocks
    assert isinstance(spreads, Table)
    assert [row[0].text for row in spreads.rows] == ["torch, cpu in fp32, threads 2", "torch, cpu in fp32, threads 1"]


@pytest.mark.usefixtures("_quick")
def test_a_kept_run_gives_the_same_page(run: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    assert make.main(["keep", str(kept), str(run)]) == 0
    before, after = page.results_of([run]), page.results_of([kept])
    for one, other in zip(before, after, strict=True):
        assert (one.times, one.levels, one.measures, one.joule_measures, one.paper) == (
            other.times, other.levels, other.measures, other.joule_measures, other.paper
        )  # fmt: skip
    assert StudyOrigin.of([kept]).citation == StudyOrigin.of([run]).citation
    assert len(runs.load(kept).samples) == 0


def test_the_command_says_what_is_wrong(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert make.main(["problems", str(tmp_path / "made")]) == 0
    assert sorted(file.name for file in (tmp_path / "made").iterdir()) == ["equal-flops.toml", "equal-flops.txt"]
    for given, words in (
        (["page", str(tmp_path / "page.html"), str(tmp_path / "none")], "is not a run"),
        (["page", str(tmp_path / "page.md"), str(run)], "allowed: a name that ends in .html"),
        (["keep", str(tmp_path / "new"), str(run), str(run)], "allowed: one"),
    ):
        assert make.main(given) == 2
        assert words in capsys.readouterr().err


def test_an_unrecorded_machine_is_said() -> None:
    origin = StudyOrigin(("run",), {})
    assert origin.machine == "a machine that is not recorded"
    assert origin.day == "–"
    assert "@misc" in origin.citation


def test_a_folder_of_another_sweep_is_refused(tmp_path: Path) -> None:
    run = runs.create(tmp_path, "other", {})
    with pytest.raises(UsageError, match="to measure them: nox -s study"):
        page.results_of([run])


@pytest.mark.slow
@pytest.mark.full
def test_the_page_has_the_measures_that_are_fitted(tmp_path: Path) -> None:
    run = write(tmp_path, {"direct": by_place})
    text = checked(page.write(page.results_of([run]), StudyOrigin.of([run]), tmp_path / "study.html"))
    assert "Time against law, fitted without the place" in text
    assert "Time against α-FLOPs, refitted without the place" in text
