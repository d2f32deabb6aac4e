"""Says whether the content of tensors changes the time and the joules of each implementation. Draws nothing.

The rule stands that different contents are never ranked against each other: each line compares one implementation with
itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from bench import format
from bench.report.document.blocks import Block, Cell, Heading, Prose, Section, table
from bench.report.findings.contents import ContentFinding
from bench.report.findings.results import Group
from bench.report.sections.cells import names
from bench.report.sections.study import Study
from bench.rows.contents import NEGLIGIBLE, WITHIN, ContentChange, ContentVerdict

LITERATURE = (
    "In the literature: the content of matrices changes the power of matrix products on GPUs by almost 40 % (arXiv "
    "2409.18324), and of fp64 products on an A100 by up to 67 % (arXiv 2212.08805)."
)
_TITLE = "Does the content of tensors change time and joules?"
_HOW_TO_READ = (
    "Each implementation is compared with itself alone: its cost on each content over that on the content where it "
    "costs least. The largest of these ratios is shown, with a 95 % interval that holds for all contents at once; for "
    "times it is taken within processes. A cost changes where the interval is wholly above 1, differences below "
    f"{100 * NEGLIGIBLE:.0f} % left out, and does not change where no content is more than {100 * WITHIN:.0f} % above "
    "the least; ± is how well that is known. Contents are never ranked against each other."
)
Layer = tuple[Group, str]


def sections(study: Study) -> Iterator[Section]:
    """One section if something was measured on several contents."""
    found = by_layer(study)
    if not found:
        return
    blocks: list[Block] = [Prose(_HOW_TO_READ), Prose(LITERATURE)]
    for (group, descriptor), findings in found.items():
        rows: list[tuple[Cell | str, ...]] = [
            (one.implementation, _cell(one.time), _cell(one.joules)) for one in findings
        ]
        blocks += [Heading(f"{descriptor} on {group.label}"), table(("implementation", "time", "joules"), "lll", rows)]
    yield Section("contents", _TITLE, answers(study), tuple(blocks))


def by_layer(study: Study) -> dict[Layer, list[ContentFinding]]:
    """The findings of each layer in each group, in order of appearance."""
    found: dict[Layer, list[ContentFinding]] = {}
    for one in study.contents:
        found.setdefault((one.group, one.descriptor), []).append(one)
    return found


def answers(study: Study) -> tuple[str, ...]:
    """A sentence on times and one on joules, over all layers; none without several contents."""
    timed = [(one, one.time) for one in study.contents if one.time is not None]
    joules = [(one, one.joules) for one in study.contents if one.joules is not None]
    return tuple(_sentence(what, verdicts) for what, verdicts in (("time", timed), ("joules", joules)) if verdicts)


def words(verdict: ContentVerdict | None) -> str:
    """A verdict in words, as in "changes: 93.1× [85.2–102], subnormal over zeros; the others within ± 1.2 %"."""
    if verdict is None:
        return format.MISSING
    if verdict.change is ContentChange.SAME and verdict.within is not None:
        return f"does not change, within ± {_per_cent(verdict.within)} %"
    parts = [f"{verdict.change}: {ratio(verdict)}, {verdict.most} over {verdict.least}"]
    parts += [f"{names(verdict.changed[1:])} too"] if verdict.changed[1:] else []
    parts += [] if verdict.within is None else [f"the others within ± {_per_cent(verdict.within)} %"]
    return "; ".join(parts)


def ratio(verdict: ContentVerdict) -> str:
    """The largest ratio with its interval, as in 93.1× [85.2–102]."""
    found = verdict.ratio
    if found.low is None or found.high is None:
        return f"{format.ratio(found.estimate)} (no interval)"
    return f"{format.ratio(found.estimate)} [{format.significant(found.low)}–{format.significant(found.high)}]"


def _per_cent(share: float) -> str:
    """A share in per cent, rounded up to a tenth: what is said to be within it is."""
    return f"{max(1, math.ceil(1000 * share)) / 10:.1f}"


def _cell(verdict: ContentVerdict | None) -> Cell:
    look = "" if verdict is not None and verdict.change is not ContentChange.UNDECIDED else "muted"
    return Cell(words(verdict), look=look)


def _sentence(what: str, verdicts: Sequence[tuple[ContentFinding, ContentVerdict]]) -> str:
    """How often a cost changes, where most, and how well the others are known."""
    changed = [(one, v) for one, v in verdicts if v.change is ContentChange.CHANGES]
    same = [v.within for _, v in verdicts if v.change is ContentChange.SAME and v.within is not None]
    open_ = len(verdicts) - len(changed) - len(same)
    parts = []
    if changed:
        one, most = max(changed, key=lambda pair: pair[1].ratio.estimate)
        parts.append(
            f"changes {what} in {len(changed)} of {format.count(len(verdicts), 'comparison')}, most that of "
            f"{one.implementation} on {one.descriptor}: {ratio(most)}, {most.most} over {most.least}"
        )
    if same:
        of = f"in {len(same)} of {format.count(len(verdicts), 'comparison')}"
        parts.append(f"does not change {what} {of}, within ± {_per_cent(max(same))} %")
    parts += [f"{open_} undecided"] if open_ else []
    return f"The content of tensors {'; '.join(parts)}." if changed or same else f"Content and {what}: {parts[0]}."
