"""Results of another program: named cases, with samples in seconds by the process that took them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ForeignCase:
    """A benchmark of another program.

    `samples_s` holds the seconds of each sample by process: samples of one process resemble each other, so the process
    is the unit of statistics. It is empty for a benchmark that failed; `reason` says why.
    """

    name: str
    samples_s: tuple[tuple[float, ...], ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ForeignRun:
    """A file of another program: its cases, the machine in that program's own words, and what was passed over."""

    path: Path
    program: str
    cases: tuple[ForeignCase, ...]
    machine: dict[str, str] = field(default_factory=dict)
    passed_over: tuple[str, ...] = ()
