"""Groups the results of the study by what they share: times of different devices or threads stand in no figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bench.predict.study.results import StudyResult
from bench.report.drawing.marks import BUILT_IN, Mark, marks_for


@dataclass(frozen=True, slots=True)
class StudySetting:
    """Results of one device, precision and number of threads, one for each implementation.

    `on` is what follows a title, as in ", cuda in fp32"; empty where the study has only one setting.
    """

    on: str
    results: tuple[StudyResult, ...]
    marks: Mapping[str, Mark]

    def label(self, result: StudyResult) -> str:
        """The name of a result within the study."""
        return f"{result.subject.implementation}{self.on}"


def settings(results: Sequence[StudyResult]) -> list[StudySetting]:
    """The settings in the order of their first results; within one, implementations in the order of every legend."""
    found: dict[str, list[StudyResult]] = {}
    for result in results:
        shared = str(replace(result.subject, implementation="")).removeprefix(" on ")
        found.setdefault(shared, []).append(result)
    marks = marks_for(sorted(result.subject.implementation for result in results))
    return [
        StudySetting(f", {shared}" if len(found) > 1 else "", tuple(sorted(own, key=_place)), marks)
        for shared, own in found.items()
    ]


def _place(result: StudyResult) -> tuple[int, str]:
    name = result.subject.implementation
    known = list(BUILT_IN)
    return known.index(name) if name in BUILT_IN else len(known), name
