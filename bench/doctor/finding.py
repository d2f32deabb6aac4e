"""One thing found out about a machine: what it is, whether it is as it should be, and what to do if not."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

# As it should be; it bends numbers, or may; it is not there, or cannot be known here.
FINE, MIND, MISSING = "fine", "mind", "missing"


@dataclass(frozen=True, slots=True)
class Finding:
    """`value` is text for the reader, None where nothing is known. Raises ValueError for a complaint with no remedy."""

    section: str
    name: str
    value: str | None
    verdict: str = FINE
    remedy: str | None = None

    def __post_init__(self) -> None:
        if self.verdict not in (FINE, MIND, MISSING):
            raise ValueError(f"verdict {self.verdict!r} is unknown; allowed: {FINE}, {MIND}, {MISSING}")
        if (self.verdict == FINE) != (self.remedy is None):
            raise ValueError(f"{self.name}: a remedy goes with every verdict but {FINE!r}, and with that none")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def judged(section: str, name: str, value: str, remedy: str | None) -> Finding:
    """A finding to mind where there is something to do about it, else a fine one."""
    return Finding(section, name, value, FINE if remedy is None else MIND, remedy)
