"""What the doctor found, what to do about it, and what will be measured."""

from __future__ import annotations

from bench.doctor.examination import Examination
from bench.terminal import console


def show(found: Examination) -> None:
    """The table, what to do, and what will be measured."""
    rows, section = [], ""
    for finding in found.findings:
        named = "" if finding.section == section else finding.section
        section = finding.section
        rows.append([named, finding.name, finding.value or console.MISSING, finding.verdict])
    console.print_table("This machine", ["", "looked at", "found", "verdict"], rows, left=range(4))
    remedies: dict[str, list[str]] = {}
    for finding in found.findings:
        if finding.remedy is not None:
            remedies.setdefault(finding.remedy, []).append(finding.name)
    if remedies:
        console.print_line("\nWhat to do about it:")
    # Whole lines, not cells: commands are to be copied.
    for remedy, names in remedies.items():
        console.print_line(f"  {', '.join(names)}: {remedy}")
    console.print_line("\nWhat will be measured:")
    for outlook in found.outlook:
        console.print_line(f"  {outlook.quantity}: {outlook.text}")
