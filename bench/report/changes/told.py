"""What the page of a comparison is told beside the comparison: its title, its sentences, the names of both sides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.compare.comparison import SideComparison
from bench.compare.duet import sentences as duet
from bench.compare.quantities import TIME
from bench.compare.sentences import sentences


@dataclass(frozen=True, slots=True)
class ToldChanges:
    """The words of a page: sentences with the most important first, and the exit code of the command.

    `what` is the page's title; `sides` says in full what is compared; `across` begins the answer where a difference was
    allowed; `differences` are sentences on what differs; `old` and `new` name the sides in heads of tables.
    """

    what: str
    sides: str
    across: str
    differences: tuple[str, ...]
    said: tuple[str, ...]
    exit_code: int
    old: str = "old"
    new: str = "new"

    @classmethod
    def of_runs(cls, found: SideComparison, exit_code: int) -> ToldChanges:
        """The words of `convcost compare`."""
        sides = f"{_runs([run.path for run in found.old])} against {_runs([run.path for run in found.new])}"
        across = f"Across {', '.join(one.name for one in found.unlike)}: " if found.unlike else ""
        allowed = tuple(f"{one.name} differs: {one.old} → {one.new}, which was allowed." for one in found.unlike)
        return cls("Comparison of runs", sides, across, allowed, tuple(sentences(found)), exit_code)

    @classmethod
    def of_duet(
        cls, found: SideComparison, exit_code: int, labels: Sequence[str], remarks: Iterable[str]
    ) -> ToldChanges:
        """The words of `convcost duet`; `labels` are both sides in the user's words, `remarks` sentences on its course.

        What differs between the sides is what is compared: it is allowed.
        """
        together = (line for changes in found.of(TIME) for line in duet.together(changes))
        said = (duet.answer(found), *remarks, *duet.faults(found), *together)
        return cls(
            "Duet", " against ".join(labels), "", tuple(map(_sentence, duet.differences(found))),
            tuple(map(_sentence, said)), exit_code, "A", "B",
        )  # fmt: skip


def _sentence(line: str) -> str:
    """A line of the terminal as a sentence."""
    return f"{line[:1].upper()}{line[1:]}{'' if line.endswith('.') else '.'}"


def _runs(paths: Sequence[str]) -> str:
    """The first run by the name of its folder, and how many more there are."""
    first = paths[0].replace("\\", "/").rstrip("/").rpartition("/")[2]
    more = len(paths) - 1
    return f"{first} and {more} more" if more else first
