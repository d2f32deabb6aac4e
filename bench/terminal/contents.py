"""Shows whether the content of tensors changes what each implementation costs: a table a layer, and the literature."""

from __future__ import annotations

from bench.report.sections import contents
from bench.report.sections.study import Study
from bench.terminal import console


def show(study: Study) -> None:
    """Print the verdicts of a run that has several contents of one layer; nothing for others."""
    found = contents.by_layer(study)
    for (group, descriptor), findings in found.items():
        has_joules = any(one.joules is not None for one in findings)
        columns = ["implementation", "time by content", *(["joules by content"] if has_joules else [])]
        rows = [
            [one.implementation, contents.words(one.time), *([contents.words(one.joules)] if has_joules else [])]
            for one in findings
        ]
        title = f"Does the content of tensors change the cost of {descriptor} on {group.label}?"
        console.print_table(title, columns, rows, left=range(3))
    if found:
        for line in (*contents.answers(study), contents.LITERATURE):
            console.print_line(line)
