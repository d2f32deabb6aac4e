"""Writes a run as one page and one summary, from the same sections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bench.report.document import paper
from bench.report.document.blocks import Section
from bench.report.document.drawings import Drawing
from bench.report.document.first_screen import FirstScreen
from bench.report.explorer.parts import FOLDER as EXPLORER
from bench.report.explorer.parts import ExplorerParts
from bench.report.printing import files
from bench.report.printing.choices import Printing
from bench.report.sections import (
    axes,
    bracket_answer,
    contents,
    energy,
    errors,
    first_screen,
    flops,
    front,
    method,
    network_costs,
    networks,
    overview,
    plan_and_memory,
    refusals,
    views,
    winners,
)
from bench.report.sections.study import Study
from bench.store.files import make_folder, replace_text

if TYPE_CHECKING:
    from bench.store.runs import Run

_MANY_TOTALS = 8
# What the summary leaves out, and where it is.
_BESIDE = "The figures, the layer-by-layer tables and the meaning of every column are in index.html next to this file."


def write(run: Run, folder: Path, printing: Printing | None = None) -> Path:
    """Writes index.html, which needs no other file, and summary.md; returns the path of the page.

    With `printing`, each figure of the page is also in files of its own in the folder `figures` beside it. Raises
    OSError if the folder cannot be written.
    """
    study = Study.of(run)
    first, built = first_screen.of(study), sections(study)
    context = {
        "title": _title(study),
        "busy": overview.busy(study),
        "first": first,
        "lead": overview.conditions(study),
        "sections": built,
        "short": in_short(study),
        "is_finished": bool(run.meta.get("finished_utc")),
        "explorer": ExplorerParts.of(study, run),
    }
    make_folder(folder)
    page = folder / "index.html"
    replace_text(page, paper.environment(EXPLORER).get_template(paper.PAGE).render(context))
    summary = paper.markdown_of({**context, "beside": _BESIDE})
    replace_text(folder / "summary.md", summary)
    if printing is not None:
        files.write(study, _drawings(first, built), folder / files.FOLDER, printing)
    return page


def _drawings(first: FirstScreen, built: Iterable[Section]) -> Iterator[Drawing]:
    """Every drawing of the page once: the first picture as for wide screens."""
    if first.picture is not None:
        yield first.picture.wide.drawing
    yield from files.drawings(built)


def sections(study: Study) -> tuple[Section, ...]:
    """The sections in order: conclusions first, then the evidence."""
    return (
        overview.section(study),
        *views.of_choice(study),
        winners.section(study),
        *axes.sections(study),
        *contents.sections(study),
        *plan_and_memory.sections(study),
        *energy.sections(study),
        *front.sections(study),
        *views.of_evidence(study),
        errors.section(study),
        flops.section(study),
        *network_costs.sections(study),
        *networks.sections(study),
        refusals.section(study),
        method.section(study),
    )


def in_short(study: Study) -> tuple[str, ...]:
    """The conclusions for the top of the page, of groups that are not mostly noisy (`Study.quiet`).

    A bracket of energy is of any group: its range holds the interval of the time, however wide, and nothing is ranked.
    """
    quiet = study.quiet()
    wins = winners.answers(quiet)
    totals = [f"{n.name}{study.on(n.group)}: {networks.answer(n)}" for n in quiet.networks]
    return (
        *wins,
        # Only one line: the energy section has the rest.
        *energy.measured_answers(quiet)[:1],
        *bracket_answer.short(study),
        *contents.answers(study),
        *front.short(study),
        # Left out with many networks, to stay short: each network has its own section.
        *(totals if len(totals) <= _MANY_TOTALS else ()),
        *flops.answers(quiet),
    )


def _title(study: Study) -> str:
    name = study.meta.get("name") or "run"
    host = study.environment.get("host")
    return f"Cost of convolutions: {name}" + (f" on {host}" if host else "")
