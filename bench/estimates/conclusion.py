"""The conclusion about a limit, from a figure and its interval."""

from __future__ import annotations

from enum import StrEnum


class Conclusion(StrEnum):
    """Whether a limit is met. REPORTED has no limit, ABSENT no figure."""

    MET = "met"
    NOT_MET = "not met"
    # The interval spans the limit, or part of the figure is missing.
    UNDECIDED = "undecided"
    REPORTED = "reported"
    ABSENT = "absent"
