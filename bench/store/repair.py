"""Checks and repairs a run: damaged lines move into a file of their own, proven ones stay.

Each line says which line it follows, so lines that were moved are put back, and doubled ones are left once. The rows of
a visit rest on the samples of all visits before it: where one of them is lost, the later visits to that case are set
aside too, and a resumed run measures them again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import InfrastructureError
from bench.store import files, journal, lines, lock, runs
from bench.store.lines import CLOSED, START
from bench.store.remote import require_own
from bench.store.run_json import LINES, RUN_ID, read_meta
from bench.store.stored import LinePlace, LineSource

ASIDE_NAME = "damaged-lines"


@dataclass(frozen=True, slots=True)
class SetAside:
    """A line of a journal that is not kept: its place in the file before the repair, and the reason."""

    place: LinePlace
    why: str

    @property
    def number(self) -> int:
        return self.place.number


@dataclass(frozen=True, slots=True)
class _ProvenLine:
    """What a proven line says of the order of lines: its place and checksums, its case and the number of the visit.

    The line itself stays in the file: a journal does not fit in the memory.
    """

    place: LinePlace
    after: str | None
    digest: str
    key: str
    has_rows: bool
    visit: int | None
    is_end: bool


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
    kept, aside, is_closed = _sorted_out(path, run_id)
    is_whole = not aside and (LINES not in meta or (is_closed and meta[LINES] == len(kept)))
    if is_whole and _is_in_order(folder):
        return Repaired(folder, len(kept), is_finished=LINES in meta)
    try:
        file = _write_aside(folder, aside)
        # Before the journal: a run.json that says "finished" beside a shorter journal would be damage again.
        if not is_whole:
            runs.reopen(folder)
        with files.replaced(path) as written, written.open("wb") as new:
            new.writelines(_written_again(LineSource(folder, run_id), kept, is_closed=is_closed and is_whole))
    except OSError as error:
        raise InfrastructureError(f"{folder} cannot be written: {error}") from error
    return Repaired(folder, len(kept), tuple(aside), file, is_changed=True, is_finished=is_whole and LINES in meta)


def _written_again(source: LineSource, kept: Sequence[_ProvenLine], *, is_closed: bool) -> Iterator[bytes]:
    """The lines of a repaired journal, byte for byte but for their order."""
    found = (source.line(line.place) for line in kept)
    if all(line.after is None for line in kept):
        return (b'{"sha256":"%b","record":%b}\n' % (line.digest.encode(), line.body) for line in found)
    return journal.of_bodies((line.body for line in found), source.run_id, is_closed=is_closed)


def _sorted_out(path: Path, run_id: str) -> tuple[list[_ProvenLine], list[SetAside], bool]:
    """The lines to keep in their order, those to set aside, and whether the last one closed the journal."""
    proven: dict[int, _ProvenLine] = {}
    aside: list[SetAside] = []
    seen: set[str] = set()
    for place, content in _placed(path):
        try:
            line = _proven(place, content, run_id)
        except ValueError as error:
            aside.append(SetAside(place, str(error)))
            continue
        if line.after is not None and line.digest in seen:
            # The same line again, byte for byte: nothing is lost with it.
            continue
        seen.add(line.digest)
        proven[place.number] = line
    order = list(_walk(proven))
    aside += [SetAside(proven[n].place, "another line follows the same line") for n in proven.keys() - set(order)]
    kept, late = _without_gaps([proven[number] for number in order])
    is_closed = bool(kept) and kept[-1].is_end
    return [one for one in kept if not one.is_end], sorted([*aside, *late], key=lambda one: one.number), is_closed


def _placed(path: Path) -> Iterator[tuple[LinePlace, bytes]]:
    """The whole lines of a plain journal with their places; none where it is missing."""
    start = 0
    for number, content in enumerate(journal.whole_lines(path) if path.is_file() else (), 1):
        yield LinePlace(number, start, len(content)), content
        start += len(content) + 1


def _proven(place: LinePlace, content: bytes, run_id: str) -> _ProvenLine:
    """What a line says. Raises ValueError, with the reason, for one that is damaged."""
    line = lines.read(content, run_id)
    record = line.record()
    has_rows, key = "rows" in record, str(record.get("key"))
    return _ProvenLine(place, line.after, line.digest, key, has_rows, record.get("visit"), CLOSED in record)


def _walk(proven: Mapping[int, _ProvenLine]) -> Iterator[int]:
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


def _without_gaps(found: Sequence[_ProvenLine]) -> tuple[list[_ProvenLine], list[SetAside]]:
    """The lines without those visits to a case that rest on a lost one; and these, with the reason."""
    kept: list[_ProvenLine] = []
    late: list[SetAside] = []
    visits: dict[str, int] = {}
    for line in found:
        expected = visits.get(line.key, 0) + 1
        if line.has_rows and line.visit is not None and line.visit != expected:
            late.append(SetAside(line.place, f"it rests on visit {expected} to its case, which is lost"))
            continue
        if line.has_rows:
            visits[line.key] = expected
        kept.append(line)
    return kept, late


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
    with files.replaced(file) as written, written.open("wb") as new, (folder / journal.FILE_NAME).open("rb") as old:
        for one in aside:
            old.seek(one.place.start)
            new.write(b"# line %d: %b\n%b\n" % (one.number, one.why.encode(), old.read(one.place.length)))
    return file


def repair_run(folder: Path) -> Repaired:
    """Repair a run while nobody else writes it, and make its tables anew where it is finished. Raises as `repair`."""
    require_own(folder)
    read_meta(folder)
    with lock.held(folder):
        done = repair(folder)
        runs.renew_tables(runs.load(folder))
    return done
