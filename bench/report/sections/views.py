"""The named views of a run in their order, each with a sentence that follows from its data."""

from __future__ import annotations

from collections.abc import Iterator

from bench.report.document.blocks import Section
from bench.report.sections import (
    view_correctness,
    view_crossover,
    view_error,
    view_fronts,
    view_interference,
    view_network,
    view_plan,
    view_roofline,
    view_speed_up,
)
from bench.report.sections.study import Study

_CHOICE = (view_speed_up, view_crossover, view_network, view_plan, view_fronts)
_EVIDENCE = (view_roofline, view_error, view_correctness, view_interference)


def of_choice(study: Study) -> Iterator[Section]:
    """The views that help to choose an implementation."""
    for view in _CHOICE:
        yield from view.sections(study)


def of_evidence(study: Study) -> Iterator[Section]:
    """The views that show how far the numbers can be trusted."""
    for view in _EVIDENCE:
        yield from view.sections(study)
