"""Shows the findings of the doctor, their remedies, and the quantities that can be measured."""

from __future__ import annotations

from collections.abc import Iterator

from bench.doctor.examination import Examination
from bench.terminal import console


def show(found: Examination) -> None:
    """Print what energy will be, then the findings, a line for each remedy, and a line for each quantity."""
    for line in _energy(found):
        console.print_line(line)
    rows, section = [], ""
    for finding in found.findings:
        named = "" if finding.section == section else finding.section
        section = finding.section
        rows.append([named, finding.name, finding.value or console.MISSING, finding.verdict])
    console.print_table("This machine", ["", "checked", "found", "verdict"], rows, left=range(4), keys=2)
    remedies: dict[str, list[str]] = {}
    for finding in found.findings:
        if finding.remedy is not None:
            remedies.setdefault(finding.remedy, []).append(finding.name)
    if remedies:
        console.print_line("\nTo fix:")
    # Lines and not cells: readers copy these commands.
    for remedy, names in remedies.items():
        console.print_line(f"  {', '.join(names)}: {remedy}")
    console.print_line("\nOn this machine:")
    for outlook in found.outlook:
        console.print_line(f"  {outlook.quantity}: {outlook.text}")


def _energy(found: Examination) -> Iterator[str]:
    """What the energy of each device will be, and the one command that would improve it; of a GPU only if measured."""
    for outlook in found.outlook:
        is_shown = outlook.quantity == "energy (cpu)" or outlook.method == "measured"
        if outlook.quantity.startswith("energy") and is_shown:
            yield f"{outlook.quantity}: {outlook.text}"
            if outlook.remedy is not None:
                yield f"  to improve it: {outlook.remedy}"
