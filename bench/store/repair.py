"""Checks and repairs a run: damaged lines move into a file of their own, proven ones stay.

Each line says which line it follows, so lines that were moved are put back, and doubled ones are left once. The rows of
a visit rest on the samples of all visits before it: where one of them is lost, the later visits to that case are set
aside too, and a resumed run measures them again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import InfrastructureError
from bench.store import files, journal, lines, lock, runs
from bench.store.lines import CLOSED, START, JournalLine
from bench.store.remote import require_own
from bench.store.run_json import LINES, RUN_ID, read_meta

ASIDE_NAME = "damaged-lines"


@dataclass(frozen=True, slots=True)
class SetAside:
    """A line of a journal that is not kept: its number from 1, its text, and the reason."""

    number: int
    content: bytes
    why: str


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair did: the records kept, the lines set aside, their file, and whether the run is still finished.

    `file` is None if nothing was set aside; `is_changed` is False for a journal that was whole.
    """

    folder: Path
    kept: int
    aside: tuple[SetAside, ...] = ()
    file: Path | None = None
    is_changed: bool = False
    is_finished: bool = False


def repair(folder: Path) -> Repaired:
    """Repair the journal of a run, and its tables.

    Raises UsageError for a folder that is no run and for an archive, InfrastructureError for a run.json that is
    damaged and where nothing can be written.
    """
    meta = read_meta(folder)
    journal.require_open(folder)
    path, run_id = folder / journal.FILE_NAME, str(meta.get(RUN_ID, ""))
    contents = list(journal.whole_lines(path)) if path.is_file() else []
    kept, aside, is_closed = _sorted_out(contents, run_id)
    records = [line.record() for line in kept]
    kept_records = [r for r in records if CLOSED not in r]
    is_whole = not aside and (LINES not in meta or (is_closed and meta[LINES] == len(kept_records)))
    if is_whole and _is_in_order(folder):
        return Repaired(folder, len(kept_records), is_finished=LINES in meta)
    try:
        file = _write_aside(folder, aside)
        # Before the journal: a run.json that says "finished" beside a shorter journal would be damage again.
        if not is_whole:
            runs.reopen(folder)
        written = journal.of_records(kept_records, run_id, is_closed=is_closed and is_whole)
        if all(line.after is None for line in kept):
            written = b"".join(b'{"sha256":"%b","record":%b}\n' % (k.digest.encode(), k.body) for k in kept)
        files.replace(path, written)
    except OSError as error:
        raise InfrastructureError(f"{folder} cannot be written: {error}") from error
    return Repaired(
        folder, len(kept_records), tuple(aside), file, is_changed=True, is_finished=is_whole and LINES in meta
    )


def _sorted_out(contents: Sequence[bytes], run_id: str) -> tuple[list[JournalLine], list[SetAside], bool]:
    """The lines to keep in their order, those to set aside, and whether the last one closed the journal."""
    proven: dict[int, JournalLine] = {}
    aside: list[SetAside] = []
    seen: set[str] = set()
    for number, content in enumerate(contents, 1):
        try:
            line = lines.read(content, run_id)
            line.record()
        except ValueError as error:
            aside.append(SetAside(number, content, str(error)))
            continue
        if line.after is not None and line.digest in seen:
            # The same line again, byte for byte: nothing is lost with it.
            continue
        seen.add(line.digest)
        proven[number] = line
    order = list(_walk(proven))
    unreached = [number for number in proven if number not in set(order)]
    aside += [SetAside(n, contents[n - 1], "another line follows the same line") for n in unreached]
    kept, late = _without_gaps([(number, proven[number]) for number in order])
    aside += [SetAside(n, contents[n - 1], why) for n, why in late]
    is_closed = bool(kept) and _is_end(kept[-1])
    return [line for line in kept if not _is_end(line)], sorted(aside, key=lambda one: one.number), is_closed


def _walk(proven: dict[int, JournalLine]) -> Iterator[int]:
    """The numbers of lines in the order in which they were written: each after the line that it names.

    Where that line is lost, the next one in the file goes on.
    """
    following: dict[str, int] = {}
    for number, line in proven.items():
        if line.after is not None:
            following.setdefault(line.after, number)
    digests = {line.digest for line in proven.values()}
    # Beginnings: the first line, lines of earlier schemas, and lines after a lost one.
    starts = [
        number for number, line in proven.items()
        if line.after is None or (line.after not in digests and following[line.after] == number)
    ]  # fmt: skip
    for start in sorted(starts, key=lambda number: (proven[number].after not in (None, START), number)):
        place: int | None = start
        while place is not None:
            yield place
            place = following.get(proven[place].digest)


def _without_gaps(found: Sequence[tuple[int, JournalLine]]) -> tuple[list[JournalLine], list[tuple[int, str]]]:
    """The lines without those visits to a case that rest on a lost one; and these, with the reason."""
    kept: list[JournalLine] = []
    late: list[tuple[int, str]] = []
    visits: dict[str, int] = {}
    for number, line in found:
        record = line.record()
        key, visit = str(record.get("key")), record.get("visit")
        if "rows" in record and visit is not None and visit != visits.get(key, 0) + 1:
            late.append((number, f"it rests on visit {visits.get(key, 0) + 1} to its case, which is lost"))
            continue
        if "rows" in record:
            visits[key] = visits.get(key, 0) + 1
        kept.append(line)
    return kept, late


def _is_end(line: JournalLine) -> bool:
    return CLOSED in line.record()


def _is_in_order(folder: Path) -> bool:
    try:
        for _ in journal.proven(folder):
            pass
    except InfrastructureError:
        return False
    return True


def _write_aside(folder: Path, aside: Sequence[SetAside]) -> Path | None:
    """Write damaged lines into a new file of the folder, each below its number and the reason."""
    if not aside:
        return None
    number = 1
    while (file := folder / f"{ASIDE_NAME}-{number}.txt").exists():
        number += 1
    files.replace(file, b"".join(b"# line %d: %b\n%b\n" % (a.number, a.why.encode(), a.content) for a in aside))
    return file


def repair_run(folder: Path) -> Repaired:
    """Repair a run while nobody else writes it, and make its tables anew where it is finished. Raises as `repair`."""
    require_own(folder)
    read_meta(folder)
    with lock.held(folder):
        done = repair(folder)
        runs.renew_tables(runs.load(folder))
    return done
