"""The two sides of a duet from all options of the user: environments or revisions, variables and files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.compare.duet.revisions import of_revisions
from bench.compare.duet.sides import AskedSide, DuetSide, of_environments
from bench.errors import UsageError


def sides_for(
    a: AskedSide, b: AskedSide, revisions: str | None = None, load: Sequence[Path] = (), *, same_code: bool = False
) -> tuple[tuple[DuetSide, DuetSide], tuple[Path, ...]]:
    """Both sides, and the plug-in files that both load: with `revisions` none, since each has its own.

    Raises UsageError for sides that differ in nothing, and as `of_environments` and `of_revisions` do.
    """
    if revisions is not None:
        return of_revisions(revisions, (a, b), load), ()
    if a == b:
        raise UsageError(
            "both sides are this environment; say what differs: --b ENV, --b-env NAME=VALUE, --b-load FILE or "
            "--revisions OLD..NEW"
        )
    return of_environments(a, b, same_code=same_code), tuple(load)
