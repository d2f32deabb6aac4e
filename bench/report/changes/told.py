"""What the page of a comparison is told beside the comparison: its title, its sentences, the names of both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.compare.comparison import SideComparison
from bench.compare.sentences import sentences


@dataclass(frozen=True, slots=True)
class ToldChanges:
    """The words of a page: sentences with the most important first, and the exit code of the command.

    `what` is the command's own word for it, `old` and `new` name the sides in heads of tables; `sides` says in full
    what they are.
    """

    what: str
    sides: str
    said: tuple[str, ...]
    exit_code: int
    old: str = "old"
    new: str = "new"

    @classmethod
    def of_runs(cls, found: SideComparison, exit_code: int) -> ToldChanges:
        """The words of `convcost compare`."""
        sides = f"{_runs([run.path for run in found.old])} against {_runs([run.path for run in found.new])}"
        return cls("Comparison of runs", sides, tuple(sentences(found)), exit_code)


def _runs(paths: Sequence[str]) -> str:
    """The first run by the name of its folder, and how many more there are."""
    first = paths[0].replace("\\", "/").rstrip("/").rpartition("/")[2]
    more = len(paths) - 1
    return f"{first} and {more} more" if more else first
