"""Writes the study as one HTML file, which needs no other file and no script, and in Markdown beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.predict.study import joules
from bench.predict.study.evaluation import evaluate
from bench.predict.study.results import StudyResult
from bench.predict.tables import from_runs, timed
from bench.report.document import paper
from bench.report.flops_study import answer
from bench.report.flops_study.origin import StudyOrigin
from bench.report.flops_study.sections import sections
from bench.report.flops_study.settings import settings

_LEAD = (
    "FLOPs are 2 × MACs of the definition. Problems of one level have equally many, and only the size that they lie in "
    "differs. Words on this page follow from its numbers: measured elsewhere, they may be others."
)


def write(results: Sequence[StudyResult], origin: StudyOrigin, file: Path) -> Path:
    """Write FILE and its summary in Markdown beside it. Raises InfrastructureError if one cannot be written."""
    first = answer.first_screen(results, origin)
    return paper.write(file, origin.title, first, _LEAD, (), sections(settings(results), origin), has_summary=True)


def results_of(folders: Sequence[Path]) -> list[StudyResult]:
    """The results of some runs of one machine.

    Raises UsageError for folders that are no runs of the study, or of several machines; InfrastructureError for damage.
    """
    found = [from_runs.read(folder) for folder in folders]
    from_runs.require_same_machine(folders, found)
    metered = {key: value for folder in folders for key, value in joules.read(folder).items()}
    return evaluate(timed.tables([one for run in found for one in run.timed]), metered)
