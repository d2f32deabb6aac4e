"""The picture of the first screen with its caption: along the main axis of the run, else the central case as bars."""

from __future__ import annotations

from bench import format
from bench.report.document.first_screen import Picture
from bench.report.drawing import first_picture
from bench.report.drawing.canvas import CUT
from bench.report.findings.cases import baseline_text
from bench.report.findings.main_series import FAR, MainSeries, main_series
from bench.report.findings.ranking import Ranking
from bench.report.sections.cells import names
from bench.report.sections.study import Study


def of(study: Study, ranking: Ranking) -> Picture:
    """The picture of the group of a case."""
    is_busy = study.is_busy(ranking.group)
    main = main_series(study.axes, study.results, ranking.group)
    if main is None or not main.drawn:
        leaders = () if is_busy else ranking.decided
        wide, narrow = (
            first_picture.bars(ranking.timed, leaders, study.marks, size[0])
            for size in (first_picture.WIDE_IN, first_picture.NARROW_IN)
        )
        times_s = [result.time.value_s for result in ranking.timed if result.time]
        cut = " A bar that ends in » is cut." if max(times_s) > CUT * min(times_s) else ""
        return Picture(wide, narrow, f"{ranking.timed[0].descriptor}; bars in bold are the fastest.{cut}")
    wide, narrow = (
        first_picture.by_axis(main, study.marks, size, is_busy=is_busy)
        for size in (first_picture.WIDE_IN, first_picture.NARROW_IN)
    )
    return Picture(wide, narrow, _caption(study, main, is_busy=is_busy))


def _caption(study: Study, main: MainSeries, *, is_busy: bool) -> str:
    """What the strong line is, what stays the same, and what is left out."""
    fixed = baseline_text([axis for axis in study.axes if axis.name != main.series.axis.name])
    parts = []
    if not is_busy:
        is_open = any(lead and not lead.is_sure for lead in main.leads)
        hollow = ", hollow where noise leaves open which" if is_open else ""
        parts.append(f"The strong line is the fastest at each {main.series.axis.name}{hollow}.")
    parts += [f"Elsewhere {fixed}."] if fixed else []
    if main.far:
        takes = "takes" if len(main.far) == 1 else "take"
        times = format.significant(FAR, 2)
        parts.append(f"Left out: {names(main.far)}, which {takes} more than {times} times as long.")
    if main.choosers:
        parts.append(f"{names(main.choosers)} only chose one of these.")
    return " ".join(parts)
