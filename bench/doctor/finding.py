"""One finding about a machine: its value, its verdict, and the remedy for a bad one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Rating(StrEnum):
    """The verdict on a finding."""

    FINE = "fine"
    MIND = "mind"  # it may distort measurements
    MISSING = "missing"  # it does not exist, or cannot be read here


@dataclass(frozen=True, slots=True)
class Finding:
    """`value` is text, None if unknown. Raises ValueError unless a remedy goes with every verdict except fine."""

    section: str
    name: str
    value: str | None
    verdict: Rating = Rating.FINE
    remedy: str | None = None

    def __post_init__(self) -> None:
        if self.verdict not in tuple(Rating):
            raise ValueError(f"verdict {self.verdict!r} is unknown; allowed: {', '.join(Rating)}")
        if (self.verdict == Rating.FINE) != (self.remedy is None):
            raise ValueError(
                f"{self.name}: every verdict except {Rating.FINE!s} needs a remedy; {Rating.FINE!s} has none"
            )

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def judged(section: str, name: str, value: str, remedy: str | None) -> Finding:
    """A finding with the verdict `mind` if there is a remedy, else `fine`."""
    return Finding(section, name, value, Rating.FINE if remedy is None else Rating.MIND, remedy)
